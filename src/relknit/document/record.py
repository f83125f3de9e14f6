"""A document as the record that a line of JSONL holds, which `relknit.document.jsonl` reads back, and as rows of a table."""

from __future__ import annotations

from typing import Any, Final

from relknit.display import rounded_confidence
from relknit.document.annotation import Annotation, Entity, Relation, Triple

DOCUMENT_FIELDS: Final = frozenset(
    {"id", "text", "tokens", "pos", "offsets", "entities", "relations", "anchors", "triples"}
)
"""What a record in relknit's own format may hold; all else belongs to its owner."""


def to_record(document: Annotation) -> dict[str, Any]:
    """The document as a JSON-ready dict; what is absent is left out, what was predicted carries its confidence."""
    record: dict[str, Any] = {"id": document.id, "tokens": list(document.tokens)}
    if document.pos is not None:
        record["pos"] = list(document.pos)
    record["entities"] = [_entity_record(entity) for entity in document.entities]
    record["relations"] = [
        {"head": r.head, "tail": r.tail, "type": r.type} | _confidence(r.confidence) | _evidence(r) | _inferred(r)
        for r in document.relations
    ]
    if document.anchors is not None:
        record["anchors"] = [[a.head, a.type, a.tail, rounded_confidence(a.confidence)] for a in document.anchors]
    if document.text is not None:
        record["text"] = document.text
    if document.offsets is not None:
        record["offsets"] = [None if o is None else list(o) for o in document.offsets]
    if document.scope is not None and document.scope.relations is not None:
        record["annotated"] = sorted(document.scope.relations)
    if document.unknown:
        record["unknown"] = [{"head": r.head, "tail": r.tail, "type": r.type} for r in document.unknown]
    return record


def triple_records(document: Annotation) -> list[dict[str, Any]]:
    """A flat, JSON-ready dict for every triple, in the order of `relations`; see `Document.to_records`."""
    return [_triple_record(document, triple) for triple in document.triples]


def _triple_record(document: Annotation, triple: Triple) -> dict[str, Any]:
    head, tail = triple.head, triple.tail
    places = triple.evidence or ((head, tail),)
    ends = places[0]
    passage = document.span(Entity(min(end.token_start for end in ends), max(end.token_end for end in ends)))
    return {
        "document": document.id,
        "head": head.name,
        "head_type": head.type,
        "head_start": head.start,
        "head_end": head.end,
        "relation": triple.relation,
        "tail": tail.name,
        "tail_type": tail.type,
        "tail_start": tail.start,
        "tail_end": tail.end,
        "confidence": rounded_confidence(triple.confidence),
        "inferred": triple.inferred,
        "evidence": passage.text,
        "evidence_start": passage.start,
        "evidence_end": passage.end,
        "evidence_count": len(places),
    }


def _confidence(value: float | None) -> dict[str, float | None]:
    return {} if value is None else {"confidence": rounded_confidence(value)}


def _evidence(relation: Relation) -> dict[str, list[list[int]]]:
    return {"evidence": [list(pair) for pair in relation.evidence]} if relation.evidence else {}


def _inferred(relation: Relation) -> dict[str, bool]:
    return {"inferred": True} if relation.inferred else {}


def _entity_record(entity: Entity) -> dict[str, Any]:
    record: dict[str, Any] = {"token_start": entity.token_start, "token_end": entity.token_end, "type": entity.type}
    record |= _confidence(entity.confidence)
    if not entity.tagged:
        record["tagged"] = False
    if entity.start is not None:
        record |= {"text": entity.text, "name": entity.name, "start": entity.start, "end": entity.end}
    return record
