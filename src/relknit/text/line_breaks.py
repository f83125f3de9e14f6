"""Which line breaks of a text end a paragraph although no blank line follows: after headings, before list items, and in texts
that have one text a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from relknit.text.stops import is_dotted, is_listed

_ITEM: Final = re.compile(r"\s*(?:[-*•‣◦▪–—]|\(?\d{1,3}[.)]|\(?[a-z]\)|#{1,6})\s+\S")
_MARKED_HEADING: Final = re.compile(r"\s*#{1,6}\s+\S")
_UNDERLINE: Final = re.compile(r"\s*(?:={3,}|-{3,}|~{3,})\s*")
_COMPLETE: Final = re.compile(r".*[.!?…。！？][\"'”’»)\]]*\s*", re.DOTALL)
_OPENS: Final = re.compile(r"\s*[\"'“‘«(\[]*[^\W_a-z]")
_ENDS_IN_MARK: Final = re.compile(r".*[.,;:!?…\-–—&]\s*", re.DOTALL)

COMPLETE_LINES: Final = 0.8
"""From this fraction of lines on that end like a sentence, each line of a block is a text. WebNLG's 703 test texts, written one
a line in blocks of 2 to 100, are all so recognised; wrapped at 30 to 100 columns, at most 12 of them get a false break."""
_LONGEST_HEADING: Final = 10  # words
_HEADING_WIDTH: Final = 0.6  # of the longest line


def paragraph_starts(text: str) -> list[int]:
    """The positions of the lines that begin a new paragraph, ascending, without that of the first line.

    A line begins one if it is a list item or a heading with #, if the line before is a heading, or if of two lines or more
    between blank lines four of five end like a sentence. A heading is a first line that is underlined, has a #, or is short,
    has no mark at its end and is followed by a line that begins with a capital letter.
    """
    starts: list[int] = []
    block: list[tuple[int, str]] = []
    position = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            block.append((position, line))
        else:
            starts += _in_block(block)
            block = []
        position += len(line)
    return [start for start in starts + _in_block(block) if start > 0]


def _in_block(block: Sequence[tuple[int, str]]) -> list[int]:
    """The starts of paragraphs among lines without a blank one between them."""
    if len(block) < 2:
        return []
    lines = [line for _, line in block]
    complete = sum(map(_is_complete, lines))
    if complete >= COMPLETE_LINES * len(lines):
        return [start for start, _ in block]
    width = max(len(line.rstrip()) for line in lines)
    starts: list[int] = []
    first = True
    for k in range(1, len(lines)):
        after_heading = _UNDERLINE.fullmatch(lines[k - 1]) or _MARKED_HEADING.match(lines[k - 1])
        if after_heading or _ITEM.match(lines[k]) or (first and _is_short_heading(lines[k - 1], lines[k], width)):
            starts.append(block[k][0])
            first = True
        else:
            first = False
    return starts


def _is_complete(line: str) -> bool:
    """Whether a line ends like a sentence, and not with an abbreviation."""
    if _COMPLETE.fullmatch(line) is None:
        return False
    word = line.split()[-1]
    return not word.endswith(".") or not (is_listed(word[:-1], "") or is_dotted(word[:-1]))


def _is_short_heading(line: str, following: str, width: int) -> bool:
    """Whether a first line is a heading: the break after it is deliberate, as the next word would have had room."""
    words = line.split()
    return (
        len(words) <= _LONGEST_HEADING
        and len(line.rstrip()) + 1 + len(following.split()[0]) <= _HEADING_WIDTH * width
        and _OPENS.match(line) is not None
        and _OPENS.match(following) is not None
        and _ENDS_IN_MARK.fullmatch(line) is None
        and _UNDERLINE.fullmatch(following) is None
    )
