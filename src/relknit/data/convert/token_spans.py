"""Documents from formats that number tokens: entities and relations are collected, then checked once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from relknit.data.convert.assemble import TokenSpan, uncrossed
from relknit.data.convert.marked_text import type_of_label
from relknit.document import Document, Entity, Relation
from relknit.errors import DataError


class TokenSpans:
    """The tokens of a record with its entities, one for each span and type, and its relations."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tuple(tokens)
        self._entities: dict[tuple[int, int, str | None], int] = {}
        self._relations: dict[Relation, None] = {}

    def entity(self, start: int, end: int, label: str | None, what: str) -> int:
        """The index of the entity of tokens `start` to `end` (exclusive); raises DataError that begins with `what`."""
        if not 0 <= start < end <= len(self.tokens):
            shown = f"{what} covers tokens {start} to {end - 1}"
            raise DataError(f"{shown}, but there are {len(self.tokens)} tokens, which count from 0")
        return self._entities.setdefault((start, end, type_of_label(label)), len(self._entities))

    def argument(self, start: int, end: int, what: str) -> int:
        """The index of the first entity of these tokens, or of a new one without a type; raises DataError."""
        there = (index for (*span, _), index in self._entities.items() if (start, end) == tuple(span))
        found = next(there, None)
        return self.entity(start, end, None, what) if found is None else found

    def relation(self, head: int, tail: int, label: str) -> None:
        """Add a relation between two entities by index; a repeated one is kept once."""
        self._relations[Relation(head, tail, label)] = None

    def document(self, identity: str) -> Document:
        """Everything as one Document."""
        entities = tuple(Entity(start, end, label) for start, end, label in self._entities)
        return Document(identity, self.tokens, entities, tuple(self._relations))

    def documents(self, identity: str, starts: Sequence[int]) -> list[Document]:
        """A Document for each sentence, or for several if an entity or a relation extends over their border.

        starts: the first token of each sentence. The id of each is that of the text and its first token ("paper:12").
        """
        spans = [(start, end) for start, end, _ in self._entities]
        joined = [spans[r.head] + spans[r.tail] for r in self._relations]
        ranges = [*spans, *((min(ends), max(ends)) for ends in joined)]
        borders = [0, *uncrossed(sorted(set(starts) - {0}), ranges), len(self.tokens)]
        if len(borders) == 2:
            return [self.document(identity)]
        return [self._part(f"{identity}:{start}", (start, end)) for start, end in pairwise(borders)]

    def _part(self, identity: str, part: TokenSpan) -> Document:
        inside = [key for key in self._entities if part[0] <= key[0] < part[1]]
        place = {self._entities[key]: k for k, key in enumerate(inside)}
        entities = tuple(Entity(start - part[0], end - part[0], label) for start, end, label in inside)
        kept = (r for r in self._relations if r.head in place)
        relations = tuple(Relation(place[r.head], place[r.tail], r.type) for r in kept)
        return Document(identity, self.tokens[slice(*part)], entities, relations)
