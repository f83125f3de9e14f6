"""How often each label occurs in the data that a model was trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import ConfigDict, Field

from relknit.document import Document

Signature: TypeAlias = tuple[str | None, str, str | None]
"""Head type, relation and tail type of a triple; None for an entity without a type."""
_Count: TypeAlias = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class LabelCounts:
    """Occurrences of labels in training data, in the form that training_data.json has.

    triples: (head type, relation, tail type, count), the most frequent first.
    entities: (type, count), the most frequent first; type is None for entities without one.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    triples: tuple[tuple[str | None, str, str | None, _Count], ...] = ()
    entities: tuple[tuple[str | None, _Count], ...] = ()

    @staticmethod
    def of(documents: Iterable[Document]) -> LabelCounts:
        """The counts of documents."""
        triples: Counter[Signature] = Counter()
        entities: Counter[str | None] = Counter()
        for document in documents:
            entities.update(entity.type for entity in document.entities)
            triples.update(
                (document.entities[r.head].type, r.type, document.entities[r.tail].type) for r in document.relations
            )
        return LabelCounts._sorted(triples, entities)

    def joined(self, other: LabelCounts) -> LabelCounts:
        """The sums of both."""
        triples = self._triple_counter() + other._triple_counter()
        return LabelCounts._sorted(triples, Counter(dict(self.entities)) + Counter(dict(other.entities)))

    @property
    def by_relation(self) -> dict[str, int]:
        """Relation -> number of triples, the most frequent first."""
        found: Counter[str] = Counter()
        for _, relation, _, count in self.triples:
            found[relation] += count
        return dict(found.most_common())

    @property
    def by_entity_type(self) -> dict[str, int]:
        """Entity type -> number of entities, the most frequent first, without entities that have no type."""
        return {label: count for label, count in self.entities if label is not None}

    @property
    def signatures(self) -> frozenset[Signature]:
        """The type signatures that occur."""
        return frozenset((head, relation, tail) for head, relation, tail, _ in self.triples)

    def _triple_counter(self) -> Counter[Signature]:
        return Counter({(head, relation, tail): count for head, relation, tail, count in self.triples})

    @staticmethod
    def _sorted(triples: Counter[Signature], entities: Counter[str | None]) -> LabelCounts:
        """Equal counts in alphabetical order, so that equal data give equal files."""
        rows = sorted(triples.items(), key=lambda row: (-row[1], row[0][1], row[0][0] or "", row[0][2] or ""))
        types = sorted(entities.items(), key=lambda row: (-row[1], row[0] or ""))
        return LabelCounts(tuple((*signature, count) for signature, count in rows), tuple(types))
