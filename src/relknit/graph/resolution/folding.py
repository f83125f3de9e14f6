"""A name without the differences that do not distinguish names: letter case, accents and punctuation."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ё": "е", "ς": "σ"}
    | {"&": " and ", "ـ": ""}
)
_APOSTROPHES: Final = re.compile(r"['’‘ʼ`´ʻʿʾ]")
_ABBREVIATION: Final = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_SIGNS: Final = frozenset("+#%*@")
_NUMBER: Final = re.compile(r"\d+(?:[.,:/]\d+)*")


def folded_words(name: str, *, join_initials: bool = True) -> tuple[str, ...]:
    """The words of a clean name in lower case, without accents and punctuation.

    Accents are dropped from Latin and Greek letters, vowel points from Arabic and Hebrew; marks of other scripts distinguish
    letters and remain. Signs such as "+" and symbols remain. A name of punctuation alone is one word.

    join_initials: "U.S." is one word, "us"; otherwise two.
    """
    text = unicodedata.normalize("NFKC", name)
    if join_initials:
        text = _ABBREVIATION.sub(lambda found: found[0].replace(".", "") + " ", text)
    text = without_accents(_APOSTROPHES.sub("", text).casefold())
    if not text.isascii() or not text.replace(" ", "").isalnum():
        text = "".join(c if c.isalnum() or _is_part(c) else " " for c in text)
    return tuple(text.split()) or (name,)


def without_accents(text: str) -> str:
    """Lower-case text without the accents of Latin and Greek letters and the points of Arabic and Hebrew ones."""
    text = text.translate(_LETTERS)
    if text.isascii():
        return text
    kept: list[str] = []
    for c in unicodedata.normalize("NFD", text):
        if unicodedata.combining(c) and kept and _drops_marks(_base(kept)):
            continue
        kept.append(c)
    return unicodedata.normalize("NFC", "".join(kept))


def numbers(name: str) -> tuple[str, ...]:
    """The numbers in a name, as written, in their order: "Apollo 11" → ("11",)."""
    return tuple(_NUMBER.findall(unicodedata.normalize("NFKC", name)))


def _base(kept: list[str]) -> str:
    return next((c for c in reversed(kept) if not unicodedata.combining(c)), "")


def _drops_marks(base: str) -> bool:
    return ("a" <= base <= "z") or "α" <= base <= "ω" or "א" <= base <= "ת" or "ء" <= base <= "ي"


def _is_part(c: str) -> bool:
    return c in _SIGNS or unicodedata.category(c)[0] in "MS"
