"""What every part of relknit passes around: a sentence or text with its entities and relations.

All classes are frozen. `start` and `end` are always characters of the text, in Unicode code points, and None where a token has
no known place in the text; `token_start` and `token_end` are always tokens. Both count from 0, and the end is exclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

from relknit.display import rounded_confidence
from relknit.document.clean import clean_name
from relknit.document.scope import Scope
from relknit.errors import DataError, short

AnchorRule = Literal["last", "first"]


@dataclass(frozen=True, slots=True)
class Entity:
    """Tokens `token_start` to `token_end` (exclusive), with a type where the data has types.

    text, name, start, end: its words and its characters, as in `Span`; set by the Document that holds it, and not compared.
    tagged: false for what is here only because a predicted relation needs it: a single token that is its head or tail, where the
        tagger found no entity, or a pronoun that is its evidence. Such an entity does not count in entity scores.
    Raises DataError for a span without a token.
    """

    token_start: int
    token_end: int
    type: str | None = None
    confidence: float | None = None
    tagged: bool = True
    text: str = field(default="", kw_only=True, compare=False)
    name: str = field(default="", kw_only=True, compare=False)
    start: int | None = field(default=None, kw_only=True, compare=False)
    end: int | None = field(default=None, kw_only=True, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.token_start < self.token_end:
            message = f"an entity spans tokens [{self.token_start}, {self.token_end})"
            raise DataError(f"{message}, expected at least one, counted from 0; the end is exclusive")

    def anchor(self, rule: AnchorRule) -> int:
        """The token that represents this entity in the pair table: its last or its first."""
        return self.token_end - 1 if rule == "last" else self.token_start


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of type `type` from entity number `head` to entity number `tail` of one Document.

    evidence: the numbers (head, tail) of all mentions that state it, where an extraction has found them; the first are `head` and
        `tail`, except of an inferred relation. Not compared.
    inferred: whether the text states it only of a pronoun or a description that refers to `head` or `tail`; the evidence is
        there (see `relknit.document.coreference`).
    """

    head: int
    tail: int
    type: str
    confidence: float | None = None
    evidence: tuple[tuple[int, int], ...] = field(default=(), kw_only=True, compare=False)
    inferred: bool = field(default=False, kw_only=True)

    @property
    def entities(self) -> frozenset[int]:
        """The numbers of all entities that it needs: its ends and its evidence."""
        return frozenset((self.head, self.tail)).union(*self.evidence)

    def renumbered(self, number: Mapping[int, int]) -> Relation:
        """The same relation among entities with other numbers: old number -> new one."""
        evidence = tuple((number[head], number[tail]) for head, tail in self.evidence)
        return replace(self, head=number[self.head], tail=number[self.tail], evidence=evidence)


@dataclass(frozen=True, slots=True)
class AnchorTriple:
    """What a pair table holds: tokens `head` and `tail` are arguments of relation `type`."""

    head: int
    type: str
    tail: int
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model predicts for one sentence; every metric takes this and nothing else of a model.

    `anchors` are the raw triples of the pair table, before completion to entities and also where no entity
    was tagged; None for systems that have no such thing (then they follow from entities and relations).
    """

    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    anchors: tuple[AnchorTriple, ...] | None = None

    def with_relations(
        self, relations: Sequence[Relation], *, keep: Callable[[Entity], bool] = lambda entity: True
    ) -> Prediction:
        """These relations between its entities, with the tagged entities that are to `keep` and those of a relation.

        Without anchors: those of dropped triples would still count as found.
        """
        used = frozenset[int]().union(*(relation.entities for relation in relations))
        stay = [k for k, entity in enumerate(self.entities) if k in used or (entity.tagged and keep(entity))]
        number = {k: position for position, k in enumerate(stay)}
        return Prediction(tuple(self.entities[k] for k in stay), tuple(r.renumbered(number) for r in relations))


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a document: its words, its characters `start` to `end` and its tokens `token_start` to `token_end`.

    text: as in the document's text; tokens joined by spaces where `start` and `end` are None.
    name: the text with single spaces, without invisible characters and line breaks inside words, in composed letters (NFC): what
        decides whether two entities have the same name. Not compared.
    """

    text: str
    name: str = field(default="", kw_only=True, compare=False)
    start: int | None
    end: int | None
    token_start: int
    token_end: int
    type: str | None = None

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", clean_name(self.text))

    def __str__(self) -> str:
        return self.text if self.type is None else f"{self.text} · {self.type}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with null for None."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Triple:
    """A relation between two spans of a document, with the confidence that relation, head and tail are all correct.

    evidence: all pairs of spans that state it, the first of them `head` and `tail`; empty where it was not extracted from a text.
    inferred: whether it is stated only of a pronoun or a description that refers to `head` or `tail`; its evidence has that span.
    """

    head: Span
    relation: str
    tail: Span
    confidence: float | None
    evidence: tuple[tuple[Span, Span], ...] = field(default=(), kw_only=True, compare=False)
    inferred: bool = field(default=False, kw_only=True)

    @property
    def is_self_pair(self) -> bool:
        """Whether head and tail are the same tokens."""
        return (self.head.token_start, self.head.token_end) == (self.tail.token_start, self.tail.token_end)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: `head` and `tail` as `Span.to_dict`, `relation`, `confidence` (four digits, null where unknown).

        `evidence`, where there is any, has the characters [start, end] of head and tail in each place; `inferred` is there where
        it is true.
        """
        ends = {"head": self.head.to_dict(), "relation": self.relation, "tail": self.tail.to_dict()}
        places = [{"head": [h.start, h.end], "tail": [t.start, t.end]} for h, t in self.evidence]
        more: dict[str, Any] = {"evidence": places} if places else {}
        more |= {"inferred": True} if self.inferred else {}
        return ends | {"confidence": rounded_confidence(self.confidence)} | more


@dataclass(frozen=True, slots=True)
class Annotation:
    """A sentence (or a whole text) in tokens, with whatever is known about it; `Document` adds what it can be written as.

    `offsets[i]` is token i's (start, end) in `text`, or None where the data does not place it. scope: what is annotated, None for
    everything. unknown: triples of which it is not known whether the text states them; training leaves them aside.
    Raises DataError for a text as tokens.
    """

    id: str
    tokens: tuple[str, ...]
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    text: str | None = None
    offsets: tuple[tuple[int, int] | None, ...] | None = None
    pos: tuple[str, ...] | None = None
    anchors: tuple[AnchorTriple, ...] | None = None
    scope: Scope | None = None
    unknown: tuple[Relation, ...] = ()

    def __len__(self) -> int:
        return len(self.tokens)

    def __post_init__(self) -> None:
        if isinstance(self.tokens, str):
            raise DataError(f"tokens is {short(self.tokens)}, expected words; relknit.load reads texts")
        if self.entities:
            object.__setattr__(self, "entities", tuple(self._with_text(entity) for entity in self.entities))

    def _with_text(self, entity: Entity) -> Entity:
        text, start, end = self._words(entity.token_start, entity.token_end)
        if text == entity.text and start == entity.start and end == entity.end:
            return entity
        known = (entity.token_start, entity.token_end, entity.type, entity.confidence, entity.tagged)
        return Entity(*known, text=text, name=self._name(entity, text), start=start, end=end)

    def span(self, entity: Entity) -> Span:
        """The words, characters and tokens of an entity of this document, whose own text and characters are not used."""
        first, last = entity.token_start, entity.token_end
        text, start, end = self._words(first, last)
        return Span(text, start, end, first, last, entity.type, name=self._name(entity, text))

    def _name(self, entity: Entity, text: str) -> str:
        """The clean name of an entity with that text; what its words look like without line breaks is known from the tokens."""
        if "\n" in text and self.text is not None and self.offsets is not None:
            tokens = range(entity.token_start, entity.token_end)
            glued = (self._is_glued(token) for token in tokens[1:])
            words = [self._word(token) for token in tokens]
            text = words[0] + "".join(
                word if joined else f" {word}" for joined, word in zip(glued, words[1:], strict=True)
            )
        return clean_name(text)

    def _words(self, first: int, last: int) -> tuple[str, int | None, int | None]:
        """The words of the tokens `first` to `last` (exclusive), and their characters where they are known."""
        if self.text is not None and self.offsets is not None and last <= len(self.offsets):
            ends = self.offsets[first], self.offsets[last - 1]
            if ends[0] is not None and ends[1] is not None:
                return self.text[ends[0][0] : ends[1][1]], ends[0][0], ends[1][1]
        return " ".join(self.tokens[first:last]), None, None

    def _word(self, token: int) -> str:
        """The token if its characters contain a line break, else these characters."""
        found, _, _ = self._words(token, token + 1)
        return self.tokens[token] if "\n" in found else found

    def _is_glued(self, token: int) -> bool:
        """Whether no white space comes before a token in the text."""
        before, here = (self.offsets or ())[token - 1], (self.offsets or ())[token]
        return before is not None and here is not None and before[1] == here[0]

    @property
    def definite_types(self) -> tuple[str | None, ...]:
        """The types of the entities, without those that leave open which of several types an entity has (see `Scope`)."""
        scope = self.scope
        return tuple(e.type for e in self.entities if scope is None or scope.possible_types(e.type) is None)

    @property
    def triples(self) -> tuple[Triple, ...]:
        """Every relation as a Triple, in the order of `relations`."""
        spans = [self.span(entity) for entity in self.entities]
        return tuple(
            Triple(
                spans[r.head],
                r.type,
                spans[r.tail],
                r.confidence,
                evidence=tuple((spans[head], spans[tail]) for head, tail in r.evidence),
                inferred=r.inferred,
            )
            for r in self.relations
        )

    @property
    def prediction(self) -> Prediction:
        """This document's entities, relations and anchors as something to score."""
        return Prediction(self.entities, self.relations, self.anchors)

    def with_prediction(self, prediction: Prediction) -> Self:
        """A copy with the entities, relations and anchors of the prediction in place of its own, and nothing `unknown`."""
        entities, relations, anchors = prediction.entities, prediction.relations, prediction.anchors
        return replace(self, entities=entities, relations=relations, anchors=anchors, unknown=())


def anchor_triples(prediction: Prediction, rule: AnchorRule) -> frozenset[tuple[int, str, int]]:
    """The (head, relation, tail) token triples of a prediction: its own anchors, or those its entities imply."""
    if prediction.anchors is not None:
        return frozenset((a.head, a.type, a.tail) for a in prediction.anchors)
    anchors = [entity.anchor(rule) for entity in prediction.entities]
    return frozenset((anchors[r.head], r.type, anchors[r.tail]) for r in prediction.relations)
