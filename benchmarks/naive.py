"""The padded, dense formulation of the published code in our own writing: the baseline of the benchmarks.

Every call pads the batch to its longest sentence, builds the (B, N, N, 2c) tensor of concatenated word features,
multiplies all of it, and masks what is padding. Same results as the other implementations, at the memory and time
that they avoid. It takes word features and both layers, not projections: not splitting the first layer is part of it.

Shapes: h: (T, c) sentences end to end; lengths: (B,); hidden_weight: (d, 2c); hidden_bias: (d,); weight: (l, d); bias: (l,).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from relknit.models.rin.pair_scorer import PairScorer, Rows
from relknit.ops.pair_scores.types import PairLabels, SelectedPairs, threshold_logits


@dataclass(frozen=True, slots=True)
class PairLayers:
    """The two layers of the EMNLP pair scorer, eq. 7: hidden (d, 2c), (d,) and output (l, d), (l,)."""

    hidden_weight: Tensor
    hidden_bias: Tensor
    weight: Tensor
    bias: Tensor


def probabilities(h: Tensor, lengths: Sequence[int], layers: PairLayers) -> tuple[Tensor, Tensor]:
    """sigma(W_r relu(W_m (h_i + h_j concatenated))) of the padded batch, and the mask of real pairs.

    returns: (B, N, N, l) with padding at 0, (B, N, N) bool
    """
    padded = pad_sequence(list(torch.split(h, list(lengths))), batch_first=True)
    n = padded.shape[1]
    pairs = torch.cat([padded[:, :, None].expand(-1, -1, n, -1), padded[:, None].expand(-1, n, -1, -1)], dim=-1)
    hidden = torch.relu(functional.linear(pairs, layers.hidden_weight, layers.hidden_bias))
    real = torch.arange(n, device=h.device)[None] < torch.tensor(lengths, device=h.device)[:, None]
    mask = real[:, :, None] & real[:, None]
    return torch.sigmoid(functional.linear(hidden, layers.weight, layers.bias)) * mask[..., None], mask


def row_max_probability(h: Tensor, lengths: Sequence[int], layers: PairLayers) -> Tensor:
    """max over j of the probabilities   (EMNLP eq. 5), (T, l)."""
    table, _ = probabilities(h, lengths, layers)
    best = table.argmax(dim=2, keepdim=True)
    highest = table.gather(2, best).squeeze(2)
    return torch.cat([row[:n] for row, n in zip(highest, lengths, strict=True)])


def loss(
    h: Tensor,
    lengths: Sequence[int],
    layers: PairLayers,
    labels: PairLabels,
    relation_weight: Tensor | None = None,
) -> Tensor:
    """Summed binary cross-entropy of the probabilities over all real pairs   (EMNLP eq. 9), ()."""
    table, mask = probabilities(h, lengths, layers)
    starts = torch.tensor([0, *lengths], device=h.device).cumsum(0)
    sentence = torch.searchsorted(starts[1:], labels.head, right=True)
    gold = torch.zeros_like(table)
    gold[sentence, labels.head - starts[sentence], labels.tail - starts[sentence], labels.relation] = labels.targets(
        table
    )
    each = functional.binary_cross_entropy(table, gold, weight=relation_weight, reduction="none")
    return (each * mask[..., None]).sum()


def select(h: Tensor, lengths: Sequence[int], layers: PairLayers, threshold: float | Tensor) -> SelectedPairs:
    """Every (first, second, relation) whose probability reaches the threshold."""
    table, mask = probabilities(h, lengths, layers)
    cut = torch.sigmoid(threshold_logits(threshold, h))
    where = ((table >= cut) & mask[..., None]).nonzero()
    starts = torch.tensor([0, *lengths], device=h.device).cumsum(0)[where[:, 0]]
    return SelectedPairs(where[:, 1] + starts, where[:, 2] + starts, where[:, 3], table[tuple(where.T)])


class NaivePairScorer(PairScorer):
    """The same layers in the padded, dense formulation."""

    def _layers(self) -> PairLayers:
        return PairLayers(self.hidden.weight, self.hidden.bias, self.output.weight, self.output.bias)

    def row_max(self, h: Tensor, lengths: Sequence[int], rows: Rows | None = None) -> Tensor:
        """See PairScorer.row_max."""
        every = row_max_probability(h, lengths, self._layers())
        return every if rows is None else every[rows.index]

    def loss(
        self, h: Tensor, lengths: Sequence[int], labels: PairLabels, relation_weight: Tensor | None = None
    ) -> Tensor:
        """See PairScorer.loss."""
        return loss(h, lengths, self._layers(), labels, relation_weight)

    def select(self, h: Tensor, lengths: Sequence[int], threshold: float | Tensor) -> SelectedPairs:
        """See PairScorer.select."""
        return select(h, lengths, self._layers(), threshold)
