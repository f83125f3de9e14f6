"""The whole site, as `make docs` builds it, and what its generated pages rely on."""

import re
import subprocess
import sys
from importlib import import_module

import pytest
from pydantic import BaseModel

from relknit.cli.app import app

LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|link)\b[^>]*?(?:src|srcset|href)=\"((?:https?:)?//[^\"]+)"
)
IN_STYLES = re.compile(r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\s\"')]+)")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path, root):
    pytest.importorskip("furo", reason="relknit[docs] is not installed")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-E", "-c", "docs", "-d", tmp_path / "cache"]
    done = subprocess.run([*command, ".", tmp_path / "html"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(tmp_path / "html").as_posix(): path.read_text() for path in tmp_path.rglob("*.html")}
    assert "relknit experiment run" in pages["docs/commands.html"]
    assert "num_rounds" in pages["docs/settings.html"]
    assert "src/relknit/" in pages["docs/equations.html"]
    assert 'id="relknit.extractor.Extractor"' in pages["docs/api/relknit.html"]
    styles = {path.name: path.read_text() for path in tmp_path.rglob("*.css")}
    assert [(name, found) for name, text in pages.items() for found in LOADED.findall(text)] == []
    assert [(name, found) for name, text in (pages | styles).items() for found in IN_STYLES.findall(text)] == []


def test_every_class_of_the_settings_page_exists(root):
    names = re.findall(
        r"autopydantic_model:: (\S+)\.(\w+)", (root / "docs" / "settings.md").read_text(encoding="utf-8")
    )
    assert len(names) >= 6
    for module, name in names:
        assert issubclass(getattr(import_module(module), name), BaseModel)


def commands(app, path=()):
    """Every command below an app with its path."""
    for name in app:
        if not name.startswith("-"):
            yield from commands(app[name], (*path, name))
    if app.default_command is not None:
        yield path, app


def test_every_command_and_option_says_what_it_is():
    silent, count = [], 0
    for path, command in commands(app):
        if not command.help:
            silent.append(path)
        for argument in command.assemble_argument_collection(parse_docstring=True):
            count += 1
            if argument.show and not argument.parameter.help:
                silent.append((*path, argument.names[0]))
    assert silent == []
    assert count > 60
