import importlib
import pkgutil

import pytest

pytest.importorskip("griffe", reason="relknit[docs] is not installed")

import relknit
from builder.reference import read_package, reference_pages, undocumented


@pytest.fixture(scope="module")
def package(root):
    return read_package(root / "src")


@pytest.fixture(scope="module")
def pages(package):
    return reference_pages(package)


def public_modules():
    """Every module that has an `__all__`, imported; those that need an extra which is not there are left out."""
    for found in pkgutil.walk_packages(relknit.__path__, "relknit."):
        if found.ispkg and not found.name.startswith("relknit.cli"):
            module = importlib.import_module(found.name)
            if hasattr(module, "__all__"):
                yield module


def section(pages, name):
    """What the pages show under `py:module` of that name."""
    text = "\n".join(pages.values())
    start = text.index(f"{{py:module}} {name}\n")
    following = text.find("{py:module}", start + 1)
    return text[start : following if following > 0 else len(text)]


def test_every_public_name_is_documented(package):
    assert undocumented(package) == []


def test_every_name_that_a_package_exports_is_on_its_page(pages):
    modules = [relknit, *public_modules()]
    assert len(modules) > 10
    for module in modules:
        shown = section(pages, module.__name__)
        for name in module.__all__:
            entry = f"}} {name}", f"`{module.__name__}.{name}`"
            assert any(text in shown for text in entry), f"{module.__name__}.{name}"


def test_what_is_shown_elsewhere_leads_to_where_it_is(pages):
    assert "`relknit.Document` is {py:obj}`relknit.document.Document`" in section(pages, "relknit")
    assert "{py:class} Document(" in section(pages, "relknit.document")


def test_modules_without_a_package_of_their_own_are_there_too(pages):
    for name in ("extractor", "checkpoint", "config", "tags", "data.check", "nn.dropout", "document.jsonl"):
        assert f"{{py:module}} relknit.{name}\n" in "\n".join(pages.values())


def test_a_name_stands_where_people_import_it_from(pages):
    assert "{py:exception} DataError" in section(pages, "relknit")
    assert "{py:function} export(" in section(pages, "relknit.data.convert")


def test_a_function_called_like_its_module_is_the_one_that_the_name_leads_to(tmp_path):
    (tmp_path / "relknit").mkdir()
    (tmp_path / "relknit" / "__init__.py").write_text('from relknit.knit import knit\n\n__all__ = ["knit"]\n')
    (tmp_path / "relknit" / "knit.py").write_text('def knit():\n    """Loops."""\n\ndef purl():\n    """Others."""\n')
    page = reference_pages(read_package(tmp_path))["relknit.md"]
    assert page.index("{py:module} relknit\n") < page.index("{py:function} knit()")
    assert page.index("{py:currentmodule} relknit.knit\n") < page.index("{py:function} purl()")
    assert "{py:module} relknit.knit\n" not in page


def test_the_command_line_is_left_to_its_own_page(pages):
    assert "{py:module} relknit.cli" not in "\n".join(pages.values())


def test_every_page_is_in_the_index(pages):
    listed = pages["python.md"].split("\n")
    assert all(name.removesuffix(".md") in listed for name in pages if name != "python.md")
    assert len(pages) > 10


SOURCE = '''"""A toy."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Loop", "LIMIT", "WoolError", "knit"]

LIMIT: int = 3
"""How many."""


class WoolError(Exception):
    """No wool."""


@dataclass(frozen=True)
class Loop:
    """One loop."""

    size: int
    colour: str = "red"

    @property
    def large(self) -> bool:
        """Larger than most."""
        return self.size > 3

    def _hidden(self): ...

    @classmethod
    def of(cls, *sizes: int, **more: "Loop") -> "Loop":
        """A loop of sizes."""

    def bare(self): ...


def knit(loop: Loop, path: str | Path = "a_b", *, tight: bool = False) -> tuple[Loop, ...]:
    """Knit   (EMNLP eq. 1)."""


def purl():
    """Not exported."""
'''


@pytest.fixture
def toy(tmp_path):
    (tmp_path / "relknit").mkdir()
    (tmp_path / "relknit" / "__init__.py").write_text(SOURCE)
    return read_package(tmp_path)


def test_a_public_method_without_a_docstring_is_found(toy):
    assert undocumented(toy) == ["relknit.Loop.bare"]


def test_a_public_function_without_a_docstring_is_found(tmp_path):
    (tmp_path / "relknit").mkdir()
    (tmp_path / "relknit" / "__init__.py").write_text(
        '"""A toy."""\n\nfrom relknit.inside import knit\n\n__all__ = ["knit"]\n'
    )
    (tmp_path / "relknit" / "inside.py").write_text("def knit(): ...\n\ndef purl(): ...\n\ndef _hidden(): ...\n")
    assert undocumented(read_package(tmp_path)) == ["relknit.inside.knit", "relknit.inside.purl"]


@pytest.mark.parametrize(
    "line",
    [
        "{py:class} Loop(size: int, colour: str = 'red')",
        "{py:property} large",
        "{py:method} of(*sizes: int, **more: relknit.Loop) -> relknit.Loop",
        ":classmethod:",
        "{py:exception} WoolError",
        "{py:data} LIMIT",
        ":value: 3",
        "{py:function} knit(loop: relknit.Loop, path: str | Path = 'a_b', *, tight: bool = False) -> tuple[relknit.Loop, ...]",
        "Knit (EMNLP eq. 1).",
    ],
)
def test_signatures_and_docstrings_are_written_out(toy, line):
    assert line in reference_pages(toy)["relknit.md"]


@pytest.mark.parametrize("name", ["_hidden", "purl"])
def test_what_is_not_public_is_not_shown(toy, name):
    assert name not in reference_pages(toy)["relknit.md"]
