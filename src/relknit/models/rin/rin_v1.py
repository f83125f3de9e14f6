"""RIN as its first version described it   (arXiv, section 4, equations 1 to 14; "v1").

    H = encoder(words)                                    H̄^0 = f_g(H), H̃^0 = f_r(H)
    ȳ = C_g(h̄), ŷ = max_j C_r(h̃, h̃_j)                    x = ReLU(W_a(ŷ ⊕ ȳ ⊕ h) + b_a)
    h̃^{k+1} = GRU_r(x, h̃^k), h̄^{k+1} = GRU_g(x, h̄^k)      the answers are those of C_g and C_r on round K

H stays what the encoder gave; only the task features go from round to round, as the states of the two cells. All rounds
share their weights, the loss looks at round K alone, and gradients flow through the predictions that are fed back.

The paper's models as settings:

    BiLSTM        num_rounds = 0, task_features = false         BiLSTM_s, −INT     num_rounds = 0
    RIN           num_rounds = K                                RIN (RNN)          cell = "rnn"
    −ỹ, −ȳ, −H    int_relations, int_entities, int_words = false                −γ  cell = "linear"

Where the paper is silent: f_g, f_r and x are as wide as the encoder's output, W_m h̃ and W_r h̃' each `pair_hidden`; with
`task_features` false and rounds to go, both states start from H; the loss is divided by the number of sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor

from relknit.encoders.base import Encoder, EncoderInput
from relknit.models.base import Labels, WeightPart
from relknit.models.rin.additive_scorer import AdditiveScorer
from relknit.models.rin.pair_scorer import PairScorer
from relknit.models.rin.settings import RINv1Settings
from relknit.models.rin.task_interaction import LinearUpdate, TaskFeatures, TaskInteraction, TaskMaps
from relknit.models.rin.word_pairs import WordPairModel

_SCORERS: Final[dict[str, type[AdditiveScorer] | type[PairScorer]]] = {
    "additive": AdditiveScorer,
    "emnlp": PairScorer,
}


class RINv1(WordPairModel):
    """Encoder, task maps f_g and f_r, tagger C_g, pair scorer C_r, and K rounds of updates of the task features."""

    Settings = RINv1Settings
    update: TaskInteraction | LinearUpdate

    def __init__(self, settings: RINv1Settings, encoder: Encoder, labels: Labels) -> None:
        super().__init__(settings, encoder, labels)
        self.num_rounds = settings.num_rounds
        dim, num_relations = encoder.output_dim, len(labels.relations)
        self.maps = TaskMaps(dim) if settings.task_features else None
        self.pairs = _SCORERS[settings.scorer](dim, settings.pair_hidden, num_relations, bias=settings.relation_bias)
        interacts = settings.cell != "linear"
        self.sees_relations = interacts and settings.int_relations
        self.sees_entities = interacts and settings.int_entities
        self.sees_words = interacts and settings.int_words
        if settings.cell == "linear":
            self.update = LinearUpdate(dim)
        else:
            self.update = TaskInteraction(sum(self._seen_widths), dim, cell=settings.cell)

    @property
    def _seen_widths(self) -> list[int]:
        """The widths of ŷ, ȳ and h in what INT sees, 0 where it does not see one."""
        relations, tags, words = len(self.labels.relations), len(self.tags), self.encoder.output_dim
        return [self.sees_relations * relations, self.sees_entities * tags, self.sees_words * words]

    def copy_inputs(self, known: WordPairModel) -> None:
        """In what INT sees, ȳ and h come after the new relations."""
        if not isinstance(known, RINv1):
            return
        update, known_update = self.update, known.update
        if isinstance(update, TaskInteraction) and isinstance(known_update, TaskInteraction):
            columns = zip(
                torch.split(update.alignment.weight.data, self._seen_widths, dim=1),
                torch.split(known_update.alignment.weight.data, known._seen_widths, dim=1),
                strict=True,
            )
            for new, old in columns:
                new.zero_()
                new[:, : old.shape[1]] = old

    @property
    def bytes_per_token(self) -> int:
        """The same, and the pair scorer's halves."""
        weight, labels = self.pairs.output.weight, len(self.tags) + len(self.labels.relations)
        return super().bytes_per_token + weight.element_size() * (4 * labels + 2 * weight.shape[1])

    def feedback_weights(self, relations: Tensor, tags: Tensor) -> list[WeightPart]:
        """Columns of W_a."""
        if not isinstance(self.update, TaskInteraction):
            return []
        weight, parts = self.update.alignment.weight, []
        if self.sees_relations:
            parts.append(WeightPart(weight, 1, relations))
        if self.sees_entities:
            parts.append(WeightPart(weight, 1, self._seen_widths[0] + tags))
        return parts

    def rounds(self, inputs: EncoderInput, generator: torch.Generator | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """H̄^k and H̃^k, each (T, d), for k = 0 to K."""
        h = self.encoder(inputs, generator)
        features = TaskFeatures(h, h) if self.maps is None else self.maps(h)
        yield features.entity, features.relation
        for _ in range(self.num_rounds):
            features = self.update(features, self._seen(h, features, inputs.lengths))
            yield features.entity, features.relation

    def _seen(self, h: Tensor, features: TaskFeatures, lengths: tuple[int, ...]) -> list[Tensor]:
        """What INT sees of every word: ŷ (T, l), ȳ (T, tags) and h (T, d), as far as it is let."""
        seen = []
        if self.sees_relations:
            seen.append(self.pairs.row_max(features.relation, lengths))
        if self.sees_entities:
            seen.append(torch.softmax(self.tagger(features.entity), dim=-1))
        if self.sees_words:
            seen.append(h)
        return seen
