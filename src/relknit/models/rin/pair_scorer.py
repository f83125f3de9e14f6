"""C_r: the score of every word pair for every relation   (EMNLP eq. 7), on the pair operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from relknit.ops import pair_scores
from relknit.ops.pair_scores import PairLabels, Pairs, SelectedPairs
from relknit.ops.pair_scores.chunked import BLOCK_PAIRS
from relknit.ops.sigmoid import sigmoid


@dataclass(frozen=True, slots=True)
class Rows:
    """Some words of a batch: their rows, ascending int64 (k,), and how many of each sentence."""

    index: Tensor
    lengths: Sequence[int]


class PairScorer(nn.Module):
    """m = ReLU(W_m(h_i ⊕ h_j) + b_m), y_(i,j) = σ(W_r m + b_r)   (EMNLP eq. 7).

    W_m(h_i ⊕ h_j) = A_i + B_j: two small products instead of one over all pairs. `block_pairs` (set at
    run time) bounds the blocks that pairs are computed in, and changes no result.
    """

    def __init__(self, input_dim: int, hidden_dim: int, num_relations: int, *, bias: float | None = None) -> None:
        super().__init__()
        self.hidden = nn.Linear(2 * input_dim, hidden_dim)
        self.output = nn.Linear(hidden_dim, num_relations)
        self.block_pairs = BLOCK_PAIRS
        if bias is not None:
            nn.init.constant_(self.output.bias, bias)

    @property
    def bytes_per_pair(self) -> int:
        """What each pair of a block takes while it is scored, in bytes."""
        relations, hidden_dim = self.output.weight.shape
        return self.output.weight.element_size() * (hidden_dim + relations)

    def row_max(self, h: Tensor, lengths: Sequence[int], rows: Rows | None = None) -> Tensor:
        """y_i = max over j of y_(i,j)   (EMNLP eq. 5): probabilities, (T, l). σ is monotone, so the max is taken first.

        rows: only these heads, still against all tails; returns (k, l).
        """
        heads, head_lengths = (h, lengths) if rows is None else (h[rows.index], rows.lengths)
        return sigmoid(pair_scores.row_max(self._pairs(heads, head_lengths, h, lengths), block_pairs=self.block_pairs))

    def loss(
        self,
        h: Tensor,
        lengths: Sequence[int],
        labels: PairLabels,
        relation_weight: Tensor | None = None,
        relations: Tensor | None = None,
    ) -> Tensor:
        """Summed cross-entropy over all pairs and relations of the batch   (EMNLP eq. 9), ().

        relations: (r,) the numbers of those that are summed over, which the labels number from 0; None is all l.
        relation_weight: (r,) multiplies the loss of each of them; None is all ones.
        """
        pairs = self._pairs(h, lengths, h, lengths)
        if relations is not None:
            pairs = pairs._replace(weight=pairs.weight[relations], bias=pairs.bias[relations])
        weight = None if relation_weight is None else relation_weight.to(pairs.a.dtype)
        return pair_scores.loss(pairs, labels, weight, block_pairs=self.block_pairs)

    def logits(self, h: Tensor, at: PairLabels) -> Tensor:
        """W_r m + b_r of these pairs and relations alone, (g,)."""
        left, right = self.hidden.weight.chunk(2, dim=1)
        a, b = nn.functional.linear(h[at.head], left, self.hidden.bias), nn.functional.linear(h[at.tail], right)
        return (torch.relu(a + b) * self.output.weight[at.relation]).sum(1) + self.output.bias[at.relation]

    def select(self, h: Tensor, lengths: Sequence[int], threshold: float | Tensor) -> SelectedPairs:
        """Every pair and relation whose probability reaches the threshold."""
        return pair_scores.select(self._pairs(h, lengths, h, lengths), threshold, block_pairs=self.block_pairs)

    def _pairs(self, heads: Tensor, head_lengths: Sequence[int], tails: Tensor, tail_lengths: Sequence[int]) -> Pairs:
        """A, B, W_r and b_r, in one dtype: under autocast the projections are of a smaller one than the weights."""
        left, right = self.hidden.weight.chunk(2, dim=1)
        a, b = nn.functional.linear(heads, left, self.hidden.bias), nn.functional.linear(tails, right)
        weight, bias = self.output.weight.to(a.dtype), self.output.bias.to(a.dtype)
        return Pairs(a, b, weight, bias, head_lengths, tail_lengths)
