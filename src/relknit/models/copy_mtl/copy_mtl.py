"""CopyMTL: the decoder copies the last word of an entity, a tagger says where it begins (Zeng, Zhang and Liu, AAAI 2020).

    O_i = ½(o→_i + o←_i)                                     what decoder and tagger read: the mean of both directions
    β_i = [O_i ; h] w + b,  α = softmax(β),  u_t = [v_t ; Σ_i α_i O_i] W_u   attention; h is the hidden state
    p = softmax([o_t W_r + b_r ; o_t w_NA + b_NA])           a relation, or NA
    p = softmax([q_1 … q_n ; o_t w_NA + b_NA])               a word, or NA
    q_i = W_o selu(W_f selu([O_i ; o_t]) + b_f) + b_o        depends on the state and the word together
    tags = CRF(O_i W_t + b_t)                                B, I and O

One has one LSTM cell, Mul one for each triple, of which each after the first begins from ½(s + the last state of the one
before); all other weights are shared. Head and tail may be the same word. The loss is that of the CRF and Σ over 15 steps of
−log p, with equal weights.

Departures from the released code: those of `CopyDecoder`; the first of the five cells begins from s, not from ½ s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from relknit.document import Document, Entity, Prediction
from relknit.encoders.base import Encoder, EncoderInput
from relknit.models.base import Labels
from relknit.models.copy_mtl.bio import bio_spans, bio_tags, span_ending_at
from relknit.models.copy_mtl.crf import CRF
from relknit.models.copy_mtl.settings import CopyMTLSettings
from relknit.models.copy_re.copy_model import CopyModel
from relknit.models.copy_re.decoder import CopyForm, PaddedSentences, Steps
from relknit.models.copy_re.triples import from_actions
from relknit.models.triple_model import TripleBatch, TripleExample, predicted

_TAGS = 3


class TaggedSteps(NamedTuple):
    """The steps of the decoder, and what the CRF reads: emissions (S, n, 3) and `inside` (S, n)."""

    steps: Steps
    emissions: Tensor
    inside: Tensor


class CopyMTL(CopyModel):
    """One and Mul. Entities are untyped."""

    Settings = CopyMTLSettings
    spans = True

    def __init__(self, settings: CopyMTLSettings, encoder: Encoder, labels: Labels) -> None:
        super().__init__(settings, encoder, labels)
        self.tagger = nn.Linear(self.features_dim, _TAGS)
        self.crf = CRF(_TAGS)

    @staticmethod
    def form(settings: CopyMTLSettings) -> CopyForm:
        """One cell, or one for each triple."""
        form = CopyForm(query="hidden", copy="mlp", mask_head=False, selu=False)
        return form if settings.decoder == "one" else replace(form, cells="per_triple", restart=True)

    @property
    def features_dim(self) -> int:
        """That of one direction of the encoder, or of its features where they join none."""
        return self.encoder.state_dim

    def data_warnings(self, documents: Sequence[Document]) -> list[str]:
        """The same, and entity types, which it does not learn."""
        types = any(entity.type is not None for document in documents for entity in document.entities)
        untyped = [
            "train: entities have types, which this model does not learn, so that its strict triples count as wrong"
        ]
        return super().data_warnings(documents) + (untyped if types else [])

    def sentences(self, inputs: EncoderInput, generator: torch.Generator | None = None) -> PaddedSentences:
        """The same, with the mean of both directions of the encoder."""
        read = super().sentences(inputs, generator)
        directions = torch.stack(torch.split(read.features, self.features_dim, dim=2))
        return read._replace(features=directions.mean(0))

    def loss(self, batch: TripleBatch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """ "entity": −log p of the BIO tags under the CRF. "relation": Σ over 15 steps of −log p. Means over sentences.

        A sentence whose entities are not annotated takes no part in "entity".
        """
        read, gold = self.sentences(batch.inputs, generator), self.gold_actions(batch.examples)
        steps = self.decoder(read, self.settings.feed, gold)
        tag_loss = self.crf.loss(self.tagger(read.features), read.inside, self._gold_tags(batch.examples, read))
        annotated = torch.tensor([example.entities is not None for example in batch.examples], device=self.device)
        return {"entity": (tag_loss * annotated).mean(), "relation": -steps.of(gold).sum(1).mean()}

    def _gold_tags(self, examples: Sequence[TripleExample], read: PaddedSentences) -> Tensor:
        """The BIO tags of labelled examples, (S, n)."""
        width, tags = read.inside.shape[1], []
        for example in examples:
            tagged = [entity for entity in example.entities or () if entity.tagged]
            tags.append(bio_tags(tagged, width))
        return torch.tensor(tags, dtype=torch.int64, device=self.device).reshape(-1, width)

    def scores(self, batch: TripleBatch) -> TaggedSteps:
        """The steps of the decoder, each with its most probable action, and what the CRF reads."""
        read = self.sentences(batch.inputs)
        return TaggedSteps(self.decoder(read), self.tagger(read.features), read.inside)

    def decode(self, batch: TripleBatch, scores: TaggedSteps) -> list[Prediction]:
        """The tagged entities, and the triples between the entities that the copied words end."""
        tags = self.crf.best(scores.emissions, scores.inside)
        actions, probabilities = scores.steps.actions, scores.steps.of(scores.steps.actions).exp()
        return [
            self._prediction(*sentence) for sentence in zip(actions.tolist(), probabilities.tolist(), tags, strict=True)
        ]

    def _prediction(self, actions: list[int], probabilities: list[float], tags: list[int]) -> Prediction:
        triples, _ = from_actions(actions, probabilities, partial(span_ending_at, tags=tags))
        return predicted(triples, self.labels.relations, entities=[Entity(*span) for span in bio_spans(tags)])
