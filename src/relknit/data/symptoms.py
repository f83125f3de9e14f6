"""Problems of one document that is in the format: each rule yields (kind, message with value and fix)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from relknit.document import AnchorRule, Document
from relknit.tags import flat_entities
from relknit.text.repair import normalise_token, repair_token

Symptom = tuple[str, str]


def symptoms(document: Document, *, anchor: AnchorRule = "last") -> Iterator[Symptom]:
    """The problems of a document, rule by rule; `anchor` is the word that represents an entity in the pair table."""
    return chain(
        _empty(document),
        _repeated_spans(document),
        _repeated_triples(document),
        _nested_entities(document),
        _shared_anchors(document, anchor),
        _double_encoded(document),
        _misplaced_tokens(document),
    )


def _empty(document: Document) -> Iterator[Symptom]:
    if not document.tokens:
        yield "no tokens", "the sentence has no tokens; remove the line"


def _repeated_spans(document: Document) -> Iterator[Symptom]:
    seen: dict[tuple[int, int], int] = {}
    for k, entity in enumerate(document.entities):
        first = seen.setdefault((entity.token_start, entity.token_end), k)
        if first != k:
            shown = f"entity {k} repeats the span of entity {first}, {_words(document, k)}"
            yield "repeated span", f"{shown}; keep one and point its relations there"


def _repeated_triples(document: Document) -> Iterator[Symptom]:
    seen: dict[tuple[int, str, int], int] = {}
    for k, relation in enumerate(document.relations):
        first = seen.setdefault((relation.head, relation.type, relation.tail), k)
        if first != k:
            yield "repeated triple", f"relation {k} repeats relation {first} ({relation.type}); keep one"


def _nested_entities(document: Document) -> Iterator[Symptom]:
    kept = {(entity.token_start, entity.token_end) for entity in flat_entities(document.entities)}
    for k, entity in enumerate(document.entities):
        if (entity.token_start, entity.token_end) not in kept:
            shown = f"entity {k}, {_words(document, k)}, overlaps another"
            yield (
                "nested entities",
                f"{shown}; flat tags cannot hold both, so its span is not learned: keep the better one",
            )


def _shared_anchors(document: Document, anchor: AnchorRule) -> Iterator[Symptom]:
    for k, relation in enumerate(document.relations):
        head, tail = (document.entities[end].anchor(anchor) for end in (relation.head, relation.tail))
        if head == tail:
            shown = f'both ends of relation {k} ({relation.type}) are at token {head}, "{document.tokens[head]}"'
            yield "ends share a token", f"{shown}; exact scores never count it as correct: give each end its own word"


def _double_encoded(document: Document) -> Iterator[Symptom]:
    for k, token in enumerate(document.tokens):
        repaired = repair_token(token)
        if repaired != token:
            yield "double-encoded letters", f'token {k} is "{token}", which looks double-encoded; write "{repaired}"'


def _words(document: Document, entity: int) -> str:
    span = document.entities[entity]
    return '"' + " ".join(document.tokens[span.token_start : span.token_end]) + '"'


def _misplaced_tokens(document: Document) -> Iterator[Symptom]:
    wrong = misplaced_tokens(document)
    if wrong:
        token, start, end, found = wrong[0]
        shown = f"token {token} is {document.tokens[token]!r}, but its offset [{start}, {end}) holds {found!r}"
        more = f" ({len(wrong)} such tokens)" if len(wrong) > 1 else ""
        yield (
            "misplaced token",
            f"{shown}{more}; write the word as the text has it, correct the offset, or write null if the text lacks it",
        )


def misplaced_tokens(document: Document) -> list[tuple[int, int, int, str]]:
    """(token, start, end, characters found there) of the tokens that are not where their offsets say.

    Quotes, brackets and double encoding may differ.
    """
    wrong = []
    for k, (token, offset) in enumerate(zip(document.tokens, document.offsets or (), strict=False)):
        if document.text is None or offset is None:
            continue
        found = document.text[offset[0] : offset[1]]
        if normalise_token(found) != normalise_token(token):
            wrong.append((k, *offset, found))
    return wrong
