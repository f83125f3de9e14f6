"""Tokens and text: find given tokens in a raw text, or make a readable text of tokens that have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relknit.text.repair import PLAIN_QUOTES, normalise_token

_REACH: Final = 24
_MOST_MISSED: Final = 1000  # bounds the work on a text that has nothing to do with the tokens
_CLOSING = ", . ; : ! ? ) ] } % ” ’ … 's 'm 'd 'll 're 've n't -RRB- -RSB- -RCB- ''"
_OPENING = "( [ { $ # “ ‘ -LRB- -LSB- -LCB- ``"
_NO_SPACE_BEFORE: Final = frozenset(_CLOSING.split())
_NO_SPACE_AFTER: Final = frozenset(_OPENING.split())


def align(tokens: Sequence[str], text: str) -> tuple[tuple[int, int] | None, ...]:
    """Where each token stands in `text` (code points, end exclusive), left to right; None where it is not found.

    A token is tried as it is, then with its double encoding undone and quotes and brackets of either side made plain.
    It must begin at most 24 characters behind the token placed last, not counting white space at the beginning, plus
    the length of the tokens not placed since (1000 at most): a word that is missing never drags the rest along.
    """
    plain_text = text.translate(PLAIN_QUOTES)
    spans: list[tuple[int, int] | None] = []
    position, missed = 0, 0
    for token in tokens:
        position = _skip_space(text, position)
        span = _find(token, text, plain_text, position, position + _REACH + min(missed, _MOST_MISSED))
        spans.append(span)
        if span is None:
            missed += len(token) + 1
        else:
            position, missed = span[1], 0
    return tuple(spans)


def join_tokens(tokens: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A readable text made of the tokens, spelt as they are, and the offsets of each one in it.

    One space between tokens, but none before closing marks and clitics ("Ada 's" -> "Ada's"), and none after opening
    ones; plain double quotes open and close in turn.
    """
    parts: list[str] = []
    offsets: list[tuple[int, int]] = []
    position, glued, quoted = 0, True, False
    for token in tokens:
        closes = token in _NO_SPACE_BEFORE or (token == '"' and quoted)
        if not glued and not closes:
            parts.append(" ")
            position += 1
        parts.append(token)
        offsets.append((position, position + len(token)))
        position += len(token)
        glued = token in _NO_SPACE_AFTER or (token == '"' and not quoted)
        quoted ^= token == '"'
    return "".join(parts), tuple(offsets)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _find(token: str, text: str, plain_text: str, position: int, reach: int) -> tuple[int, int] | None:
    """The nearest place of the token that begins from `position` to `reach`, in the first spelling that has one."""
    for spelling, place in ((token, text), (normalise_token(token), plain_text)):
        start = place.find(spelling, position, reach + len(spelling)) if spelling else -1
        if start >= 0:
            return start, start + len(spelling)
    return None
