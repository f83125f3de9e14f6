"""What gold says nothing of, where not everything is annotated, is not held against a prediction."""

from __future__ import annotations

from relknit.document import Document, Prediction, Relation


def judged(gold: Document, prediction: Prediction) -> Prediction:
    """The prediction without triples of relations that gold does not annotate, and without those that it calls unknown.

    Anchors, which cannot be compared with unknown triples, are left out where any triple is. A triple that is in gold stays.
    """
    scope, unknown = gold.scope, _spans(gold, gold.unknown) - _spans(gold, gold.relations)
    if not unknown and (scope is None or scope.relations is None):
        return prediction

    def counts(relation: Relation) -> bool:
        if scope is not None and not scope.covers(relation.type):
            return False
        return not unknown or not _spans(prediction, (relation,)) & unknown

    kept = [relation for relation in prediction.relations if counts(relation)]
    return prediction if len(kept) == len(prediction.relations) else prediction.with_relations(kept)


def _spans(owner: Document | Prediction, relations: tuple[Relation, ...]) -> set[tuple[int, int, str, int, int]]:
    """The relations by the tokens of their heads and tails."""
    ends = ((owner.entities[r.head], r.type, owner.entities[r.tail]) for r in relations)
    return {(h.token_start, h.token_end, kind, t.token_start, t.token_end) for h, kind, t in ends}
