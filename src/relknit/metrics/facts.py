"""Entities and triples as words that a person can read, with the tokens they stand at."""

from __future__ import annotations

from dataclasses import dataclass

from relknit.document import Document, Entity
from relknit.metrics.counts import Item


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens `start` to `end` (exclusive) and their words; `type` where the gold data has types."""

    text: str
    start: int
    end: int
    type: str | None = None

    @classmethod
    def of(cls, document: Document, span: Item) -> Mention:
        """The words of a document at a (start, end, type)."""
        start, end, kind = span
        return cls(document.span(Entity(start, end)).text, start, end, kind)

    def __str__(self) -> str:
        return self.text if self.type is None else f"{self.text} · {self.type}"

    @property
    def item(self) -> Item:
        """(start, end, type), as the entity score compares it."""
        return self.start, self.end, self.type

    @property
    def placed(self) -> str:
        """The words with their tokens, for where the words alone don't tell it from another."""
        return f"{self} {self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A triple of one sentence."""

    head: Mention
    relation: str
    tail: Mention

    @classmethod
    def of(cls, document: Document, item: Item) -> Fact:
        """The words of a document's ((start, end, type), relation, (start, end, type))."""
        head, relation, tail = item
        return cls(Mention.of(document, head), relation, Mention.of(document, tail))

    def __str__(self) -> str:
        return f"({self.head}, {self.relation}, {self.tail})"

    @property
    def item(self) -> Item:
        """((start, end, type), relation, (start, end, type)), as the strict score compares it."""
        return self.head.item, self.relation, self.tail.item

    @property
    def placed(self) -> str:
        """The triple with the tokens of its head and tail."""
        return f"({self.head.placed}, {self.relation}, {self.tail.placed})"
