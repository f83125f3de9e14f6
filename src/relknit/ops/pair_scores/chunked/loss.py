"""The summed cross-entropy of all pairs, and its gradient in the same pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from relknit.ops.pair_scores.chunked.blocks import (
    BLOCK_PAIRS,
    Block,
    Scratch,
    blocks,
    differentiated,
    in_full_precision,
)
from relknit.ops.pair_scores.types import PairLabels, Pairs

_SMALL: Final = 1 / 64  # four terms of the series are then off by less than 1.2e-8 of the sum
_LARGE: Final = 0.999


def loss(
    pairs: Pairs, labels: PairLabels, relation_weight: Tensor | None = None, *, block_pairs: int = BLOCK_PAIRS
) -> Tensor:
    """Summed binary cross-entropy over all pairs and relations, (); see `reference.loss`, the definition.

    The gradient is computed in the same pass, so backward only scales it.
    """
    inputs = in_full_precision(*pairs[:4])
    every = blocks(pairs.a_lengths, pairs.b_lengths, block_pairs)
    options = every, labels, relation_weight, differentiated(*inputs)
    return _Loss.apply(*inputs, *options)  # type: ignore[no-untyped-call,no-any-return]


class _Loss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        a: Tensor,
        b: Tensor,
        weight: Tensor,
        bias: Tensor,
        every: list[Block],
        labels: PairLabels,
        relation_weight: Tensor | None,
        keep: bool,
    ) -> Tensor:
        total = a.new_zeros(())
        grads = [torch.zeros_like(x) for x in (a, b, weight, bias)] if keep else []
        scratch = Scratch(every, a, weight, gradient=True)
        for block, (gold, target) in zip(every, _gold(every, labels, like=a), strict=True):
            m = scratch.hidden(a, b, block)
            logits = scratch.logits(m, weight, bias)
            slope = torch.sigmoid(logits, out=scratch.other(logits))
            positive = logits[gold] * target
            if relation_weight is not None:
                positive *= relation_weight[gold[1]]
            total += _negatives(logits, slope, relation_weight) - positive.sum()
            if keep:
                slope[gold] -= target  # σ(x) - y is the gradient of the cross-entropy
                if relation_weight is not None:
                    slope.mul_(relation_weight)
                grads[3].add_(slope.sum(0))
                scratch.accumulate(grads, slope, weight, m, block)
        ctx.save_for_backward(*grads)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return (*(grad * saved for saved in ctx.saved_tensors), None, None, None, None)


def _gold(every: Sequence[Block], labels: PairLabels, *, like: Tensor) -> list[tuple[tuple[Tensor, Tensor], Tensor]]:
    """Where each block's gold labels are in its (pairs, l) table, and their targets."""
    ends = torch.tensor([(block.a_start, block.a_end) for block in every], device=labels.head.device).reshape(-1, 2)
    targets = labels.targets(like)
    found = []
    for block, (start, end) in zip(every, torch.searchsorted(labels.head, ends).tolist(), strict=True):
        row = (labels.head[start:end] - block.a_start) * block.columns
        place = row + labels.tail[start:end] - block.b_start, labels.relation[start:end]
        found.append((place, targets[start:end]))
    return found


def _negatives(logits: Tensor, p: Tensor, relation_weight: Tensor | None) -> Tensor:
    """Σ w softplus(x), with p = σ(x): the loss of a block if no label were gold. (); overwrites the logits.

    In float32 and without weights, rows with no p above `_SMALL` as the series of -log(1 - p), which needs only sums and
    products; the logarithm costs five times as much, and a softplus ten times.
    """
    if logits.dtype != torch.float32 or relation_weight is not None:
        each = functional.logsigmoid(-logits)
        return -(each if relation_weight is None else each.mul_(relation_weight)).sum()
    large = (p.amax(dim=1) > _SMALL).nonzero().squeeze(1)
    kept = p.index_select(0, large)
    far = bool((kept > _LARGE).any())  # 1 - p would have too few digits left
    total = (functional.logsigmoid(-logits.index_select(0, large)) if far else torch.log1p(-kept)).sum().neg()
    p.index_fill_(0, large, 0.0)
    square, flat = torch.mul(p, p, out=logits).view(-1), p.view(-1)
    total += p.sum() + square.sum() / 2 + torch.dot(flat, square) / 3 + torch.dot(square, square) / 4
    p.index_copy_(0, large, kept)
    return total
