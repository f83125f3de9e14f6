"""Tokens and labels with stray spaces, and tokens with lost letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import GoodLine
from relknit.data.sentence_keys import trim

_SPACE: Final = re.compile(r"\s")


def token_findings(line: GoodLine) -> Iterator[DoctorFinding]:
    """Findings about spaces around or inside the tokens and labels of one line, and about lost letters."""
    for k, token in enumerate(line.document.tokens):
        if token.isascii() and token.isalnum():
            continue
        yield from _token(line, k, token)
    yield from _offsets(line)
    for k, entity in enumerate(line.document.entities):
        if entity.type is not None and trim(entity.type) != entity.type:
            message = f"the type of entity {k} is {entity.type!r}; write {trim(entity.type)!r}"
            yield line.finding("stray space", message, (entity.token_start, entity.token_end))
    for k, relation in enumerate(line.document.relations):
        if trim(relation.type) != relation.type:
            yield line.finding("stray space", f"relation {k} is {relation.type!r}; write {trim(relation.type)!r}")


def _token(line: GoodLine, k: int, token: str) -> Iterator[DoctorFinding]:
    trimmed, span = trim(token), (k, k + 1)
    if not trimmed:
        yield line.finding("stray space", f"token {k} is {token!r}, only a space; remove it{_border(line, k)}", span)
    elif trimmed != token:
        yield line.finding("stray space", f"token {k} is {token!r}; write {trimmed!r}{_border(line, k)}", span)
    if _SPACE.search(trimmed):
        yield line.finding("space inside a token", f"token {k} is {token!r}, several words; split it", span)
    if "\ufffd" in token:
        yield line.finding("lost letter", f"token {k} is {token!r}, which lost a letter; write the word again", span)


def _offsets(line: GoodLine) -> Iterator[DoctorFinding]:
    document = line.document
    for k, (token, offset) in enumerate(zip(document.tokens, document.offsets or (), strict=False)):
        held = document.text[offset[0] : offset[1]] if document.text is not None and offset is not None else ""
        if held != trim(held) != "" and token == trim(token):
            message = f"the offset of token {k}, {token!r}, holds {held!r}; remove the space"
            yield line.finding("stray space", message, (k, k + 1))


def _border(line: GoodLine, k: int) -> str:
    edge = any(k in (entity.token_start, entity.token_end - 1) for entity in line.document.entities)
    return " (it is at the edge of an entity)" if edge else ""
