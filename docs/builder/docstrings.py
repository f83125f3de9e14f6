"""A Sphinx extension that shows docstrings letter for letter: they are plain text, and not reStructuredText."""

from __future__ import annotations

import re
from typing import Any, Final

from sphinx.application import Sphinx

_COLUMNS: Final = re.compile(r"\S {2,}\S")
_CODE: Final = re.compile(r"(`+[^`]+`+)")
_MARKUP: Final = re.compile(r"([\\*_|`<>])")
_BEFORE_EQUATION: Final = re.compile(r" {2,}(?=\((EMNLP|v1|arXiv|eqs?\.|equations?|\d))")


def to_rst(docstring: str) -> str:
    """A docstring (already without its common indentation) as reStructuredText with the same look.

    Prose stays prose; what is laid out in columns, indented or typed at a prompt becomes a literal block.
    """
    return "\n\n".join(_block(block) for block in re.split(r"\n\s*\n", docstring.strip("\n")) if block.strip())


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True}


def _process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = [*to_rst("\n".join(lines)).splitlines(), ""]


def _block(block: str) -> str:
    lines = _BEFORE_EQUATION.sub(" ", block).splitlines()
    if any(line.startswith((" ", "|", ">>>")) or _COLUMNS.search(line) for line in lines):
        return "\n".join(["::", "", *("    " + line for line in lines)])
    return "".join(
        f"``{part.strip('`')}``" if part.startswith("`") and part.endswith("`") else _MARKUP.sub(r"\\\1", part)
        for part in _CODE.split("\n".join(lines))
    )
