"""Names that look like a part of a text but differ in characters: spaces, quotes, dashes, invisible marks, accents."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_REFERENCE: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_PLAIN: Final = str.maketrans(
    dict.fromkeys("‘’‚‛′´`ʼ", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−﹣－", "-")
)


class FoldedText:
    """A text without differences that are not seen, and where each of its characters is in the original.

    White space of any kind and length is one space; characters that are not shown (soft hyphens, joiners, marks of
    direction) are left out; quotes and dashes are plain ones; letters and their accents are composed (NFC); HTML
    references such as &amp; are the characters that they stand for.
    """

    def __init__(self, text: str) -> None:
        pieces = list(_pieces(text))
        self.text = "".join(shown for shown, _, _ in pieces)
        self._starts = [start for shown, start, _ in pieces for _ in shown]
        self._ends = [end for shown, _, end in pieces for _ in shown]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the original text that the folded characters `start` to `end` stand for."""
        return self._starts[start], self._ends[end - 1]


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """(what is seen, start, end) of every space, reference and letter with its accents."""
    position = 0
    while position < len(text):
        end = position + 1
        character = text[position]
        reference = _REFERENCE.match(text, position) if character == "&" else None
        if character.isspace():
            while end < len(text) and (text[end].isspace() or _is_hidden(text[end])):
                end += 1
            yield " ", position, end
        elif reference is not None and (meant := html.unescape(reference[0])) != reference[0]:
            end = reference.end()
            yield _shown(meant), position, end
        elif not _is_hidden(character):
            while end < len(text) and _extends(text[end]):
                end += 1
            yield _shown(text[position:end]), position, end
        position = end


def _shown(piece: str) -> str:
    return " " if piece.isspace() else unicodedata.normalize("NFC", piece).translate(_PLAIN)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) == "Cf"


def _extends(character: str) -> bool:
    """Whether a character belongs to the letter before it: an accent, or a vowel or final consonant of Hangul."""
    return unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"
