"""Relations between given entities: those of each window, and those of all windows together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from relknit.document import AnchorTriple, Entity, Prediction, Relation
from relknit.predict.merge import note


class EntityIndex:
    """The entities of a document, to find those inside a window."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self.entities = entities
        self._order = sorted(range(len(entities)), key=lambda number: entities[number].token_start)
        self._starts = [entities[number].token_start for number in self._order]

    def inside(self, start: int, end: int) -> list[int]:
        """The numbers of the entities that are wholly inside tokens `start` to `end`, ascending."""
        there = self._order[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        return sorted(number for number in there if self.entities[number].token_end <= end)

    def cut(self, start: int, end: int) -> tuple[Entity, ...]:
        """The same entities, counted from `start`."""
        found = (self.entities[number] for number in self.inside(start, end))
        return tuple(Entity(e.token_start - start, e.token_end - start, e.type) for e in found)


def merge_given(index: EntityIndex, parts: Sequence[tuple[tuple[int, int], Prediction]]) -> Prediction:
    """All entities of the index, without confidence, and the relations between them that the windows have.

    parts: the tokens [start, end) of each window, and the prediction for the entities inside it. A relation that several
    windows have is kept once, at its highest confidence.
    """
    relations: dict[tuple[int, str, int], float | None] = {}
    anchors: dict[tuple[int, str, int], float | None] = {}
    for (start, end), part in parts:
        numbers = index.inside(start, end)
        for r in part.relations:
            note(relations, (numbers[r.head], r.type, numbers[r.tail]), r.confidence)
        for a in part.anchors or ():
            note(anchors, (a.head + start, a.type, a.tail + start), a.confidence)
    without = all(part.anchors is None for _, part in parts)
    return Prediction(
        tuple(replace(entity, confidence=None, tagged=True) for entity in index.entities),
        tuple(Relation(head, tail, label, p) for (head, label, tail), p in sorted(relations.items())),
        None
        if without
        else tuple(AnchorTriple(head, label, tail, p) for (head, label, tail), p in sorted(anchors.items())),
    )
