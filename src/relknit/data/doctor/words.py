"""Words and labels with spaces that should not be there, and letters that were lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from relknit.data.doctor.findings import Finding
from relknit.data.doctor.source import Case
from relknit.data.doctor.text import trim

_SPACE: Final = re.compile(r"\s")


def word_findings(case: Case) -> Iterator[Finding]:
    """Tokens and labels of one line with a space around or in them, and tokens that lost a letter."""
    for k, token in enumerate(case.document.tokens):
        if token.isascii() and token.isalnum():
            continue
        yield from _token(case, k, token)
    yield from _offsets(case)
    for k, entity in enumerate(case.document.entities):
        if entity.type is not None and trim(entity.type) != entity.type:
            message = f"the type of entity {k} is {entity.type!r}; write {trim(entity.type)!r}"
            yield case.finding("stray space", message, (entity.start, entity.end))
    for k, relation in enumerate(case.document.relations):
        if trim(relation.type) != relation.type:
            yield case.finding("stray space", f"relation {k} is {relation.type!r}; write {trim(relation.type)!r}")


def _token(case: Case, k: int, token: str) -> Iterator[Finding]:
    trimmed, span = trim(token), (k, k + 1)
    if not trimmed:
        yield case.finding("stray space", f"token {k} is {token!r}, a space alone; remove it{_border(case, k)}", span)
    elif trimmed != token:
        yield case.finding("stray space", f"token {k} is {token!r}; write {trimmed!r}{_border(case, k)}", span)
    if _SPACE.search(trimmed):
        yield case.finding("space inside a token", f"token {k} is {token!r}, several words; split it", span)
    if "\ufffd" in token:
        yield case.finding("lost letter", f"token {k} is {token!r}, which lost a letter; write the word anew", span)


def _offsets(case: Case) -> Iterator[Finding]:
    document = case.document
    for k, (token, offset) in enumerate(zip(document.tokens, document.offsets or (), strict=False)):
        held = document.text[offset[0] : offset[1]] if document.text is not None and offset is not None else ""
        if held != trim(held) != "" and token == trim(token):
            message = f"the offset of token {k}, {token!r}, holds {held!r}; leave the space out"
            yield case.finding("stray space", message, (k, k + 1))


def _border(case: Case, k: int) -> str:
    edge = any(k in (entity.start, entity.end - 1) for entity in case.document.entities)
    return " (it stands at the edge of an entity)" if edge else ""
