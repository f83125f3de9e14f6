"""What every part of relknit passes around: a sentence or text with its entities and relations.

All classes are frozen. Token positions count from 0, spans are half open (`end` exclusive), character
offsets count Unicode code points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from relknit.document.rounding import rounded_confidence

AnchorRule = Literal["last", "first"]


@dataclass(frozen=True, slots=True)
class Entity:
    """Tokens `start` to `end` (exclusive), with a type where the data has types.

    `tagged` is false for a word that stands in only because a predicted relation pointed at it and the
    tagger found no entity there: such a word makes triples readable and is left out of entity scores.
    """

    start: int
    end: int
    type: str | None = None
    confidence: float | None = None
    tagged: bool = True

    def anchor(self, rule: AnchorRule) -> int:
        """The one token that stands for this entity in the pair table."""
        return self.end - 1 if rule == "last" else self.start


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of type `type` from entity number `head` to entity number `tail` of one Document."""

    head: int
    tail: int
    type: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class AnchorTriple:
    """What a pair table holds: token `head` stands in relation `type` to token `tail`."""

    head: int
    type: str
    tail: int
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one sentence; every metric takes this and nothing else of a model.

    `anchors` are the raw triples of the pair table, before completion to entities and also where no entity
    was tagged; None for systems that have no such thing (then they follow from entities and relations).
    """

    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    anchors: tuple[AnchorTriple, ...] | None = None


class Span(NamedTuple):
    """A stretch of text: its words and its character offsets (code points; None where unknown)."""

    text: str
    start: int | None
    end: int | None
    type: str | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: `text`, `type`, and `chars` ([start, end), null where unknown)."""
        chars = None if self.start is None else [self.start, self.end]
        return {"text": self.text, "type": self.type, "chars": chars}


@dataclass(frozen=True, slots=True)
class Triple:
    """One extracted fact with its evidence: where head and tail stand in the text."""

    head: Span
    relation: str
    tail: Span
    confidence: float | None

    @property
    def is_self_pair(self) -> bool:
        """Whether head and tail are the same stretch of text."""
        return (self.head.start, self.head.end, self.head.text) == (self.tail.start, self.tail.end, self.tail.text)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: `head` and `tail` with their words and places, `relation`, `confidence` (null where unknown)."""
        ends = {"head": self.head.to_dict(), "relation": self.relation, "tail": self.tail.to_dict()}
        return ends | {"confidence": rounded_confidence(self.confidence)}


@dataclass(frozen=True, slots=True)
class Document:
    """A sentence (or a whole text) in tokens, with whatever is known about it.

    `offsets[i]` is token i's (start, end) in `text`, or None where the data does not place it.
    """

    id: str
    tokens: tuple[str, ...]
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    text: str | None = None
    offsets: tuple[tuple[int, int] | None, ...] | None = None
    pos: tuple[str, ...] | None = None
    anchors: tuple[AnchorTriple, ...] | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    def span(self, entity: Entity) -> Span:
        """The entity's own words and character offsets: cut from `text` where it is placed, else joined by spaces."""
        joined = " ".join(self.tokens[entity.start : entity.end])
        if self.text is None or self.offsets is None:
            return Span(joined, None, None, entity.type)
        first, last = self.offsets[entity.start], self.offsets[entity.end - 1]
        if first is None or last is None:
            return Span(joined, None, None, entity.type)
        return Span(self.text[first[0] : last[1]], first[0], last[1], entity.type)

    @property
    def triples(self) -> tuple[Triple, ...]:
        """Every relation as a Triple of text spans, in the order of `relations`."""
        spans = [self.span(entity) for entity in self.entities]
        return tuple(Triple(spans[r.head], r.type, spans[r.tail], r.confidence) for r in self.relations)

    @property
    def prediction(self) -> Prediction:
        """This document's entities, relations and anchors as something to score."""
        return Prediction(self.entities, self.relations, self.anchors)

    def with_prediction(self, prediction: Prediction) -> Document:
        """A copy that carries the prediction instead of what stood here."""
        return replace(self, entities=prediction.entities, relations=prediction.relations, anchors=prediction.anchors)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the record that JSONL files hold, from which it can be read back, and `triples` to read."""
        from relknit.document.jsonl import to_record

        return to_record(self) | {"triples": [triple.to_dict() for triple in self.triples]}

    def to_html(self, *, page: bool = True) -> str:
        """The text with its entities in colour and a table of its triples, as HTML that needs nothing else.

        page: a whole page to write to a file as UTF-8; without it an element to put into a page of your own.
        """
        from relknit.document.document_page import element_html, page_html

        return page_html([self]) if page else element_html(self)

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return self.to_html(page=False)


def anchor_triples(prediction: Prediction, rule: AnchorRule) -> frozenset[tuple[int, str, int]]:
    """The (head, relation, tail) token triples of a prediction: its own anchors, or those its entities imply."""
    if prediction.anchors is not None:
        return frozenset((a.head, a.type, a.tail) for a in prediction.anchors)
    anchors = [entity.anchor(rule) for entity in prediction.entities]
    return frozenset((anchors[r.head], r.type, anchors[r.tail]) for r in prediction.relations)
