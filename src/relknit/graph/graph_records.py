"""What queries of a graph return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GraphEntity:
    """An entity of a graph. aliases: its other names, sorted. mentions, documents: how many have it."""

    id: str
    name: str
    type: str | None
    aliases: tuple[str, ...] = ()
    mentions: int = 0
    documents: int = 0
    qualifier: str = ""

    def __str__(self) -> str:
        return self.name if self.type is None else f"{self.name} · {self.type}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"aliases": list(self.aliases)}


@dataclass(frozen=True, slots=True)
class FactEnd:
    """The head or the tail of a fact: the id, name and type of an entity."""

    id: str
    name: str
    type: str | None

    def __str__(self) -> str:
        return self.name if self.type is None else f"{self.name} · {self.type}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A relation between two entities, with how often it is stated.

    confidence: of all places together (see `combined_confidence`). max_confidence: of the best one. Both are None where
        no evidence has one. evidence, sentences, documents: how many places, different sentences and documents state it.
    inferred: whether all of them state it of a pronoun or a description. unseen_signature: whether the types of head and tail do
        not occur with this relation in the training data of the models; false where that is not known.
    same_as: the id of the fact that says the same with head and tail exchanged, where both are shown once; the numbers are
        those of both.
    """

    id: str
    head: FactEnd
    relation: str
    tail: FactEnd
    confidence: float | None
    max_confidence: float | None
    evidence: int
    sentences: int
    documents: int
    inferred: bool = False
    unseen_signature: bool = False
    same_as: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; head and tail as {"id", "name", "type"}."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FactEvidence:
    """A place that states a fact.

    sentence: the text from `sentence_start` to `sentence_end`; several sentences where head and tail are in different ones.
    head_start, head_end, tail_start, tail_end: of the names, or of the pronouns or descriptions that refer to them (`inferred`).
    model: SHA-256 of the model that found it, None where the annotation was given. fields: the other fields of the record.
    All positions are characters of the document.
    """

    document: str
    sentence: str
    sentence_start: int
    sentence_end: int
    head_start: int
    head_end: int
    tail_start: int
    tail_end: int
    confidence: float | None
    inferred: bool
    model: str | None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def head_text(self) -> str:
        """The words of the head in the sentence."""
        return self.sentence[self.head_start - self.sentence_start : self.head_end - self.sentence_start]

    @property
    def tail_text(self) -> str:
        """The words of the tail in the sentence."""
        return self.sentence[self.tail_start - self.sentence_start : self.tail_end - self.sentence_start]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"fields": dict(self.fields)}


@dataclass(frozen=True, slots=True)
class GraphChange:
    """What an update did: numbers of documents."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    def to_dict(self) -> dict[str, int]:
        """JSON-ready."""
        return asdict(self)
