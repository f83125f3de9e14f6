"""A Sphinx extension for equations.md: from each equation to the lines that compute it, found in the source on every build."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

_HEADING: Final = re.compile(r"## .*\((\w+)\)$")
_ROW: Final = re.compile(r"\| \((\d+)\) \|.*\|\s*$")
_OBJECT: Final = re.compile(r"`(relknit(?:\.\w+)+)`")
_NAMED: Final = re.compile(r"\b(\w+) eqs?\. (\d+(?:(?:, | and | to )\d+)*)")
_Definition = ast.ClassDef | ast.FunctionDef


@dataclass(frozen=True)
class Row:
    """An equation of a paper (such as "EMNLP" or "v1"), and the dotted names of what computes it."""

    paper: str
    equation: int
    objects: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where an object is defined: file below the root, first and last line, its docstring and those of the classes it is in."""

    path: Path
    start: int
    end: int
    docstrings: tuple[str, ...]


def rows(page: str) -> Iterator[Row]:
    """The rows of the tables of the page."""
    paper = ""
    for line in page.splitlines():
        if heading := _HEADING.match(line):
            paper = heading[1]
        elif row := _ROW.match(line):
            yield Row(paper, int(row[1]), tuple(_OBJECT.findall(line)))


def locate(name: str, root: Path) -> Place:
    """Where the class or function of this dotted name is defined; raises ExtensionError when it is nowhere."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        path = root.joinpath("src", *parts[:cut]).with_suffix(".py")
        if path.is_file():
            return _locate_in(path, parts[cut:], name, root)
    raise ExtensionError(f"equations.md: {name} is in no module of src")


def named_equations(place: Place, paper: str) -> set[int]:
    """The equations of a paper that the docstrings name, as in "EMNLP eqs. 1 and 3" or "v1 eqs. 4 to 7"."""
    numbers = set()
    for docstring in place.docstrings:
        for named, written in _NAMED.findall(docstring):
            if named == paper:
                numbers |= _numbers(written)
    return numbers


def equations_page(page: str, root: Path) -> str:
    """The page with file and line behind every object, and the source of each below the tables."""
    objects = list(dict.fromkeys(name for row in rows(page) for name in row.objects))
    places = {name: locate(name, root) for name in objects}

    def with_place(match: re.Match[str]) -> str:
        place = places.get(match[1])
        return match.group() if place is None else f"[`{match[1]}`](#{_anchor(match[1])}) {_where(place)}"

    return "\n".join(
        [
            _OBJECT.sub(with_place, page),
            "## The code",
            "",
            *(_excerpt(name, place, root) for name, place in places.items()),
        ]
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("source-read", _fill_in)
    return {"parallel_read_safe": True}


def _fill_in(app: Sphinx, name: str, text: list[str]) -> None:
    if name == "docs/equations":
        text[0] = equations_page(text[0], Path(app.srcdir))


def _locate_in(path: Path, inside: list[str], name: str, root: Path) -> Place:
    node: ast.Module | _Definition = ast.parse(path.read_text(encoding="utf-8"))
    docstrings: list[str] = []
    for part in inside:
        found = [child for child in node.body if isinstance(child, _Definition) and child.name == part]
        if not found:
            raise ExtensionError(f"equations.md: {name}: {path.relative_to(root)} has no {part}")
        node = found[-1]
        docstrings.append(ast.get_docstring(node) or "")
    if isinstance(node, ast.Module):
        raise ExtensionError(f"equations.md: {name} is a module; name a class or function of it")
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return Place(path.relative_to(root), start, node.end_lineno or start, tuple(reversed(docstrings)))


def _numbers(written: str) -> set[int]:
    numbers: set[int] = set()
    for part in re.split(r", | and ", written):
        first, _, last = part.partition(" to ")
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def _where(place: Place) -> str:
    return f"{place.path}:{place.start}"


def _anchor(name: str) -> str:
    return "code-" + name.replace(".", "-").replace("_", "-").lower()


def _excerpt(name: str, place: Place, root: Path) -> str:
    lines = (root / place.path).read_text(encoding="utf-8").splitlines()
    code = "\n".join(lines[place.start - 1 : place.end])
    block = f"````{{code-block}} python\n:lineno-start: {place.start}\n:caption: {place.path}\n\n{code}\n````"
    return f"({_anchor(name)})=\n### {name}\n\n{block}\n"
