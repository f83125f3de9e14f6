"""Triples in words that a person can read."""

from __future__ import annotations

from dataclasses import dataclass

from relknit.document import Document, Entity, Span
from relknit.metrics.counts import Item


@dataclass(frozen=True, slots=True)
class ReadableTriple:
    """A triple of one sentence, without a confidence, so that gold and predicted ones can be equal."""

    head: Span
    relation: str
    tail: Span

    @classmethod
    def of(cls, document: Document, item: Item) -> ReadableTriple:
        """The words of a document's ((start, end, type), relation, (start, end, type)) in tokens."""
        head, relation, tail = item
        return cls(document.span(Entity(*head)), relation, document.span(Entity(*tail)))

    def __str__(self) -> str:
        return f"({self.head}, {self.relation}, {self.tail})"


def placed(item: Span | ReadableTriple) -> str:
    """The words with their token positions, for where the words alone are ambiguous."""
    if isinstance(item, ReadableTriple):
        return f"({placed(item.head)}, {item.relation}, {placed(item.tail)})"
    return f"{item} {item.token_start}-{item.token_end}"
