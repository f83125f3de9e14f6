"""Consoles that show control characters as visible symbols instead of sending them to the terminal.

Texts and labels come from anywhere. An escape character in one could move the cursor, change colours or the window's
title, so every control character but line ends and tabs is shown as a symbol (ESC as ␛).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment
from rich.text import Text

_SIGNS: Final[Mapping[int, int]] = MappingProxyType(
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
    | {0x7F: 0x2421}
    | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
)


def console() -> Console:
    """Standard output, for results."""
    return _safe(Console())


def to_people() -> Console:
    """Standard error, where warnings and progress go, so that standard output stays for results."""
    return _safe(Console(stderr=True))


def print_line(line: str, *, style: str = "") -> None:
    """A line on standard output, as it is: without markup, and not broken at the width of the terminal."""
    console().print(Text(line, style), soft_wrap=True)


def print_note(line: str, *, style: str = "") -> None:
    """The same on standard error."""
    to_people().print(Text(line, style), soft_wrap=True)


def print_warning(message: str) -> None:
    """A warning on standard error, in yellow."""
    print_note(f"warning: {message}", style="yellow")


def _safe(made: Console) -> Console:
    made.push_render_hook(_Signs())
    return made


class _Signs(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Shown(renderable) for renderable in renderables]


class _Shown:
    """A renderable whose control characters are signs; rich's own codes for colour are no text and stay."""

    def __init__(self, inner: ConsoleRenderable) -> None:
        self.inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.inner, options):
            yield segment if segment.control else Segment(segment.text.translate(_SIGNS), segment.style)
