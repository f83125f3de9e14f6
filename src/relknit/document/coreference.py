"""Names for pronouns and descriptions: a triple of "she" or "the company" becomes the triple of the name it refers to.

A model resolves them if its labels have the entity type `reference`, for pronouns and descriptions, and the relation `refers to`,
from a reference to a name or to another reference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from relknit.document.annotation import Prediction, Relation
from relknit.document.model import Document

REFERENCE: Final = "reference"
REFERS_TO: Final = "refers to"


def has_references(relations: Collection[str], entity_types: Collection[str]) -> bool:
    """Whether a model with these labels predicts references and what they refer to."""
    return REFERS_TO in relations and REFERENCE in entity_types


def resolve_references(prediction: Prediction, *, given: bool = False) -> Prediction:
    """The prediction with names in place of the references in its triples, and without what is only about references.

    A reference is followed to its name along `refers to`, also through other references; of several names the most confident one
    counts, by the product of the links on the way. A triple that gets a name in this way is `inferred`, its confidence is its own
    times that of the links, and its evidence the pair of spans that states it. It is dropped where a reference has no name, and
    where head and tail become the same entity. Where the triple of the names is also predicted by itself, both become one, which
    is inferred, with the evidence of both, that of the reference first, and the higher confidence: models learn that what is
    stated of a reference holds of its name, and so predict both.

    Of the references only those that are evidence remain, not tagged. Anchors are None. The triples are in the order of their
    entities.

    given: keep all entities as they are.
    """
    names = _names(prediction)
    triples: dict[tuple[int, str, int], list[Relation]] = defaultdict(list)
    for relation in prediction.relations:
        found = _with_names(relation, names)
        if relation.type != REFERS_TO and found is not None:
            triples[found.head, found.type, found.tail].append(found)
    relations = [_merged(same) for _, same in sorted(triples.items())]
    if given:
        return Prediction(prediction.entities, tuple(relations))
    entities = tuple(replace(e, tagged=False) if e.type == REFERENCE else e for e in prediction.entities)
    return Prediction(entities).with_relations(relations)


def resolved_gold(document: Document, *, given: bool = False) -> Document:
    """A gold document with names in place of its references, to compare predictions with: without evidence.

    given: keep all entities as they are.
    """
    found = resolve_references(document.prediction, given=given)
    relations = [replace(relation, evidence=()) for relation in found.relations]
    return document.with_prediction(
        replace(found, relations=tuple(relations)) if given else found.with_relations(relations)
    )


def both_resolved(
    gold: Sequence[Document], predictions: Sequence[Prediction]
) -> tuple[tuple[Document, ...], list[Prediction]]:
    """Gold documents and predictions for them, each with names in place of its own references."""
    return tuple(map(resolved_gold, gold)), [resolve_references(one) for one in predictions]


@dataclass(frozen=True, slots=True)
class _Name:
    """The number of the entity that another one stands for, and how confident that is."""

    entity: int
    confidence: float


def _names(prediction: Prediction) -> dict[int, _Name]:
    """The name of every entity, by number: a name is its own, a reference has the most confident one or none."""
    entities = prediction.entities
    names = {k: _Name(k, 1.0) for k, entity in enumerate(entities) if entity.type != REFERENCE}
    links = [r for r in prediction.relations if r.type == REFERS_TO and r.head not in names]
    links = [r for r in links if r.tail not in names or entities[r.tail].tagged]
    changed = True
    while changed:  # ends, because a way around a circle of references is never more confident than the way without it
        changed = False
        for link in links:
            name, known = names.get(link.tail), names.get(link.head)
            if name is None:
                continue
            confidence = name.confidence * _probability(link)
            if known is None or confidence > known.confidence:
                names[link.head], changed = _Name(name.entity, confidence), True
    return names


def _with_names(relation: Relation, names: dict[int, _Name]) -> Relation | None:
    """The relation between the names of its ends; None where an end has none, or both would become one entity."""
    head, tail = names.get(relation.head), names.get(relation.tail)
    if head is None or tail is None:
        return None
    if (head.entity, tail.entity) == (relation.head, relation.tail):
        return relation
    if head.entity == tail.entity:
        return None
    confidence = None
    if relation.confidence is not None:
        confidence = relation.confidence * head.confidence * tail.confidence
    evidence = ((relation.head, relation.tail),)
    return Relation(head.entity, tail.entity, relation.type, confidence, evidence=evidence, inferred=True)


def _merged(same: Sequence[Relation]) -> Relation:
    """One relation for several between the same entities, that of the most confident reference first."""
    ordered = sorted(same, key=lambda r: (not r.inferred, -_probability(r)))
    if len(ordered) == 1:
        return ordered[0]
    pairs = [pair for r in ordered for pair in (r.evidence or ((r.head, r.tail),))]
    confidences = [r.confidence for r in ordered if r.confidence is not None]
    return replace(ordered[0], confidence=max(confidences, default=None), evidence=tuple(dict.fromkeys(pairs)))


def _probability(relation: Relation) -> float:
    """Its confidence; 1 where it has none, as in gold."""
    return 1.0 if relation.confidence is None else relation.confidence
