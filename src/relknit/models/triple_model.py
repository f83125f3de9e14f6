"""Models that learn whole triples: gold triples with their spans, examples and batches of them, and predictions from spans.

A subclass of `TripleModel` builds its targets from `TripleExample.triples`, in `loss` or by overriding `prepare`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from relknit.document import Document, Entity, Prediction, Relation
from relknit.encoders.base import EncoderInput, Sentence
from relknit.models.base import JointModel


class Span(NamedTuple):
    """The tokens from `start` to `end` (exclusive) of a sentence."""

    start: int
    end: int


class SpanTriple(NamedTuple):
    """A relation, by number, between two spans of a sentence."""

    head: Span
    relation: int
    tail: Span


class ScoredTriple(NamedTuple):
    """A predicted triple and its probability."""

    head: Span
    relation: int
    tail: Span
    confidence: float


@dataclass(frozen=True, slots=True)
class TripleExample:
    """A document made ready once: encoder input and tokens, and (labelled) its gold.

    entities: the annotated entities, None where they are not known. triples: those of known relations, each once, in the order
    of the document; None without labels.
    """

    sentence: Sentence
    tokens: tuple[str, ...]
    entities: tuple[Entity, ...] | None = None
    triples: tuple[SpanTriple, ...] | None = None

    def __len__(self) -> int:
        return len(self.sentence)

    @property
    def gold(self) -> tuple[SpanTriple, ...]:
        """The triples; raises ValueError without labels."""
        if self.triples is None:
            raise ValueError("loss needs a labelled batch; prepare its documents with labelled=True")
        return self.triples


@dataclass(frozen=True, slots=True)
class TripleBatch:
    """Examples end to end, as the encoder reads them, and the examples themselves, in the same order."""

    inputs: EncoderInput
    examples: tuple[TripleExample, ...]

    @property
    def lengths(self) -> tuple[int, ...]:
        """The number of tokens of every sentence."""
        return self.inputs.lengths

    def to(self, device: torch.device) -> TripleBatch:
        """The same batch, its encoder input on another device."""
        return TripleBatch(self.inputs.to(device), self.examples)


class TripleModel(JointModel):
    """Base of the models that learn from a `TripleExample`."""

    def prepare(self, document: Document, *, labelled: bool = False) -> TripleExample:
        """Encoder input and tokens, and with `labelled` the gold entities and triples."""
        sentence, tokens = self.encoder.prepare(document.tokens, document.pos), tuple(document.tokens)
        if not labelled:
            return TripleExample(sentence, tokens)
        numbers = {name: number for number, name in enumerate(self.labels.relations)}
        return TripleExample(sentence, tokens, document.entities, span_triples(document, numbers))

    def prepare_negative(self, document: Document) -> TripleExample:
        """Without entities: they are not annotated."""
        return replace(self.prepare(document, labelled=True), entities=None)

    def collate(self, examples: Sequence[TripleExample]) -> TripleBatch:
        """Examples end to end."""
        return TripleBatch(self.encoder.collate([example.sentence for example in examples]), tuple(examples))


def span_triples(document: Document, numbers: Mapping[str, int]) -> tuple[SpanTriple, ...]:
    """The triples of the document, each once and in its order; those of relations without a number are left out."""
    spans = [Span(entity.token_start, entity.token_end) for entity in document.entities]
    found = (SpanTriple(spans[r.head], numbers[r.type], spans[r.tail]) for r in document.relations if r.type in numbers)
    return tuple(dict.fromkeys(found))


def predicted(
    triples: Sequence[ScoredTriple], relations: Sequence[str], *, entities: Sequence[Entity] = (), tagged: bool = True
) -> Prediction:
    """Triples as a prediction, each once with its highest confidence.

    relations: their names by number. entities: found besides, or with a type; the first of equal spans is that of the triples.
    Spans that are in none of them become entities, `tagged` or not, with the highest confidence of their triples.
    """
    best: dict[SpanTriple, float] = {}
    for head, relation, tail, confidence in triples:
        key = SpanTriple(head, relation, tail)
        best[key] = max(best.get(key, 0.0), confidence)
    spans, number = list(entities), dict[Span, int]()
    for position, entity in enumerate(entities):
        number.setdefault(Span(entity.token_start, entity.token_end), position)
    highest: dict[Span, float] = {}
    for (head, _, tail), confidence in best.items():
        for span in (head, tail):
            highest[span] = max(highest.get(span, 0.0), confidence)
    for span, confidence in highest.items():
        if span not in number:
            number[span] = len(spans)
            spans.append(Entity(*span, None, confidence, tagged))
    related = (
        Relation(number[head], number[tail], relations[relation], p) for (head, relation, tail), p in best.items()
    )
    return Prediction(tuple(spans), tuple(related))


def first_mention(span: Span, tokens: Sequence[str]) -> Span:
    """Where the words of the span occur first in the sentence."""
    words, size = tuple(tokens[span.start : span.end]), span.end - span.start
    start = next(start for start in range(span.start + 1) if tuple(tokens[start : start + size]) == words)
    return Span(start, start + size)
