"""What the pair operations take and return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from relknit.ops.devices import to_device


class Pairs(NamedTuple):
    """All word pairs of a batch, each of one sentence: the logit of (i, j) is W relu(a_i + b_j) + bias.

    a, b:    (Ta, d), (Tb, d) projections of the words as heads and as tails, sentences end to end
    weight:  (l, d)     bias: (l,)     a_lengths, b_lengths: (B,) rows per sentence, summing to Ta and Tb
    """

    a: Tensor
    b: Tensor
    weight: Tensor
    bias: Tensor
    a_lengths: Sequence[int]
    b_lengths: Sequence[int]


@dataclass(frozen=True, slots=True)
class PairLabels:
    """The gold (head, tail, relation) of a batch as three int64 vectors of one length, g.

    `head` and `tail` count rows of `a` and `b` from the start of the batch (sentences end to end). `probability` is the
    target of each label, (g,) in 0 to 1, None where all are 1. Build with `PairLabels.of` or `PairLabels.soft`, which
    sort and remove repetitions: the losses count each label once.
    """

    head: Tensor
    tail: Tensor
    relation: Tensor
    probability: Tensor | None = None

    @staticmethod
    def of(triples: Sequence[tuple[int, int, int]]) -> PairLabels:
        """Labels from (head, tail, relation) triples in any order, repetitions allowed."""
        table = torch.tensor(sorted(set(triples)), dtype=torch.int64).reshape(-1, 3)
        return PairLabels(*(column.contiguous() for column in table.unbind(1)))

    @staticmethod
    def soft(probabilities: Mapping[tuple[int, int, int], float]) -> PairLabels:
        """Labels with a probability as the target of each (head, tail, relation)."""
        ordered = sorted(probabilities)
        return replace(PairLabels.of(ordered), probability=torch.tensor([probabilities[triple] for triple in ordered]))

    @staticmethod
    def joined(labels: Sequence[PairLabels], lengths: Sequence[int]) -> PairLabels:
        """Labels of sentences laid end to end, each so far counted from its own start; lengths: (B,) tokens of each."""
        if not labels:
            return PairLabels.of([])
        starts = torch.tensor([0, *lengths[:-1]], dtype=torch.int64).cumsum(0)
        moves = starts.repeat_interleave(torch.tensor([len(part) for part in labels]))
        head, tail = torch.cat([part.head for part in labels]), torch.cat([part.tail for part in labels])
        soft = [part.probability for part in labels if part.probability is not None]
        probability = torch.cat([part.targets(soft[0]) for part in labels]) if soft else None
        return PairLabels(head + moves, tail + moves, torch.cat([part.relation for part in labels]), probability)

    def __len__(self) -> int:
        return self.head.shape[0]

    def targets(self, like: Tensor) -> Tensor:
        """The target of each label, (g,), in the dtype and on the device of `like`."""
        return like.new_ones(len(self)) if self.probability is None else self.probability.to(like)

    def triples(self) -> list[tuple[int, int, int]]:
        """The labels as (head, tail, relation), sorted."""
        return list(zip(self.head.tolist(), self.tail.tolist(), self.relation.tolist(), strict=True))

    def to(self, device: torch.device) -> PairLabels:
        """The same labels on another device."""
        probability = None if self.probability is None else to_device(self.probability, device)
        head, tail, relation = (to_device(x, device) for x in (self.head, self.tail, self.relation))
        return PairLabels(head, tail, relation, probability)


@dataclass(frozen=True, slots=True)
class SelectedPairs:
    """The pairs at or above the threshold: int64 vectors like PairLabels, and their probabilities, sorted by position."""

    head: Tensor
    tail: Tensor
    relation: Tensor
    probability: Tensor


def threshold_logits(threshold: float | Tensor, like: Tensor) -> Tensor:
    """The logit(s) of a probability threshold, a number or one per relation: p >= threshold iff logit >= this.

    0 and 1 become -inf and +inf. Computed in float64, then rounded to the dtype of `like`.
    """
    probability = torch.as_tensor(threshold, dtype=torch.float64, device=like.device)
    return torch.logit(probability).to(like.dtype)
