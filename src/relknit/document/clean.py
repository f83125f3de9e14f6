"""Texts without invisible characters, words broken at line ends, ligatures and decomposed letters.

A model reads the clean text, and its results keep the positions in the original one.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

INVISIBLE: Final = "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
"""Soft hyphen, zero width space, word joiner, byte order mark and marks of direction, for a character class."""

_LIGATURES: Final = "\ufb00-\ufb06"
_LATIN: Final = "A-Za-z\u00c0-\u024f"
_LETTER: Final = r"[^\W\d_]"
_CHANGES: Final = re.compile(
    rf"""
      (?P<broken> (?<={_LETTER}) (?: [-\u2010][{INVISIBLE}]*+ | \u00ad ) [^\S\n]*+ \n [^\S\n]*+ (?={_LETTER}) )
    | (?P<invisible> [{INVISIBLE}]++ | (?<=[{_LATIN}])[\u200c\u200d]++(?=[{_LATIN}]) )
    | (?P<ligature> [{_LIGATURES}] )
    | (?P<letter> \S [\u0300-\u036f\u1160-\u11ff\u3099\u309a]++ )
    """,
    re.VERBOSE,
)
_WORD_BEFORE: Final = re.compile(rf"(?:{_LETTER}|[-\u2010])*\Z")
_WORD_AFTER: Final = re.compile(rf"{_LETTER}*")
_LONGEST_WORD: Final = 60

_FIRST = """
    well self half ex all high low long short non cross near best much mid vice north south east west one two three four five
    six seven eight nine ten first second third
"""
_LAST = """
    based born known made owned led like style speaking language old year century class time term level scale free listed
    founded in law chief general winning related
"""
_FIRST_PARTS: Final = frozenset(_FIRST.split())
_LAST_PARTS: Final = frozenset(_LAST.split())


@dataclass(frozen=True, slots=True)
class CleanText:
    """A clean text, and for each of its characters [start, end) in the original one (None: the texts are equal)."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) in the original text of a range, not empty, of this one."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def clean(text: str) -> CleanText:
    """The text without invisible characters, with broken words joined, ligatures as letters, and composed letters (NFC).

    A word broken by a hyphen and a line break loses both. It keeps the hyphen where its second part begins with a capital
    letter, where the text has it with a hyphen elsewhere and not without, or where one of its parts is common in compounds
    ("well-known").
    """
    if text.isascii() and "-" not in text:
        return CleanText(text)
    parts: list[str] = []
    starts, ends = array("q"), array("q")
    position = 0
    for found in _CHANGES.finditer(text):
        new = _replacement(found, text)
        if new == found[0]:
            continue
        begin, end = found.span()
        parts += [text[position:begin], new]
        starts.extend((*range(position, begin), *([begin] * len(new))))
        ends.extend((*range(position + 1, begin + 1), *([end] * len(new))))
        position = end
    if not parts:
        return CleanText(text)
    parts.append(text[position:])
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    return CleanText("".join(parts), starts, ends)


def clean_name(text: str) -> str:
    """A name as one would write it: the clean text with single spaces, none at its ends."""
    return " ".join(clean(text).text.split())


def is_blank(text: str) -> bool:
    """Whether a text has nothing but white space and invisible characters."""
    return not text.strip() or not clean(text).text.strip()


def _replacement(found: re.Match[str], text: str) -> str:
    if found["invisible"]:
        return ""
    if found["ligature"]:
        return unicodedata.normalize("NFKC", found[0])
    if found["letter"]:
        return unicodedata.normalize("NFC", found[0])
    return "-" if found[0][0] != "\u00ad" and _keeps_hyphen(found, text) else ""


def _keeps_hyphen(found: re.Match[str], text: str) -> bool:
    begin, end = found.span()
    before = _WORD_BEFORE.search(text, max(0, begin - _LONGEST_WORD), begin)
    after = _WORD_AFTER.match(text, end, end + _LONGEST_WORD)
    first, last = (before[0] if before else ""), (after[0] if after else "")
    if not last[:1].islower():
        return True
    if re.search(rf"\b{re.escape(first)}{re.escape(last)}\b", text):
        return False
    if re.search(rf"\b{re.escape(first)}[-\u2010]{re.escape(last)}\b", text):
        return True
    return first.lower().split("-")[-1] in _FIRST_PARTS or last in _LAST_PARTS
