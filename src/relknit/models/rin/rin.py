"""RIN, the Recurrent Interaction Network of EMNLP 2020   (equations 1 to 9 of the paper).

    H^0 = encoder(words)                                  Y_e^0 = C_e(H^0), Y_r^0 = C_r(H^0)
    H_r^k = GRU_r(max_j Y_r^{k-1}(i,j), H^{k-1})          H_e^k = GRU_e(Y_e^{k-1}, H^{k-1})
    H^k = H_r^k + H_e^k + H^{k-1}                         Y_r^k = C_r(H_r^k), Y_e^k = C_e(H_e^k)

C_e, C_r and both cells are shared by all rounds; the loss looks at round K alone; gradients flow through the
predictions that are fed back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor

from relknit.document import Entity
from relknit.encoders.base import Encoder, EncoderInput
from relknit.models.base import Labels, WeightPart
from relknit.models.rin.batch import Batch
from relknit.models.rin.interaction import Interaction, RoundFeatures, input_weights
from relknit.models.rin.pair_scorer import PairScorer, Rows
from relknit.models.rin.settings import RINSettings
from relknit.models.rin.word_pairs import WordPairModel


class RIN(WordPairModel):
    """Encoder, tagger C_e, pair scorer C_r, and K rounds of interaction between the two."""

    Settings = RINSettings
    pairs: PairScorer

    def __init__(self, settings: RINSettings, encoder: Encoder, labels: Labels) -> None:
        super().__init__(settings, encoder, labels)
        self.num_rounds = settings.num_rounds
        dim = encoder.output_dim
        self.pairs = PairScorer(dim, settings.pair_hidden, len(labels.relations), bias=settings.relation_bias)
        self.interaction = Interaction(
            dim,
            len(self.tags),
            len(labels.relations),
            gru=settings.gru,
            entity_feedback=settings.entity_feedback,
            relation_feedback=settings.relation_feedback,
        )

    def feedback_weights(self, relations: Tensor, tags: Tensor) -> list[WeightPart]:
        """Columns of GRU_r and GRU_e."""
        cells = self.interaction
        return [*input_weights(cells.relation_cell, relations), *input_weights(cells.entity_cell, tags)]

    def rounds(self, inputs: EncoderInput, generator: torch.Generator | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """H_e^k and H_r^k, each (T, d), for k = 0 to K."""
        for features in self._rounds(inputs, generator):
            yield features.entity, features.relation

    def _rounds(self, inputs: EncoderInput, generator: torch.Generator | None = None) -> Iterator[RoundFeatures]:
        """Features after 0 to K rounds, each of which feeds the predictions so far back   (EMNLP eqs. 1 and 3)."""
        h = self.encoder(inputs, generator)
        features = RoundFeatures(h, h, h)
        yield features
        for _ in range(self.num_rounds):
            tags = torch.softmax(self.tagger(features.entity), dim=-1)
            strongest = self.pairs.row_max(features.relation, inputs.lengths)
            features = self.interaction(features.shared, tags, strongest)
            yield features

    def _inside_entities(self, batch: Batch) -> tuple[list[tuple[Entity, ...]], Tensor, Rows]:
        """The same, but the last round's relation features are computed for the words of entities alone.

        H_e^K does not depend on the relations of round K - 1, so the tags can come first.
        """
        if not self.num_rounds:
            return super()._inside_entities(batch)
        lengths = batch.inputs.lengths
        last = deque(islice(self._rounds(batch.inputs), self.num_rounds), maxlen=1)[0]
        entity = self.interaction.entity_cell(torch.softmax(self.tagger(last.entity), dim=-1), last.shared)
        entities = self._entities(entity, lengths)
        rows = self._rows(entities, batch)
        strongest = self.pairs.row_max(last.relation, lengths, rows)
        return entities, self.interaction.relation_cell(strongest, last.shared[rows.index]), rows
