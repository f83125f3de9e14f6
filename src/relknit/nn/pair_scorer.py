"""C_r: the score of every word pair for every relation   (EMNLP eq. 7), on the pair operations."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from relknit.ops.pair_scores import PairLabels, SelectedPairs, chunked, naive


class PairScorer(nn.Module):
    """m = ReLU(W_m(h_i ⊕ h_j) + b_m), y_(i,j) = σ(W_r m + b_r).

    W_m(h_i ⊕ h_j) = A_i + B_j: two small products instead of one over all pairs. `threads` (set at run time) spreads
    sentences over worker threads and never changes a result's meaning.
    """

    def __init__(self, input_dim: int, hidden_dim: int, num_relations: int, *, bias: float | None = None) -> None:
        super().__init__()
        self.hidden = nn.Linear(2 * input_dim, hidden_dim)
        self.output = nn.Linear(hidden_dim, num_relations)
        self.threads = 1
        if bias is not None:
            nn.init.constant_(self.output.bias, bias)

    def _project(self, h: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        first, second = self.hidden.weight.chunk(2, dim=1)
        a = nn.functional.linear(h, first, self.hidden.bias)
        return a, nn.functional.linear(h, second), self.output.weight, self.output.bias

    def row_max(self, h: Tensor, lengths: Sequence[int]) -> Tensor:
        """y_i = max over j of y_(i,j)   (eq. 5): probabilities, (T, l). σ is monotone, so the max is taken first."""
        return torch.sigmoid(chunked.row_max(*self._project(h), lengths, lengths, threads=self.threads))

    def loss(self, h: Tensor, lengths: Sequence[int], labels: PairLabels) -> Tensor:
        """Summed cross-entropy over all pairs and relations of the batch   (eq. 9), ()."""
        return chunked.loss(*self._project(h), lengths, lengths, labels, threads=self.threads)

    def select(self, h: Tensor, lengths: Sequence[int], threshold: float | Tensor) -> SelectedPairs:
        """Every pair and relation whose probability reaches the threshold."""
        return chunked.select(*self._project(h), lengths, lengths, threshold, threads=self.threads)


class NaivePairScorer(PairScorer):
    """The same layers in the padded, dense formulation: only for benchmarks and comparisons."""

    def _layers(self) -> naive.PairLayers:
        return naive.PairLayers(self.hidden.weight, self.hidden.bias, self.output.weight, self.output.bias)

    def row_max(self, h: Tensor, lengths: Sequence[int]) -> Tensor:
        """See PairScorer.row_max."""
        return naive.row_max_probability(h, lengths, self._layers())

    def loss(self, h: Tensor, lengths: Sequence[int], labels: PairLabels) -> Tensor:
        """See PairScorer.loss."""
        return naive.loss(h, lengths, self._layers(), labels)

    def select(self, h: Tensor, lengths: Sequence[int], threshold: float | Tensor) -> SelectedPairs:
        """See PairScorer.select."""
        return naive.select(h, lengths, self._layers(), threshold)
