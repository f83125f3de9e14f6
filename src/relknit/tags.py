"""BIOES tags <-> entity spans, typed ("B-Loc") or untyped ("B").

Decoding is strict: only S and B I* E (all of one type) are entities, anything else is left out. That makes "the span is
among the decoded" equal to "every tag inside the span is right", which the exact-match score of the paper asks for.
Flat tags cannot hold nested entities: of overlapping spans the earlier, then the longer, is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from relknit.document import Entity

OUTSIDE = "O"


def tag_names(types: Sequence[str | None]) -> tuple[str, ...]:
    """All tags for the entity types (None = untyped), "O" first, then B I E S of each type."""
    return (OUTSIDE, *(_tag(letter, kind) for kind in types for letter in "BIES"))


def spans_to_tags(entities: Iterable[Entity], length: int) -> tuple[str, ...]:
    """One tag for each of `length` tokens; an entity that overlaps one already placed is left out."""
    tags = [OUTSIDE] * length
    for entity in flat_entities(entities):
        start, last = entity.start, entity.end - 1
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
    """The entities that flat tags can hold: sorted, those that overlap an earlier (then longer) one left out."""
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.start, -e.end)):
        if not kept or entity.start >= kept[-1].end:
            kept.append(entity)
    return tuple(kept)


def _tag(letter: str, kind: str | None) -> str:
    return letter if kind is None else f"{letter}-{kind}"


def _split(tag: str) -> tuple[str, str | None]:
    letter, dash, kind = tag.partition("-")
    return letter, kind if dash else None
