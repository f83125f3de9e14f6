"""The definition of the three pair operations: literal, one sentence at a time, differentiable by autograd.

Shapes: `a: (Ta, d)` and `b: (Tb, d)` are projections of the words as heads and as tails, sentences end to end, with
`a_lengths` and `b_lengths` rows per sentence; `weight: (l, d)`, `bias: (l,)`. Every other implementation is tested
against this one. Ties in the maximum: the lowest tail wins, in value, index and gradient.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from relknit.ops.pair_scores.types import PairLabels, SelectedPairs, threshold_logits
from relknit.ops.sigmoid import sigmoid


def pair_logits(a: Tensor, b: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """All logits of one sentence: W relu(a_i + b_j) + bias   (EMNLP eq. 7 before its sigmoid).

    a: (n, d)   b: (m, d)   returns: (n, m, l)
    """
    return torch.relu(a[:, None] + b[None]) @ weight.T + bias


def row_max(
    a: Tensor, b: Tensor, weight: Tensor, bias: Tensor, a_lengths: Sequence[int], b_lengths: Sequence[int]
) -> Tensor:
    """max over j of the logits of every (i, relation)   (EMNLP eq. 5); -inf in a sentence without tails.

    returns: (Ta, l)
    """
    rows = []
    for x, y in zip(torch.split(a, list(a_lengths)), torch.split(b, list(b_lengths)), strict=True):
        if y.shape[0] == 0:
            rows.append(x.new_full((x.shape[0], weight.shape[0]), -torch.inf))
            continue
        logits = pair_logits(x, y, weight, bias)
        best = logits.argmax(dim=1, keepdim=True)
        rows.append(logits.gather(1, best).squeeze(1))
    return torch.cat(rows)


def loss(
    a: Tensor,
    b: Tensor,
    weight: Tensor,
    bias: Tensor,
    a_lengths: Sequence[int],
    b_lengths: Sequence[int],
    labels: PairLabels,
    relation_weight: Tensor | None = None,
) -> Tensor:
    """Sum of the binary cross-entropy over all pairs of a sentence and all relations   (EMNLP eq. 9).

    relation_weight: (l,) multiplies everything that concerns a relation; None is all ones.   returns: ()
    """
    total = a.new_zeros(())
    a_start = b_start = 0
    for n, m in zip(a_lengths, b_lengths, strict=True):
        logits = pair_logits(a[a_start : a_start + n], b[b_start : b_start + m], weight, bias)
        here = (labels.first >= a_start) & (labels.first < a_start + n)
        gold = torch.zeros_like(logits)
        gold[labels.first[here] - a_start, labels.second[here] - b_start, labels.relation[here]] = 1.0
        total = total + functional.binary_cross_entropy_with_logits(
            logits, gold, weight=relation_weight, reduction="sum"
        )
        a_start, b_start = a_start + n, b_start + m
    return total


def select(
    a: Tensor,
    b: Tensor,
    weight: Tensor,
    bias: Tensor,
    a_lengths: Sequence[int],
    b_lengths: Sequence[int],
    threshold: float | Tensor,
) -> SelectedPairs:
    """Every (first, second, relation) whose probability reaches the threshold (a number, or one per relation)."""
    cut = threshold_logits(threshold, a)
    found: list[Tensor] = []
    probabilities: list[Tensor] = []
    a_start = b_start = 0
    for n, m in zip(a_lengths, b_lengths, strict=True):
        logits = pair_logits(a[a_start : a_start + n], b[b_start : b_start + m], weight, bias)
        where = (logits >= cut).nonzero()
        probabilities.append(sigmoid(logits[tuple(where.T)]))
        found.append(where + where.new_tensor([a_start, b_start, 0]))
        a_start, b_start = a_start + n, b_start + m
    index = torch.cat(found) if found else torch.zeros(0, 3, dtype=torch.int64, device=a.device)
    probability = torch.cat(probabilities) if probabilities else a.new_zeros(0)
    return SelectedPairs(index[:, 0], index[:, 1], index[:, 2], probability)
