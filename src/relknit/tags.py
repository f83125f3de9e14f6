"""BIOES tags <-> entity spans, typed ("B-Loc") or untyped ("B").

Decoding is strict: only S and B I* E (all of one type) are entities, anything else is left out. That makes "the span is
among the decoded" equal to "every tag inside the span is correct", which the exact-match score of the paper asks for.
Flat tags cannot represent nested entities: of overlapping spans the earlier, then the longer, is kept, or with weights those
of the highest total weight.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from relknit.document import Entity

OUTSIDE = "O"


def tag_names(types: Sequence[str | None]) -> tuple[str, ...]:
    """All tags for the entity types (None = untyped), "O" first, then B I E S of each type."""
    return (OUTSIDE, *(_tag(letter, kind) for kind in types for letter in "BIES"))


def spans_to_tags(
    entities: Sequence[Entity], length: int, *, weights: Sequence[float] | None = None
) -> tuple[str, ...]:
    """One tag for each of `length` tokens; of entities that overlap `flat_entities` or, by weight, `heaviest_entities`."""
    tags = [OUTSIDE] * length
    for entity in flat_entities(entities) if weights is None else heaviest_entities(entities, weights):
        start, last = entity.token_start, entity.token_end - 1
        if start == last:
            tags[start] = _tag("S", entity.type)
            continue
        tags[start] = _tag("B", entity.type)
        tags[start + 1 : last] = [_tag("I", entity.type)] * (last - start - 1)
        tags[last] = _tag("E", entity.type)
    return tuple(tags)


def tags_to_spans(tags: Sequence[str]) -> tuple[Entity, ...]:
    """The entities that the tags spell out completely, from left to right."""
    entities: list[Entity] = []
    start, kind = None, None
    for i, tag in enumerate(tags):
        letter, this_kind = _split(tag)
        continues = start is not None and this_kind == kind
        if letter == "S":
            entities.append(Entity(i, i + 1, this_kind))
            start = None
        elif letter == "B":
            start, kind = i, this_kind
        elif letter == "E" and continues and start is not None:
            entities.append(Entity(start, i + 1, kind))
            start = None
        elif letter != "I" or not continues:
            start = None
    return tuple(entities)


def flat_entities(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The entities that flat tags can represent: sorted, those that overlap an earlier (then longer) one left out."""
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.token_start, -e.token_end)):
        if not kept or entity.token_start >= kept[-1].token_end:
            kept.append(entity)
    return tuple(kept)


def heaviest_entities(entities: Sequence[Entity], weights: Sequence[float]) -> tuple[Entity, ...]:
    """The entities, none overlapping another, whose weights sum highest; of equal sums the one that covers more tokens.

    Weighted interval scheduling: the best choice among the first k entities (by their end) either leaves the k-th out,
    or takes it and the best choice among those that end where it starts or before. Sorted by position.
    """
    ordered = sorted(zip(entities, weights, strict=True), key=lambda pair: (pair[0].token_end, pair[0].token_start))
    ends = [entity.token_end for entity, _ in ordered]
    best: list[tuple[float, int, tuple[Entity, ...]]] = [(0.0, 0, ())]
    for k, (entity, weight) in enumerate(ordered):
        before = best[bisect_right(ends, entity.token_start, 0, k)]
        taken = (before[0] + weight, before[1] + entity.token_end - entity.token_start, (*before[2], entity))
        best.append(max(best[k], taken, key=lambda choice: choice[:2]))
    return best[-1][2]


def type_of(tag: str) -> str | None:
    """The entity type in a tag; None for "O" and untyped tags."""
    return _split(tag)[1]


def with_types(tag: str, types: Iterable[str]) -> tuple[str, ...]:
    """The tag with each of these types in place of its own."""
    return tuple(_tag(_split(tag)[0], kind) for kind in types)


def _tag(letter: str, kind: str | None) -> str:
    return letter if kind is None else f"{letter}-{kind}"


def _split(tag: str) -> tuple[str, str | None]:
    letter, dash, kind = tag.partition("-")
    return letter, kind if dash else None
