"""Whether a full stop belongs to its word or ends a sentence: small lists for the tokeniser and the sentence splitter."""

from __future__ import annotations

import re
from typing import Final

_TITLES = "dr mr mrs ms messrs prof rev hon st mt ft gen col lt sgt capt cmdr maj adm gov sen rep pres supt"
_NAMES = "jr sr bros inc ltd corp co dept univ assn ave blvd rd hwy"
_MONTHS = "jan feb mar apr jun jul aug sept oct nov dec"
_NOTES = "vs etc al approx est cf eq fig figs vol vols eds pp e.g i.e a.m p.m"
_DOTTED = "u.s u.s.a u.k u.n e.u d.c n.y n.j l.a a.s a.c a.t a.d b.c s.s n.v s.p.a s.r.l ph.d"

ABBREVIATIONS: Final = frozenset(f"{_TITLES} {_NAMES} {_MONTHS} {_NOTES} {_DOTTED}".split())
"""Words in lower case, without their last stop, that keep it in the middle of a sentence."""

BEFORE_NUMBERS: Final = frozenset({"no", "nos", "p", "art", "sec", "op"})
"""The same for words that are abbreviations only before a number ("No. 5", but "He said no.")."""

_OPENERS = """
    A After Although An And As At Before Both But By During Each Every For From He Her Here His However I If In It
    Its Many Most My On One Our She Since Some Such That The Their Then There These They This Those Though Today We
    What When Where Which While Who With You Your
"""
STARTERS: Final = frozenset(_OPENERS.split())
"""Capitalised words that open a sentence even after an abbreviation or an initial."""

_HYPHEN: Final = re.compile("[-–]")
_DOTTED_WORD: Final = re.compile(r"(?:[^\W\d_]{1,3}\.)+[^\W\d_]{1,3}")


def keeps_stop(word: str, following: str | None) -> bool:
    """Whether the stop after `word` (given without it) is part of a listed abbreviation or an initial.

    `following` is the next word, with its own stop if it has one ("A." is another initial); None ends the paragraph.
    """
    return following is not None and following not in STARTERS and is_listed(word, following)


def is_listed(word: str, following: str) -> bool:
    """Whether `word` (without its last stop) is a listed abbreviation or an initial, before the word `following`."""
    if len(word) == 1 and word.isalpha():
        return True
    name = _HYPHEN.split(word.lower())[-1]
    return name in ABBREVIATIONS or (name in BEFORE_NUMBERS and following[:1].isdigit())


def is_dotted(word: str) -> bool:
    """Whether `word` (without its last stop) is dotted like A.F.C, which may be a name as well as a sentence's end."""
    return _DOTTED_WORD.fullmatch(word) is not None
