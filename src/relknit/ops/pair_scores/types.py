"""What the pair operations take and return besides tensors of projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class PairLabels:
    """The gold (first, second, relation) of a batch as three int64 vectors of one length, g.

    `first` and `second` count rows of `a` and `b` from the start of the batch (sentences end to end). Build with
    `PairLabels.of`, which sorts and removes repetitions: the losses count each label once.
    """

    first: Tensor
    second: Tensor
    relation: Tensor

    @staticmethod
    def of(triples: Sequence[tuple[int, int, int]]) -> PairLabels:
        """Labels from (first, second, relation) triples in any order, repetitions allowed."""
        table = torch.tensor(sorted(set(triples)), dtype=torch.int64).reshape(-1, 3)
        return PairLabels(*(column.contiguous() for column in table.unbind(1)))

    def to(self, device: torch.device) -> PairLabels:
        """The same labels on another device."""
        return PairLabels(self.first.to(device), self.second.to(device), self.relation.to(device))


@dataclass(frozen=True, slots=True)
class SelectedPairs:
    """The pairs at or above the threshold: int64 vectors like PairLabels, and their probabilities, sorted by position."""

    first: Tensor
    second: Tensor
    relation: Tensor
    probability: Tensor


def threshold_logits(threshold: float | Tensor, like: Tensor) -> Tensor:
    """The logit(s) of a probability threshold, a number or one per relation: p >= threshold iff logit >= this.

    0 and 1 become -inf and +inf. Computed in float64, then rounded to the dtype of `like`.
    """
    probability = torch.as_tensor(threshold, dtype=torch.float64, device=like.device)
    return torch.logit(probability).to(like.dtype)
