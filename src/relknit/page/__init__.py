"""HTML from Jinja2 templates, which lie beside the modules that fill them. Every value is escaped; no torch here.

frame.html    the frame of every page: one file that asks for nothing else, light and dark, under a strict content policy
macros.html   tables, counts, and a text with its marked spans
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from relknit.display import amount, confidence_text, nested_spans, percent, signed

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters `start` to `end` (exclusive) to mark: CSS classes, a label that the style shows, a tooltip."""

    start: int
    end: int
    style: str
    label: str | None = None
    title: str | None = None


def render(template: str, **values: Any) -> str:
    """The template, named by its path in the package, filled with these values."""
    return printable(_environment().get_template(template).render(**values))


def stream(template: str, **values: Any) -> Iterator[str]:
    """`render` in parts, for pages that need not fit into memory."""
    for part in _environment().get_template(template).generate(**values):
        yield printable(part)


def printable(text: str) -> str:
    """The text without a NUL or a lone surrogate, which no page can hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("relknit", ""),
        autoescape=lambda name: name is None or not name.endswith(".md"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    loader = environment.loader

    def source(names: Iterable[str]) -> str:
        """Style sheets or scripts of the package, one after the other."""
        return "".join(loader.get_source(environment, name)[0] for name in names) if loader else ""

    environment.globals |= {"amount": amount, "nested": _nested, "source": source, "digest": _digest}
    environment.filters |= {"percent": percent, "signed": signed, "grouped": "{:,}".format, "attribute": _attribute}
    environment.filters |= {"confidence": confidence_text, "plain": _plain, "code": _code, "literal": json.dumps}
    return environment


def _nested(text: str, marks: Iterable[Mark]) -> Iterator[tuple[str, list[Mark], list[Mark]]]:
    listed = list(marks)
    for piece, closing, opening in nested_spans(text, [(mark.start, mark.end) for mark in listed]):
        yield piece, [listed[k] for k in closing], [listed[k] for k in opening]


def _digest(code: str) -> str:
    """What a content policy calls a style or a script by."""
    return f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'"


def _attribute(value: str) -> str:
    """The value of an attribute with its line ends, which a browser would otherwise all read as line feeds."""
    from markupsafe import Markup, escape

    return escape(value).replace("\r", Markup("&#13;")).replace("\n", Markup("&#10;"))


def _plain(text: str) -> str:
    """Text on one line without any meaning in Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>|#&])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """Text on one line as Markdown code."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"
