"""Read a stream of text in paragraphs, so that a file of any size needs bounded memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TextIO

from relknit.text.line_breaks import paragraph_starts

BLOCK: Final = 65_536
LONGEST: Final = 100_000  # characters; a longer paragraph is split where a sentence, line or word ends

_BLANK_LINE: Final = re.compile(r"\r?\n[^\S\n]*\n\s*")
_BORDERS: Final = (re.compile(r"[.!?]\s+"), re.compile(r"\n"), re.compile(r"\s+"))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A part of a stream; `start` is the position of its first character in the stream (code points)."""

    text: str
    start: int


def paragraphs(stream: TextIO, *, longest: int = LONGEST) -> Iterator[Paragraph]:
    """Paragraphs of a stream, in order; only white space between them is left out. An empty stream has none.

    They end at blank lines and where `paragraph_starts` says.
    """
    buffer, start = "", 0
    while True:
        block = stream.readline() if stream.isatty() else stream.read(BLOCK)  # on a terminal, line by line
        buffer += block
        last = not block
        for end, following in _cuts(buffer, last, longest):
            yield from _parts(buffer[:end], start)
            buffer, start = buffer[following:], start + following
        if last:
            return


def _parts(block: str, start: int) -> Iterator[Paragraph]:
    """The paragraphs of what is between two blank lines, without the line break at their ends."""
    borders = [0, *(paragraph_starts(block) if "\n" in block else ()), len(block)]
    for begin, end in pairwise(borders):
        text = block[begin:end]
        if text.strip():
            yield Paragraph(text if end == len(block) else text.rstrip("\r\n"), start + begin)


def _cuts(buffer: str, last: bool, longest: int) -> Iterator[tuple[int, int]]:
    """(end of the paragraph, start of the next) for every paragraph that is complete, each relative to the one before."""
    position = 0
    while position < len(buffer):
        blank = _BLANK_LINE.search(buffer, position)
        if blank is not None and blank.end() == len(buffer) and not last:
            blank = None  # it may continue in the next block
        end = len(buffer) if blank is None else blank.start()
        if end - position > longest:
            end = following = _best_cut(buffer, position, longest)
        elif blank is not None or last:
            following = end if blank is None else blank.end()
        else:
            return
        yield end - position, following - position
        position = following


def _best_cut(buffer: str, position: int, longest: int) -> int:
    """Where to split a paragraph that is too long: after the last sentence, line or word in its second half."""
    for border in _BORDERS:
        ends = [found.end() for found in border.finditer(buffer, position + longest // 2, position + longest)]
        if ends:
            return ends[-1]
    return position + longest
