"""From tags and selected pairs to entities and triples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    entities: Sequence[Entity],
    anchors: Sequence[AnchorTriple],
    decoding: Decoding,
    *,
    rule: AnchorRule,
    first: Sequence[int],
) -> Prediction:
    """Tagged entities and pairs (of at least `decoding.threshold`) as a prediction, by all of the decoding's rules.

    first: for each token of the sentence the first that is equal to it, see `first_equal`.
    """
    if decoding.mentions != "all":
        anchors = at_first_mentions(anchors, entities, first, names=decoding.mentions == "name")
    if decoding.loose_threshold is not None:
        anchors = supported(anchors, entities, rule=rule, least=decoding.loose_threshold)
    return complete(entities, anchors, keep_untagged=decoding.keep_untagged)


def first_equal(tokens: Sequence[str]) -> tuple[int, ...]:
    """For each token the number of the first that is equal to it, its own where there is none before."""
    numbers: dict[str, int] = {}
    return tuple(numbers.setdefault(token, number) for number, token in enumerate(tokens))


def at_first_mentions(
    anchors: Sequence[AnchorTriple], entities: Sequence[Entity], first: Sequence[int], *, names: bool
) -> list[AnchorTriple]:
    """The pairs moved to where their words are mentioned first; of those that become the same the most probable.

    names: a word inside an entity moves only with the whole of it, to the first entity of the same words.
    A pair of two mentions of one word stays, where to move it would make it a pair of a word with itself.
    """
    target = list(first)
    if names:
        begun: dict[tuple[int, ...], int] = {}
        for entity in sorted(entities, key=lambda entity: entity.start):
            start = begun.setdefault(tuple(first[entity.start : entity.end]), entity.start)
            target[entity.start : entity.end] = range(start, start + entity.end - entity.start)
    best: dict[tuple[int, str, int], AnchorTriple] = {}
    for anchor in anchors:
        ends = (target[anchor.head], target[anchor.tail])
        if ends[0] == ends[1]:
            ends = (anchor.head, anchor.tail)
        moved = replace(anchor, head=ends[0], tail=ends[1])
        key = (moved.head, moved.type, moved.tail)
        if key not in best or (best[key].confidence or 0.0) < (moved.confidence or 0.0):
            best[key] = moved
    return list(best.values())


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
