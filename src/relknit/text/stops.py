"""When a full stop ends a sentence and when it belongs to its word: small lists, shared by tokeniser and sentence splitter."""

from __future__ import annotations

import re
from typing import Final

_TITLES = "dr mr mrs ms messrs prof rev hon st mt ft gen col lt sgt capt cmdr maj adm gov sen rep pres supt"
_NAMES = "jr sr bros inc ltd corp co dept univ assn ave blvd rd hwy"
_MONTHS = "jan feb mar apr jun jul aug sept oct nov dec"
_NOTES = "vs etc al approx est ca cf eq fig figs vol vols ed eds pp ch e.g i.e a.m p.m"
_DOTTED = "u.s u.s.a u.k u.n e.u d.c n.y n.j l.a a.s a.c a.t a.d b.c s.s n.v s.p.a s.r.l j.r ph.d"

ABBREVIATIONS: Final = frozenset(f"{_TITLES} {_NAMES} {_MONTHS} {_NOTES} {_DOTTED}".split())
"""Lower-case words, without their last stop, that keep it in the middle of a sentence."""

_BEFORE_NUMBER: Final = frozenset({"no", "nos", "p", "art", "sec", "op"})

STARTERS: Final = frozenset(
    """A After Although An And As At Before Both But By During Each Every For From He Her Here His However I If In It
    Its Many Most My On One Our She Since Some Such That The Their Then There These They This Those Though Today Two
    We What When Where Which While Who With You Your""".split()
)
"""Capitalised words that open a sentence even after an abbreviation or an initial."""

_DOTTED_WORD: Final = re.compile(r"(?:[^\W\d_]{1,3}\.)+[^\W\d_]{1,3}")


def keeps_stop(word: str, following: str) -> bool:
    """Whether the stop after `word` (given without it) is part of an abbreviation or initial, judged by the next word.

    `following` is the next word as far as it consists of letters and digits, "" at the end of a paragraph.
    """
    if not following or following in STARTERS:
        return False
    if len(word) == 1 and word.isalpha():
        return True
    name = word.lower().rpartition("-")[2]
    return name in ABBREVIATIONS or (name in _BEFORE_NUMBER and following[0].isdigit())


def looks_abbreviated(word: str) -> bool:
    """Whether `word` (without its last stop) may be an abbreviation: a listed one, an initial, or dotted like A.F.C."""
    if len(word) == 1:
        return word.isalpha()
    name = word.lower().rpartition("-")[2]
    return name in ABBREVIATIONS or name in _BEFORE_NUMBER or _DOTTED_WORD.fullmatch(word) is not None
