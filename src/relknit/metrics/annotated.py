"""What gold says nothing of, where not everything is annotated, is not held against a prediction."""

from __future__ import annotations

from typing import TypeAlias

from relknit.document import Document, Prediction, Relation

Place: TypeAlias = tuple[int, int, str, int, int]
"""A triple by the tokens of head and tail and its relation, without types of entities."""


def judged(gold: Document, prediction: Prediction) -> Prediction:
    """The prediction without triples of relations that gold does not annotate, and without those that it calls unknown.

    Anchors, which cannot be compared with unknown triples, are left out where any triple is. A triple that is in gold stays.
    """
    scope = gold.scope
    if not gold.unknown and (scope is None or scope.relations is None):
        return prediction
    stated = {place_of(gold, relation) for relation in gold.relations}
    unknown = {place_of(gold, relation) for relation in gold.unknown} - stated

    def counts(relation: Relation) -> bool:
        if scope is not None and not scope.covers(relation.type):
            return False
        return place_of(prediction, relation) not in unknown

    kept = [relation for relation in prediction.relations if counts(relation)]
    return prediction if len(kept) == len(prediction.relations) else prediction.with_relations(kept)


def place_of(owner: Document | Prediction, relation: Relation) -> Place:
    """Where the relation of a document or a prediction is."""
    head, tail = owner.entities[relation.head], owner.entities[relation.tail]
    return head.token_start, head.token_end, relation.type, tail.token_start, tail.token_end
