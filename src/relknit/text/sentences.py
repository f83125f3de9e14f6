"""Sentence borders among tokens, by rules and small lists; no model."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from relknit.text.line_breaks import paragraph_starts
from relknit.text.stops import STARTERS, is_dotted, is_listed
from relknit.text.tokenise import Token

_ENDS: Final = frozenset(".!?…。！？")
_NEED_NO_SPACE: Final = frozenset("。！？")
_CLOSERS: Final = frozenset("\"'”’»)]}」』）】") | {"''", "-RRB-"}


def sentence_spans(tokens: Sequence[Token], text: str) -> list[tuple[int, int]]:
    """The sentences as half-open ranges of token numbers; together they cover all tokens, in order and without gaps.

    A blank line always ends a sentence, and so does a line break where `paragraph_starts` has a new paragraph; any other line
    break ends one after . ! ? … and their closing quotes or brackets. Elsewhere these end a sentence unless a small letter or
    a mark follows, or an abbreviation, an initial or a dotted name (F.C.) precedes and the next word is not one that opens
    sentences ("The", "He").
    `tokens` are those that `tokenise(text)` gives, or others with ascending offsets in `text`.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    stop: int | None = None  # the token that may have ended the sentence, while only closing marks came after it
    paragraphs = paragraph_starts(text) if "\n" in text else []
    for index in range(len(tokens) - 1):
        stop = _stop_after(tokens, index, stop)
        begins = bool(paragraphs) and _is_between(paragraphs, tokens[index].end, tokens[index + 1].start)
        if begins or _is_border(tokens, text, start, stop, index + 1):
            spans.append((start, index + 1))
            start, stop = index + 1, None
    if len(tokens) > start:
        spans.append((start, len(tokens)))
    return spans


def _is_between(places: Sequence[int], start: int, end: int) -> bool:
    """Whether one of the ascending places is in [start, end]."""
    following = bisect_left(places, start)
    return following < len(places) and places[following] <= end


def _stop_after(tokens: Sequence[Token], index: int, stop: int | None) -> int | None:
    """The end mark that counts once token `index` is read: a new one, the old one behind closing marks, or none."""
    surface = tokens[index].text
    if surface[-1] in _ENDS:
        return index
    touches = index > 0 and tokens[index - 1].end == tokens[index].start
    return stop if surface in _CLOSERS and touches else None


def _is_border(tokens: Sequence[Token], text: str, start: int, stop: int | None, following: int) -> bool:
    """Whether a new sentence begins at token `following`, the running one having begun at `start`."""
    gap, word = text[tokens[following - 1].end : tokens[following].start], tokens[following].text
    if gap.count("\n") > 1 or "\u2029" in gap:
        return True
    if stop is None:
        return False
    if not gap:
        return tokens[stop].text in _NEED_NO_SPACE and word not in _CLOSERS
    if "\n" not in gap and not _may_open(word):
        return False
    return word in STARTERS or not (_is_abbreviation(tokens, stop) or _is_list_number(tokens, text, start, stop))


def _may_open(word: str) -> bool:
    """Whether a sentence can begin with this token: not with a small letter, and not with a mark that only closes."""
    return not word[0].islower() and word[0] not in ",;:.!?…)]}”’»"


def _is_abbreviation(tokens: Sequence[Token], stop: int) -> bool:
    """Whether the end mark at `stop` is the stop of an abbreviation, within its token or split off from it."""
    surface, following = tokens[stop].text, tokens[stop + 1].text
    if not surface.endswith("."):
        return False
    if len(surface) > 1:
        word = surface[:-1]
    elif stop > 0 and tokens[stop - 1].end == tokens[stop].start:
        word = tokens[stop - 1].text
    else:
        return False
    return is_listed(word, following) or is_dotted(word)


def _is_list_number(tokens: Sequence[Token], text: str, start: int, stop: int) -> bool:
    """Whether the stop follows a number that begins a sentence or a line, as in "1. FC" or a numbered list."""
    number = stop - 1
    if number < start or tokens[stop].text != "." or not tokens[number].text.isdigit():
        return False
    return number == start or "\n" in text[tokens[number - 1].end : tokens[number].start]
