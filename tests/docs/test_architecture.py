"""The page on architecture names files, names and layers that exist."""

import ast
import re
import tomllib

import pytest

ROW = re.compile(r"^\| (?P<what>[^|]+) \| `(?P<path>[\w/]+\.py)` \| `(?P<name>[\w.]+)` \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "architecture.md").read_text(encoding="utf-8")


def defined(body):
    """The names that a module or class defines, those inside classes with the name of the class before them."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{inner}" for inner in defined(node.body))
        if isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def test_every_row_of_where_is_names_a_file_that_defines_the_name(page, root):
    rows = list(ROW.finditer(page))
    assert len(rows) >= 15
    for row in rows:
        source = (root / "src" / "relknit" / row["path"]).read_text(encoding="utf-8")
        assert row["name"] in defined(ast.parse(source).body), row["what"]


def test_every_layer_that_is_enforced_is_in_the_table(page, root):
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    for name in (part.strip().removeprefix("relknit.") for layer in layers for part in layer.split("|")):
        assert f"`{name}/`" in page or f"`{name}.py`" in page
