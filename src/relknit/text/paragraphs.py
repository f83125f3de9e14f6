"""Read a stream of text in paragraphs, so that a file of any size needs bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TextIO

BLOCK: Final = 65_536
LONGEST: Final = 100_000  # characters; a longer paragraph is split where a sentence, line or word ends

_BLANK_LINE: Final = re.compile(r"\r?\n[^\S\n]*\n\s*")
_BORDERS: Final = (re.compile(r"[.!?]\s+"), re.compile(r"\n"), re.compile(r"\s+"))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A part of a stream without a blank line; `start` is the position of its first character in the stream (code points)."""

    text: str
    start: int


def paragraphs(stream: TextIO, *, longest: int = LONGEST) -> Iterator[Paragraph]:
    """Paragraphs of a stream, in order; only white space between them is left out. An empty stream has none."""
    buffer, start = "", 0
    while True:
        block = (
            stream.readline() if stream.isatty() else stream.read(BLOCK)
        )  # on a terminal, each line is answered at once
        buffer += block
        last = not block
        for end, following in _cuts(buffer, last, longest):
            if buffer[:end].strip():
                yield Paragraph(buffer[:end], start)
            buffer, start = buffer[following:], start + following
        if last:
            return


def _cuts(buffer: str, last: bool, longest: int) -> Iterator[tuple[int, int]]:
    """(end of the paragraph, start of the next) for every paragraph that is complete, each relative to the one before."""
    position = 0
    while position < len(buffer):
        blank = _BLANK_LINE.search(buffer, position)
        # a blank line at the very end of the buffer may continue in the next block
        complete = blank is not None and (last or blank.end() < len(buffer))
        end = blank.start() if blank is not None and complete else len(buffer)
        if end - position > longest:
            cut = _best_cut(buffer, position, longest)
            yield cut - position, cut - position
            position = cut
        elif blank is not None and complete:
            yield end - position, blank.end() - position
            position = blank.end()
        else:
            if last:
                yield end - position, end - position
            return


def _best_cut(buffer: str, position: int, longest: int) -> int:
    """Where to split a paragraph that is too long: after the last sentence, line or word in its second half."""
    for border in _BORDERS:
        ends = [found.end() for found in border.finditer(buffer, position + longest // 2, position + longest)]
        if ends:
            return ends[-1]
    return position + longest
