"""Align given tokens with a raw text, or join tokens without a text to a readable one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relknit.document import Document
from relknit.document.clean import clean
from relknit.text.repair import PLAIN_QUOTES, normalise_token

_REACH: Final = 24
_MOST_MISSED: Final = 1000  # bounds the work on a text that has nothing to do with the tokens
_CLOSING = ", . ; : ! ? ) ] } % ” ’ … 's 'm 'd 'll 're 've n't -RRB- -RSB- -RCB- ''"
_OPENING = "( [ { $ # “ ‘ -LRB- -LSB- -LCB- ``"
_NO_SPACE_BEFORE: Final = frozenset(_CLOSING.split())
_NO_SPACE_AFTER: Final = frozenset(_OPENING.split())


def align(tokens: Sequence[str], text: str) -> tuple[tuple[int, int] | None, ...]:
    """The offsets of each token in `text` (code points, end exclusive), left to right; None if it is not found.

    A token is searched as it is, then with its double encoding undone and plain quotes and brackets on both sides. It
    must begin at most 24 characters after the last token found, not counting leading white space, plus the length of
    the tokens not found since (1000 at most), so that a missing word does not displace the others.
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
    """A readable text of the unchanged tokens, and the offsets of each one in it.

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
    """The first occurrence of the token that begins between `position` and `reach`, in the first spelling that has one."""
    for spelling, place in ((token, text), (normalise_token(token), plain_text)):
        start = place.find(spelling, position, reach + len(spelling)) if spelling else -1
        if start >= 0:
            return start, start + len(spelling)
    return None


def _letters(word: str) -> str:
    """A word without what `clean` may leave out."""
    return "".join(clean(word).text.replace("-", "").split())


def misplaced_tokens(document: Document) -> list[tuple[int, int, int, str]]:
    """(token, start, end, characters found there) of the tokens whose offsets are wrong.

    Quotes, brackets, double encoding and what `relknit.document.clean` changes may differ.
    """
    wrong = []
    for k, (token, offset) in enumerate(zip(document.tokens, document.offsets or (), strict=False)):
        if document.text is None or offset is None:
            continue
        found = document.text[offset[0] : offset[1]]
        if found != token and normalise_token(found) != normalise_token(token) and _letters(found) != _letters(token):
            wrong.append((k, *offset, found))
    return wrong
