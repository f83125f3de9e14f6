"""The definition of the three pair operations: literal, one sentence at a time, differentiable by autograd.

Every other implementation is tested against this one. Ties in the maximum: the lowest tail wins, in value, index and
gradient.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from relknit.ops.pair_scores.types import PairLabels, Pairs, SelectedPairs, threshold_logits
from relknit.ops.sigmoid import sigmoid


def pair_logits(a: Tensor, b: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """All logits of one sentence: W relu(a_i + b_j) + bias   (EMNLP eq. 7 before its sigmoid).

    a: (n, d)   b: (m, d)   returns: (n, m, l)
    """
    return torch.relu(a[:, None] + b[None]) @ weight.T + bias


def row_max(pairs: Pairs) -> Tensor:
    """max over j of the logits of every (i, relation), (Ta, l)   (EMNLP eq. 5); -inf in a sentence without tails."""
    rows = []
    for logits, _ in _sentences(pairs):
        if logits.shape[1] == 0:
            rows.append(logits.new_full((logits.shape[0], logits.shape[2]), -torch.inf))
        else:
            rows.append(logits.gather(1, logits.argmax(dim=1, keepdim=True)).squeeze(1))
    return torch.cat(rows)


def loss(pairs: Pairs, labels: PairLabels, relation_weight: Tensor | None = None) -> Tensor:
    """Sum of the binary cross-entropy over all pairs of a sentence and all relations, ()   (EMNLP eq. 9).

    The target of a label is its probability, that of every other pair and relation 0.
    relation_weight: (l,) multiplies everything that concerns a relation; None is all ones.
    """
    total = pairs.a.new_zeros(())
    for logits, (i, j) in _sentences(pairs):
        here = (labels.head >= i) & (labels.head < i + logits.shape[0])
        gold = torch.zeros_like(logits)
        gold[labels.head[here] - i, labels.tail[here] - j, labels.relation[here]] = labels.targets(logits)[here]
        total = total + functional.binary_cross_entropy_with_logits(
            logits, gold, weight=relation_weight, reduction="sum"
        )
    return total


def select(pairs: Pairs, threshold: float | Tensor) -> SelectedPairs:
    """Every (head, tail, relation) whose probability reaches the threshold (a number, or one per relation)."""
    least = threshold_logits(threshold, pairs.a)
    found = [torch.zeros(0, 3, dtype=torch.int64, device=pairs.a.device)]
    probabilities = [pairs.a.new_zeros(0)]
    for logits, (i, j) in _sentences(pairs):
        where = (logits >= least).nonzero()
        probabilities.append(sigmoid(logits[tuple(where.T)]))
        found.append(where + where.new_tensor([i, j, 0]))
    head, tail, relation = torch.cat(found).unbind(1)
    return SelectedPairs(head, tail, relation, torch.cat(probabilities))


def _sentences(pairs: Pairs) -> Iterator[tuple[Tensor, tuple[int, int]]]:
    """The logits of each sentence, (n, m, l), and its first row in a and in b."""
    i = j = 0
    for n, m in zip(pairs.a_lengths, pairs.b_lengths, strict=True):
        yield pair_logits(pairs.a[i : i + n], pairs.b[j : j + m], pairs.weight, pairs.bias), (i, j)
        i, j = i + n, j + m
