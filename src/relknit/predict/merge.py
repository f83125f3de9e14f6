"""Predictions of overlapping windows as one prediction of the whole document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from relknit.document import AnchorTriple, Entity, Prediction, Relation


def merge(parts: Sequence[tuple[int, Prediction]]) -> Prediction:
    """Predictions of overlapping windows, each with its first token, as one prediction of the whole document.

    Of entities that cross each other the more confident stays, and triples of the other go over to it. A triple found
    by several windows is kept once, at its highest confidence. Anchors are None where no window has any.
    """
    if len(parts) == 1 and parts[0][0] == 0:
        return parts[0][1]
    moved = [
        replace(e, token_start=e.token_start + start, token_end=e.token_end + start)
        for start, part in parts
        for e in part.entities
    ]
    kept, place = _keep_confident(moved)
    relations: dict[tuple[int, str, int], float | None] = {}
    anchors: dict[tuple[int, str, int], float | None] = {}
    offset = 0
    for start, part in parts:
        for r in part.relations:
            note(relations, (place[offset + r.head], r.type, place[offset + r.tail]), r.confidence)
        for a in part.anchors or ():
            note(anchors, (a.head + start, a.type, a.tail + start), a.confidence)
        offset += len(part.entities)
    return Prediction(
        kept,
        tuple(Relation(head, tail, label, p) for (head, label, tail), p in sorted(relations.items())),
        None
        if all(part.anchors is None for _, part in parts)
        else tuple(AnchorTriple(head, label, tail, p) for (head, label, tail), p in sorted(anchors.items())),
    )


def note(best: dict[tuple[int, str, int], float | None], triple: tuple[int, str, int], found: float | None) -> None:
    """Keep the triple at its highest confidence; an unknown one is the lowest."""
    earlier = best.get(triple)
    best[triple] = found if earlier is None else earlier if found is None else max(earlier, found)


def _keep_confident(entities: Sequence[Entity]) -> tuple[tuple[Entity, ...], list[int]]:
    """Entities without crossings, from left to right, and for each given one the place of itself or its replacement."""
    order = sorted(range(len(entities)), key=lambda k: (not entities[k].tagged, -(entities[k].confidence or 0.0), k))
    owner: dict[int, int] = {}
    winner = list(range(len(entities)))
    for k in order:
        span = range(entities[k].token_start, entities[k].token_end)
        taken = [owner[i] for i in span if i in owner]
        if taken:
            winner[k] = taken[-1]
        else:
            owner.update(dict.fromkeys(span, k))
    survivors = sorted(set(winner), key=lambda k: entities[k].token_start)
    place = {k: position for position, k in enumerate(survivors)}
    return tuple(entities[k] for k in survivors), [place[k] for k in winner]
