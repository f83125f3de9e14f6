"""A model and an encoder as another package would bring them: nothing of RIN's form, and no edit inside relknit.

The encoder knows the last letters of words. The model finds capitalised words as entities and asks for every pair of them
which relation holds, if any: one choice from a list, no tags, no anchors, a decoding with a margin of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from types import MappingProxyType
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from relknit.document import Document, Entity, Prediction, Relation
from relknit.encoders.base import Encoder, EncoderInput, Sentence
from relknit.models.base import JointModel, Labels
from relknit.settings import EncoderSettings, ModelSettings


class SuffixSettings(EncoderSettings):
    name: str = "suffix"
    length: int = Field(default=3, ge=1, le=10)
    dim: int = Field(default=12, ge=1, le=1000)


class SuffixFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    suffixes: tuple[str, ...]


class SuffixEncoder(Encoder):
    Settings = SuffixSettings
    Files = MappingProxyType({"suffixes.json": SuffixFile})

    def __init__(self, settings: SuffixSettings, suffixes: Sequence[str]) -> None:
        super().__init__()
        self.settings, self.suffixes = settings, tuple(suffixes)
        self.numbers = {suffix: 1 + k for k, suffix in enumerate(suffixes)}
        self.table = nn.Embedding(1 + len(suffixes), settings.dim)
        self.output_dim = settings.dim

    @classmethod
    def from_documents(cls, settings: SuffixSettings, documents: Sequence[Document]) -> SuffixEncoder:
        return cls(settings, sorted({token[-settings.length :] for d in documents for token in d.tokens}))

    @classmethod
    def from_files(cls, settings: SuffixSettings, files: Mapping[str, Any]) -> SuffixEncoder:
        return cls(settings, files["suffixes.json"].suffixes)

    def files(self) -> dict[str, BaseModel]:
        return {"suffixes.json": SuffixFile(suffixes=self.suffixes)}

    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> Sentence:
        numbers = [self.numbers.get(token[-self.settings.length :], 0) for token in tokens]
        return Sentence(torch.tensor(numbers, dtype=torch.int64).reshape(-1, 1))

    def forward(self, batch: EncoderInput, generator: torch.Generator | None = None) -> Tensor:
        return self.table(batch.table[:, 0])


class PairChoiceSettings(ModelSettings):
    name: str = "pair_choice"
    hidden: int = Field(default=16, ge=1, le=1000)


@dataclass(frozen=True)
class MarginDecoding:
    """The relation counts that is by `margin` more probable than none."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    margin: float = 0.0


@dataclass(frozen=True)
class PairExample:
    sentence: Sentence
    spans: tuple[Entity, ...]
    pairs: tuple[tuple[int, int], ...]
    answers: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.sentence)


@dataclass(frozen=True)
class PairBatch:
    inputs: EncoderInput
    examples: tuple[PairExample, ...]

    def to(self, device: torch.device) -> PairBatch:
        return PairBatch(self.inputs.to(device), self.examples)


class PairChoice(JointModel):
    Settings = PairChoiceSettings
    decoding_type = MarginDecoding

    def __init__(self, settings: PairChoiceSettings, encoder: Encoder, labels: Labels) -> None:
        super().__init__(settings, encoder, labels)
        self.hidden = nn.Linear(2 * encoder.output_dim, settings.hidden)
        self.choice = nn.Linear(settings.hidden, 1 + len(labels.relations))

    def prepare(self, document: Document, *, labelled: bool = False) -> PairExample:
        spans = tuple(Entity(k, k + 1) for k, token in enumerate(document.tokens) if token[:1].isupper())
        pairs = tuple(permutations(range(len(spans)), 2))
        gold = {}
        for relation in document.relations if labelled else ():
            if relation.type in self.labels.relations:
                ends = (document.entities[relation.head].token_end - 1, document.entities[relation.tail].token_end - 1)
                gold[ends] = 1 + self.labels.relations.index(relation.type)
        answers = tuple(gold.get((spans[i].token_start, spans[j].token_start), 0) for i, j in pairs)
        return PairExample(self.encoder.prepare(document.tokens), spans, pairs, answers)

    def collate(self, examples: Sequence[PairExample]) -> PairBatch:
        return PairBatch(self.encoder.collate([example.sentence for example in examples]), tuple(examples))

    def logits(self, batch: PairBatch, generator: torch.Generator | None = None) -> list[Tensor]:
        features = self.encoder(batch.inputs, generator).split(list(batch.inputs.lengths))
        found = []
        for rows, example in zip(features, batch.examples, strict=True):
            index = torch.tensor(
                [[example.spans[k].token_start for k in pair] for pair in example.pairs], dtype=torch.int64
            )
            both = rows[index.reshape(-1, 2)].flatten(1)
            found.append(self.choice(torch.tanh(self.hidden(both))))
        return found

    def loss(self, batch: PairBatch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        gold = torch.tensor([k for example in batch.examples for k in example.answers], dtype=torch.int64)
        logits = torch.cat(self.logits(batch, generator))
        return {"choice": nn.functional.cross_entropy(logits, gold, reduction="sum") / len(batch.examples)}

    def scores(self, batch: PairBatch) -> list[Tensor]:
        return self.logits(batch)

    def decode(self, batch: PairBatch, scores: list[Tensor]) -> list[Prediction]:
        return [self._decode(*pair) for pair in zip(batch.examples, scores, strict=True)]

    def _decode(self, example: PairExample, logits: Tensor) -> Prediction:
        relations = []
        for (head, tail), row in zip(example.pairs, torch.softmax(logits, dim=-1).tolist(), strict=True):
            best = max(range(1, len(row)), key=row.__getitem__)
            if row[best] - row[0] >= self.decoding.margin:
                relations.append(Relation(head, tail, self.labels.relations[best - 1], row[best]))
        return Prediction(example.spans, tuple(relations))

    def decodings(self, *, thresholds: bool = True) -> list[MarginDecoding]:
        margins = (0.0, -0.3, -0.1, 0.2, 0.5, 0.8) if thresholds else (self.decoding.margin,)
        return [MarginDecoding(margin) for margin in margins]
