"""CasRel (Wei et al., ACL 2020; first version "HBT", 2019): a cascade of binary start and end taggers.

    subjects of a sentence x_1 … x_n:     ps_i = σ(w_s·x_i + b_s)              pe_i = σ(w_e·x_i + b_e)               (1, 2)
    a subject from word s to word e:      v = ½(x_s + x_e)                                                           (6)
    its objects in relation r:            ps_i^r = σ(w_s^r·(x_i + v) + b_s^r)   pe_i^r = σ(w_e^r·(x_i + v) + b_e^r)   (4, 5)

A start counts where p > 0.5 and is paired with the nearest end at or after it; of objects within each relation. Any number of
triples, and any overlap of their spans, can be predicted.

The loss is the sum of four binary cross-entropies: starts and ends of subjects, and (summed over relations) of the objects of
one gold subject that is drawn in each sentence at each step, or of all of them on average (`subjects`).

Where we differ from the authors' code: one vector a word, so that a span of one word has one vector for its start and its end
(the code has a marker after each word for the ends), which is why v is mapped (`ObjectTaggers`); each cross-entropy is a mean
over the words of a sentence, then over sentences, not over all words of a batch; sentences without a triple are learned from.
Ours alone: with entity types, the type of a span is read from ½(x_s + x_e) by a linear classifier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from relknit.document import Document, Entity, Prediction, Relation
from relknit.encoders.base import Encoder
from relknit.errors import ConfigError
from relknit.models.base import Labels, WeightPart
from relknit.models.casrel.decoding import CasRelDecoding
from relknit.models.casrel.objects import Objects, ObjectTaggers, span_vectors
from relknit.models.casrel.settings import CasRelSettings
from relknit.models.casrel.spans import by_subject, last_words, nearest_spans
from relknit.models.casrel.types import SpanTypes
from relknit.models.triple_model import (
    ScoredTriple,
    Span,
    TripleBatch,
    TripleExample,
    TripleModel,
    first_mention,
    predicted,
)


class CasRelScores(NamedTuple):
    """Features (T, d) of all words, and the probabilities (T, 2) that a subject starts and ends at each."""

    features: Tensor
    subjects: Tensor


class CasRel(TripleModel):
    """Encoder, subject taggers (d -> start, end), and object taggers (d -> relations), one for starts and one for ends."""

    Settings = CasRelSettings
    decoding_type = CasRelDecoding
    settings: CasRelSettings
    decoding: CasRelDecoding

    def __init__(self, settings: CasRelSettings, encoder: Encoder, labels: Labels) -> None:
        super().__init__(settings, encoder, labels)
        self.spans = settings.targets == "spans"
        self.subject = nn.Linear(encoder.output_dim, 2)
        relations, mapped = len(labels.relations), settings.subject_map
        self.objects = ObjectTaggers(encoder.output_dim, relations, subject_map=mapped)
        self.types = SpanTypes(encoder.output_dim, labels.entity_types) if labels.entity_types else None
        if settings.tagger_bias is not None:
            for tagger in (self.subject, self.objects.start, self.objects.end):
                nn.init.constant_(tagger.bias, settings.tagger_bias)

    @classmethod
    def labels_of(cls, settings: CasRelSettings, documents: Sequence[Document]) -> Labels:
        """Entity types as `typed_entities` asks for. Raises ConfigError where it asks for types and there are none."""
        typed = {"auto": None, "yes": True, "no": False}[settings.typed_entities]
        labels = Labels.of(documents, typed=False if settings.targets == "words" else typed)
        if settings.typed_entities == "yes" and not labels.entity_types:
            raise ConfigError(
                "model.typed_entities = 'yes', but there are no types of whole entities to learn; use 'no'"
            )
        return labels

    def weights_of(self, labels: Labels) -> list[WeightPart]:
        """Rows of the object taggers and of the types."""
        relations = torch.tensor([self.labels.relations.index(name) for name in labels.relations], dtype=torch.int64)
        types = torch.tensor([self.labels.entity_types.index(name) for name in labels.entity_types], dtype=torch.int64)
        rows = [(self.objects.start, relations), (self.objects.end, relations)]
        rows += [] if self.types is None else [(self.types.output, types)]
        return [WeightPart(weight, 0, index) for layer, index in rows for weight in (layer.weight, layer.bias)]

    def prepare(self, document: Document, *, labelled: bool = False) -> TripleExample:
        """With `targets` "words", the gold triples are those of the last words of their entities."""
        example = super().prepare(document, labelled=labelled)
        if self.spans or example.triples is None:
            return example
        return replace(example, triples=last_words(example.triples))

    def loss(self, batch: TripleBatch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """ "subject" and "object": Σ BCE / words, a mean over sentences; with entity types "type", a cross-entropy.

        The subjects whose objects are learned are drawn from the generator.
        """
        h = self.encoder(batch.inputs, generator)
        objects = [by_subject(example.gold) for example in batch.examples]
        parts = {
            "subject": self._subject_loss(h, batch.lengths, objects),
            "object": self.objects.loss(h, batch.lengths, self._chosen(objects, generator)),
        }
        if self.types is not None:
            parts["type"] = self.types.loss(h, batch.lengths, [example.entities or () for example in batch.examples])
        return {name: part / len(batch.examples) for name, part in parts.items()}

    def _chosen(self, objects: Sequence[Objects], generator: torch.Generator | None) -> list[Objects]:
        """Of every sentence the subjects whose objects are learned in this step: one that is drawn, or all."""
        if self.settings.subjects == "all":
            return list(objects)
        chosen: list[Objects] = []
        for its in objects:
            number = int(torch.randint(max(1, len(its)), (), generator=generator))
            chosen.append(dict(list(its.items())[number : number + 1]))
        return chosen

    def _subject_loss(self, h: Tensor, lengths: Sequence[int], objects: Sequence[Objects]) -> Tensor:
        """Σ_sentences Σ_words BCE of both taggers / words, ()."""
        targets, weights, first = h.new_zeros(len(h), 2), h.new_zeros(len(h), 1), 0
        for length, its in zip(lengths, objects, strict=True):
            weights[first : first + length] = 1 / max(1, length)
            for start, end in its:
                targets[first + start, 0] = targets[first + end - 1, 1] = 1
            first += length
        return functional.binary_cross_entropy_with_logits(self.subject(h), targets, weights, reduction="sum")

    def scores(self, batch: TripleBatch) -> CasRelScores:
        """Features of all words and the probabilities of subjects; objects wait for these."""
        h = self.encoder(batch.inputs)
        return CasRelScores(h, torch.sigmoid(self.subject(h)))

    def decode(self, batch: TripleBatch, scores: CasRelScores) -> list[Prediction]:
        """Subjects, then the objects of each; confidence is the geometric mean of the four probabilities.

        Entities are the subjects and objects; a subject without an object is one too.
        """
        sizes = list(batch.lengths)
        features, subjects = torch.split(scores.features, sizes), torch.split(scores.subjects, sizes)
        parts = zip(batch.examples, features, subjects, strict=True)
        return [self._decode(*part) for part in parts]

    def _decode(self, example: TripleExample, h: Tensor, p: Tensor) -> Prediction:
        subjects = self._subjects(p)
        triples = self._triples(h, subjects)
        if self.decoding.mentions == "first":
            subjects = {first_mention(span, example.tokens): confidence for span, confidence in subjects.items()}
            triples = [
                one._replace(head=first_mention(one.head, example.tokens), tail=first_mention(one.tail, example.tokens))
                for one in triples
            ]
        found = predicted(
            triples,
            self.labels.relations,
            entities=[Entity(*span, None, confidence, self.spans) for span, confidence in subjects.items()],
            tagged=self.spans,
        )
        return found if self.types is None else replace(found, entities=self.types.typed(h, found.entities))

    def _subjects(self, p: Tensor) -> dict[Span, float]:
        """The subjects of a sentence from the probabilities (n, 2), with the geometric mean of theirs."""
        starts, ends = ((p[:, k] > self.decoding.subject_threshold).nonzero()[:, 0].tolist() for k in (0, 1))
        values: list[list[float]] = p.tolist()
        return {
            span: math.sqrt(values[span.start][0] * values[span.end - 1][1]) for span in nearest_spans(starts, ends)
        }

    def _triples(self, h: Tensor, subjects: dict[Span, float]) -> list[ScoredTriple]:
        """The objects of the subjects of a sentence."""
        if not subjects:
            return []
        start, end = self.objects.probabilities(h, span_vectors(h, list(subjects)))
        places: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
        for side, probability in enumerate((start, end)):
            for number, word, relation in (probability > self.decoding.object_threshold).nonzero().tolist():
                places.setdefault((number, relation), ([], []))[side].append(word)
        spans, triples = list(subjects.items()), []
        for (number, relation), (starts, ends) in places.items():
            head, confidence = spans[number]
            for tail in nearest_spans(starts, ends):
                p = float(start[number, tail.start, relation] * end[number, tail.end - 1, relation])
                triples.append(ScoredTriple(head, relation, tail, math.sqrt(confidence * math.sqrt(p))))
        return triples

    @torch.no_grad()
    def relations_between(self, batch: TripleBatch, entities: Sequence[Sequence[Entity]]) -> list[Prediction]:
        """Every entity as a subject; a relation holds where start and end of the other one are probable as an object."""
        h = torch.split(self.encoder(batch.inputs), list(batch.lengths))
        return [self._between(*pair) for pair in zip(h, entities, strict=True)]

    def _between(self, h: Tensor, entities: Sequence[Entity]) -> Prediction:
        if not entities:
            return Prediction()
        spans = [Span(entity.token_start, entity.token_end) for entity in entities]
        if not self.spans:
            spans = [Span(span.end - 1, span.end) for span in spans]
        start, end = self.objects.probabilities(h, span_vectors(h, spans))
        start, end = start[:, [span.start for span in spans]], end[:, [span.end - 1 for span in spans]]
        found = (torch.minimum(start, end) > self.decoding.object_threshold).nonzero().tolist()
        confidence, names = (start * end).sqrt().tolist(), self.labels.relations
        return Prediction(tuple(entities), tuple(Relation(i, j, names[r], confidence[i][j][r]) for i, j, r in found))

    def decodings(self, *, thresholds: bool = True) -> list[CasRelDecoding]:
        """Thresholds of both stages, and where repeated words are placed."""
        return self.decoding.alternatives(thresholds=thresholds)

    @property
    def bytes_per_token(self) -> int:
        """What the encoder holds, and the object taggers' logits."""
        return super().bytes_per_token + 4 * (2 * self.encoder.output_dim + 8 * len(self.labels.relations))
