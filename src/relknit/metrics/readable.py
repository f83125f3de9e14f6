"""Entities and triples in words that a person can read, with their token positions."""

from __future__ import annotations

from dataclasses import dataclass

from relknit.document import Document, Entity
from relknit.metrics.counts import Item


@dataclass(frozen=True, slots=True)
class ReadableSpan:
    """Tokens `token_start` to `token_end` (exclusive) and their words; `type` where the gold data has types."""

    text: str
    token_start: int
    token_end: int
    type: str | None = None

    @classmethod
    def of(cls, document: Document, span: Item) -> ReadableSpan:
        """The words of a document at a (start, end, type)."""
        start, end, kind = span
        return cls(document.span(Entity(start, end)).text, start, end, kind)

    def __str__(self) -> str:
        return self.text if self.type is None else f"{self.text} · {self.type}"

    @property
    def placed(self) -> str:
        """The words with their token positions, for where the words alone are ambiguous."""
        return f"{self} {self.token_start}-{self.token_end}"


@dataclass(frozen=True, slots=True)
class ReadableTriple:
    """A triple of one sentence."""

    head: ReadableSpan
    relation: str
    tail: ReadableSpan

    @classmethod
    def of(cls, document: Document, item: Item) -> ReadableTriple:
        """The words of a document's ((start, end, type), relation, (start, end, type))."""
        head, relation, tail = item
        return cls(ReadableSpan.of(document, head), relation, ReadableSpan.of(document, tail))

    def __str__(self) -> str:
        return f"({self.head}, {self.relation}, {self.tail})"

    @property
    def placed(self) -> str:
        """The triple with the token positions of its head and tail."""
        return f"({self.head.placed}, {self.relation}, {self.tail.placed})"
