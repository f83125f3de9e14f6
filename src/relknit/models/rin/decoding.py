"""From tags and selected pairs to entities and triples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AliasChoices, ConfigDict, Field

from relknit.document import AnchorRule, AnchorTriple, Entity, Prediction, Relation
from relknit.errors import ConfigError, short
from relknit.tags import tags_to_spans

Mentions: TypeAlias = Literal["all", "name", "word"]
MENTIONS: Final[tuple[Mentions, ...]] = ("all", "name", "word")
THRESHOLDS: Final = (0.5, 0.6, 0.4, 0.7, 0.3, 0.2)
UNTAGGED_THRESHOLDS: Final = (None, 0.6, 0.7, 0.8, 0.9, 1.0)
_CERTAIN: Final = 1 - 1e-9  # an `untagged_threshold` of 1 means never, even where a probability was rounded up to 1


@dataclass(frozen=True)
class Decoding:
    """How scores become triples; chosen on dev and stored with the model.

    threshold: the least probability of a pair. keep_untagged: whether an anchor outside every tagged entity becomes an
    entity of one word; else its triples are dropped. untagged_threshold: the least probability of a pair with a word
    that is not the anchor of a tagged entity (None: as for all; 1: never). mentions: where a pair is placed whose words
    occur more than once in the sentence: "all": where it was found; "name": an entity where its whole name occurs first;
    "word": every word where it occurs first, as in data that has words alone. Raises ConfigError for an invalid value.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, validate_by_name=True)

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    keep_untagged: bool = False
    untagged_threshold: Annotated[
        float | None, Field(gt=0, le=1, validation_alias=AliasChoices("untagged_threshold", "loose_threshold"))
    ] = None
    mentions: Mentions = "all"

    def __post_init__(
        self,
    ) -> None:  # the bounds above are those of a model folder, whose errors name the place in the file
        if not 0 < self.threshold < 1:
            raise ConfigError(
                f"threshold is {short(self.threshold)}, expected a probability between 0 and 1, such as 0.5"
            )
        if self.untagged_threshold is not None and not 0 < self.untagged_threshold <= 1:
            found = short(self.untagged_threshold)
            raise ConfigError(f"untagged_threshold is {found}, expected a probability, or 1 for never")
        if self.mentions not in MENTIONS:
            raise ConfigError(f"mentions is {short(self.mentions)}, expected one of {', '.join(MENTIONS)}")

    def alternatives(self, *, thresholds: bool) -> Iterator[Decoding]:
        """The decodings to try on dev, those that change least first; `thresholds` false keeps threshold and mentions.

        All relations share a threshold: thresholds per relation raised F1 on dev and lowered it on test.
        """
        own: tuple[float, ...] = (self.threshold,)
        untagged: tuple[float | None, ...] = (None,)
        mentions: tuple[Mentions, ...] = (self.mentions,)
        if thresholds:
            own = tuple(dict.fromkeys((*own, *THRESHOLDS)))
            untagged = tuple(dict.fromkeys((self.untagged_threshold, *UNTAGGED_THRESHOLDS)))
            mentions = tuple(dict.fromkeys((*mentions, *MENTIONS)))
        for where, threshold, least, keep in product(mentions, own, untagged, (False, True)):
            if least is None or least > threshold:
                yield Decoding(threshold, keep, least, where)


def tagged_entities(tags: Sequence[str], probabilities: Sequence[float]) -> tuple[Entity, ...]:
    """The entities that the tags spell out; confidence is the lowest tag probability inside the span."""
    return tuple(
        Entity(e.token_start, e.token_end, e.type, min(probabilities[e.token_start : e.token_end]))
        for e in tags_to_spans(tags)
    )


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
    if decoding.untagged_threshold is not None:
        anchors = supported(anchors, entities, rule=rule, least=decoding.untagged_threshold)
    return complete(entities, anchors, keep_untagged=decoding.keep_untagged)


def first_equal(tokens: Sequence[str]) -> tuple[int, ...]:
    """For each token the position of the first that is equal to it, its own where there is none before."""
    numbers: dict[str, int] = {}
    return tuple(numbers.setdefault(token, number) for number, token in enumerate(tokens))


def at_first_mentions(
    anchors: Sequence[AnchorTriple], entities: Sequence[Entity], first: Sequence[int], *, names: bool
) -> list[AnchorTriple]:
    """The pairs moved to where their words occur first; of those that become the same the most probable.

    names: a word inside an entity moves only with the whole of it, to the first entity of the same words.
    A pair of two mentions of one word stays, where to move it would make it a pair of a word with itself.
    """
    target = list(first)
    if names:
        begun: dict[tuple[int, ...], int] = {}
        for entity in sorted(entities, key=lambda entity: entity.token_start):
            start = begun.setdefault(tuple(first[entity.token_start : entity.token_end]), entity.token_start)
            target[entity.token_start : entity.token_end] = range(start, start + entity.token_end - entity.token_start)
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
    """The pairs of two anchors of entities, and of the other pairs those of probability `least`, if that is below 1.

    So the relation classifier has to be confident where the tagger finds no entity.
    """
    words = {entity.anchor(rule) for entity in entities}
    return [
        anchor
        for anchor in anchors
        if (anchor.head in words and anchor.tail in words) or least <= min(anchor.confidence or 0.0, _CERTAIN)
    ]


def complete(entities: Sequence[Entity], anchors: Sequence[AnchorTriple], *, keep_untagged: bool) -> Prediction:
    """Complete anchors to entities: an anchor inside a tagged entity represents the whole of it.

    An anchor outside any entity becomes an entity of one word (`tagged=False`) or drops its triples. Two anchors in one
    entity give a self-pair. Triples that become the same keep the highest confidence.
    """
    owner = {i: k for k, entity in enumerate(entities) for i in range(entity.token_start, entity.token_end)}
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


def relate(entities: Sequence[Entity], anchors: Sequence[AnchorTriple], *, rule: AnchorRule) -> Prediction:
    """Given entities with a relation wherever the anchors of two of them are a pair.

    Entities that share an anchor, as nested ones may, have the same relations to others and none to each other; a pair
    of a word with itself is a relation of each of its entities with itself.
    """
    by_anchor: dict[int, list[int]] = {}
    for number, entity in enumerate(entities):
        by_anchor.setdefault(entity.anchor(rule), []).append(number)
    relations = [
        Relation(head, tail, anchor.type, anchor.confidence)
        for anchor in anchors
        for head, tail in product(by_anchor[anchor.head], by_anchor[anchor.tail])
        if anchor.head != anchor.tail or head == tail
    ]
    return Prediction(tuple(entities), tuple(relations), tuple(anchors))
