"""Docstrings as Markdown: prose stays prose; what is laid out in columns, indented or typed at a prompt stays as it is."""

from __future__ import annotations

import re
from typing import Final

from builder.pages import outside_code

_COLUMNS: Final = re.compile(r"\S {2,}\S")
_MARKUP: Final = re.compile(r"([\\*_<>\[\]{}|~$#])")
_BEFORE_EQUATION: Final = re.compile(r" {2,}(?=\((EMNLP|v1|arXiv|eqs?\.|equations?|\d))")


def to_markdown(docstring: str) -> str:
    """A docstring (already without its common indentation) as Markdown that shows it letter for letter."""
    return "\n\n".join(_block(block) for block in re.split(r"\n\s*\n", docstring.strip("\n")) if block.strip())


def _block(block: str) -> str:
    lines = _BEFORE_EQUATION.sub(" ", block).splitlines()
    if lines[0].lstrip().startswith(">>>"):
        return "\n".join(["```pycon", *lines, "```"])
    if any(line.startswith((" ", "|")) or _COLUMNS.search(line) for line in lines):
        return "\n".join(["```text", *lines, "```"])
    return outside_code("\n".join(lines), lambda text: _MARKUP.sub(r"\\\1", text))
