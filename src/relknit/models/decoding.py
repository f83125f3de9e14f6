"""From tags and selected pairs to entities and triples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relknit.document import AnchorRule, AnchorTriple, Entity, Prediction, Relation
from relknit.models.base import Decoding
from relknit.tags import tags_to_spans

_SURE: Final = 1 - 1e-9
"""So that 1 stands for never even where a probability was rounded up to 1."""


def tagged_entities(tags: Sequence[str], probabilities: Sequence[float]) -> tuple[Entity, ...]:
    """The entities that the tags spell out; confidence is the lowest tag probability inside the span."""
    return tuple(Entity(e.start, e.end, e.type, min(probabilities[e.start : e.end])) for e in tags_to_spans(tags))


def decode(
    entities: Sequence[Entity], anchors: Sequence[AnchorTriple], decoding: Decoding, *, rule: AnchorRule
) -> Prediction:
    """Tagged entities and pairs (of at least `decoding.threshold`) as a prediction, by all of the decoding's rules."""
    if decoding.loose_threshold is not None:
        anchors = supported(anchors, entities, rule=rule, least=decoding.loose_threshold)
    return complete(entities, anchors, keep_untagged=decoding.keep_untagged)


def supported(
    anchors: Sequence[AnchorTriple], entities: Sequence[Entity], *, rule: AnchorRule, least: float
) -> list[AnchorTriple]:
    """The pairs of two words that entities have for their anchors, and of others those of probability `least`, if below 1.

    Tagger and relation classifier then agree: a pair whose words the tagger sees no entity end in has to be sure.
    """
    words = {entity.anchor(rule) for entity in entities}
    return [
        anchor
        for anchor in anchors
        if (anchor.head in words and anchor.tail in words) or least <= min(anchor.confidence or 0.0, _SURE)
    ]


def complete(entities: Sequence[Entity], anchors: Sequence[AnchorTriple], *, keep_untagged: bool) -> Prediction:
    """Complete anchors to entities: an anchor inside a tagged entity stands for the whole of it.

    An anchor outside any entity becomes an entity of one word (`tagged=False`) or drops its triples. Two anchors in one
    entity give a self-pair. Triples that become the same keep the highest confidence.
    """
    owner = {i: k for k, entity in enumerate(entities) for i in range(entity.start, entity.end)}
    spans = list(entities)
    best: dict[tuple[int, str, int], float] = {}
    for anchor in anchors:
        ends = []
        for token in (anchor.head, anchor.tail):
            if token not in owner and keep_untagged:
                owner[token] = len(spans)
                spans.append(Entity(token, token + 1, None, anchor.confidence, tagged=False))
            ends.append(owner.get(token))
        if ends[0] is None or ends[1] is None:
            continue
        key = (ends[0], anchor.type, ends[1])
        best[key] = max(best.get(key, 0.0), anchor.confidence or 0.0)
    relations = tuple(Relation(head, tail, label, p) for (head, label, tail), p in best.items())
    return Prediction(tuple(spans), relations, tuple(anchors))
