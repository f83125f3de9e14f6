"""Problems within one sentence: what cannot be learned or scored, spellings, stray spaces, offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import SourceLine
from relknit.data.sentence_keys import trim
from relknit.document import Document
from relknit.tags import flat_entities
from relknit.text.align import misplaced_tokens
from relknit.text.repair import repair_token

_SPACE: Final = re.compile(r"\s")


def sentence_findings(line: SourceLine) -> Iterator[DoctorFinding]:
    """The findings about the tokens, offsets, entities and relations of one line."""
    if not line.document.tokens:
        yield line.finding("no tokens", "the sentence has no tokens; remove the line")
    yield from _entities(line)
    yield from _relations(line)
    for k, token in enumerate(line.document.tokens):
        if not (token.isascii() and token.isalnum()):
            yield from _token(line, k, token)
    yield from _offsets(line)


def _entities(line: SourceLine) -> Iterator[DoctorFinding]:
    entities = line.document.entities
    flat = {(entity.token_start, entity.token_end) for entity in flat_entities(entities)}
    seen: dict[tuple[int, int], int] = {}
    for k, entity in enumerate(entities):
        span = entity.token_start, entity.token_end
        words = f'"{" ".join(line.document.tokens[span[0] : span[1]])}"'
        first = seen.setdefault(span, k)
        if first != k:
            message = f"entity {k} repeats the span of entity {first}, {words}; keep one and point its relations there"
            yield line.finding("repeated span", message)
        if span not in flat:
            why = "flat tags cannot represent both, so its span is not learned: keep the better one"
            yield line.finding("nested entities", f"entity {k}, {words}, overlaps another; {why}")
        if entity.type is not None and trim(entity.type) != entity.type:
            message = f"the type of entity {k} is {entity.type!r}; write {trim(entity.type)!r}"
            yield line.finding("stray space", message, span)


def _relations(line: SourceLine) -> Iterator[DoctorFinding]:
    document = line.document
    seen: dict[tuple[int, str, int], int] = {}
    for k, relation in enumerate(document.relations):
        first = seen.setdefault((relation.head, relation.type, relation.tail), k)
        if first != k:
            message = f"relation {k} repeats relation {first} ({relation.type}); keep one"
            yield line.finding("repeated triple", message)
        head, tail = (document.entities[end].anchor("last") for end in (relation.head, relation.tail))
        if head == tail:
            shown = f'both ends of relation {k} ({relation.type}) are at token {head}, "{document.tokens[head]}"'
            message = f"{shown}; exact scores never count it as correct: give each end its own word"
            yield line.finding("ends share a token", message)
        if trim(relation.type) != relation.type:
            yield line.finding("stray space", f"relation {k} is {relation.type!r}; write {trim(relation.type)!r}")


def _token(line: SourceLine, k: int, token: str) -> Iterator[DoctorFinding]:
    trimmed, span = trim(token), (k, k + 1)
    repaired = repair_token(token)
    if repaired != token:
        message = f'token {k} is "{token}", which looks double-encoded; write "{repaired}"'
        yield line.finding("double-encoded letters", message)
    if not trimmed:
        yield line.finding("stray space", f"token {k} is {token!r}, only a space; remove it{_border(line, k)}", span)
    elif trimmed != token:
        yield line.finding("stray space", f"token {k} is {token!r}; write {trimmed!r}{_border(line, k)}", span)
    if _SPACE.search(trimmed):
        yield line.finding("space inside a token", f"token {k} is {token!r}, several words; split it", span)
    if "\ufffd" in token:
        yield line.finding("lost letter", f"token {k} is {token!r}, which lost a letter; write the word again", span)


def _border(line: SourceLine, k: int) -> str:
    edge = any(k in (entity.token_start, entity.token_end - 1) for entity in line.document.entities)
    return " (it is at the edge of an entity)" if edge else ""


def _offsets(line: SourceLine) -> Iterator[DoctorFinding]:
    document = line.document
    misplaced = misplaced_tokens(document)
    if misplaced:
        token, start, end, found = misplaced[0]
        shown = f"token {token} is {document.tokens[token]!r}, but its offset [{start}, {end}) covers {found!r}"
        more = f" ({len(misplaced)} such tokens)" if len(misplaced) > 1 else ""
        fix = "write the word as the text has it, correct the offset, or write null if the text lacks it"
        yield line.finding("misplaced token", f"{shown}{more}; {fix}")
    for k, words in wide_offsets(document):
        message = f"the offset of token {k}, {document.tokens[k]!r}, covers {words!r}; remove the space"
        yield line.finding("stray space", message, (k, k + 1))


def wide_offsets(document: Document) -> list[tuple[int, str]]:
    """The tokens whose offset includes a space that the token does not have, and the characters there."""
    if document.text is None or document.offsets is None:
        return []
    words = [document.text[span[0] : span[1]] if span else "" for span in document.offsets]
    pairs = enumerate(zip(words, document.tokens, strict=True))
    return [(k, there) for k, (there, token) in pairs if there != trim(there) != "" and token == trim(token)]
