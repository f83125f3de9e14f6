"""The pair operations without the pair tensor: sentence by sentence in blocks that fit the cache.

Same results as `reference` (and the same tie rule). Memory: one block of at most `BLOCK_PAIRS` pairs (times d + l) per
thread, whatever the batch; `loss` computes value and gradient in the same pass; `row_max` remembers one index per (i, t).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from relknit.ops import workers
from relknit.ops.pair_scores.types import PairLabels, SelectedPairs, threshold_logits

# 576 pairs x 170 relations x 4 bytes is about what a core's second-level cache holds
BLOCK_PAIRS = 640


@dataclass(frozen=True, slots=True)
class Block:
    """Rows `a_start` to `a_end` of one sentence's first arguments against all its second arguments."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int

    @property
    def rows(self) -> int:
        """Number of first arguments."""
        return self.a_end - self.a_start

    @property
    def columns(self) -> int:
        """Number of second arguments."""
        return self.b_end - self.b_start

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return self.rows * self.columns


def blocks(a_lengths: Sequence[int], b_lengths: Sequence[int]) -> Iterator[Block]:
    """The batch cut into blocks of at most BLOCK_PAIRS pairs (or one row), sentences without pairs left out."""
    a_start = b_start = 0
    for n, m in zip(a_lengths, b_lengths, strict=True):
        if n and m:
            count = -(-n // max(1, BLOCK_PAIRS // m))
            rows = -(-n // count)
            for first in range(0, n, rows):
                yield Block(a_start + first, a_start + min(first + rows, n), b_start, b_start + m)
        a_start, b_start = a_start + n, b_start + m


def _shares(a_lengths: Sequence[int], b_lengths: Sequence[int], threads: int) -> list[list[Block]]:
    cut = list(blocks(a_lengths, b_lengths))
    return [[cut[k] for k in share] for share in workers.shares([block.pairs for block in cut], threads)]


class _Scratch:
    """Memory for one block at a time, taken once per share: many short-lived tensors of this size break up the heap."""

    def __init__(self, share: Sequence[Block], like: Tensor, hidden_dim: int, relations: int) -> None:
        pairs = max((block.pairs for block in share), default=0)
        self._hidden, self._slope = like.new_empty(pairs, hidden_dim), like.new_empty(pairs, hidden_dim)
        self._logits, self._probability = like.new_empty(pairs, relations), like.new_empty(pairs, relations)

    def hidden(self, a: Tensor, b: Tensor, block: Block) -> Tensor:
        """relu(a_i + b_j) of a block, (pairs, d)."""
        m = self._hidden[: block.pairs]
        shaped = m.view(block.rows, block.columns, m.shape[1])
        torch.add(a[block.a_start : block.a_end, None], b[None, block.b_start : block.b_end], out=shaped)
        return m.relu_()

    def logits(self, m: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """W m + bias, (pairs, l)."""
        return torch.addmm(bias, m, weight.T, out=self._logits[: m.shape[0]])

    def probability(self, logits: Tensor) -> Tensor:
        """σ of the logits, (pairs, l); the logits stay."""
        return torch.sigmoid(logits, out=self._probability[: logits.shape[0]])

    def zeros(self, block: Block) -> Tensor:
        """(rows, columns, l) zeros, in the place of the logits."""
        flat = self._logits[: block.pairs].zero_()
        return flat.view(block.rows, block.columns, flat.shape[1])

    def accumulate(self, grads: tuple[Tensor, ...], slope: Tensor, weight: Tensor, m: Tensor, block: Block) -> None:
        """Add a block's gradients of a, b and weight, given that of its logits, (pairs, l), and its hidden layer m."""
        grads[2].addmm_(slope.T, m)
        dm = torch.mm(slope, weight, out=self._slope[: block.pairs])
        torch.ops.aten.threshold_backward.grad_input(dm, m, 0, grad_input=dm)  # ReLU passes where m is positive
        shaped = dm.view(block.rows, block.columns, dm.shape[1])
        grads[0][block.a_start : block.a_end] += shaped.sum(1)
        grads[1][block.b_start : block.b_end] += shaped.sum(0)


class _RowMax(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, a: Tensor, b: Tensor, weight: Tensor, bias: Tensor, shares: list[list[Block]], keep: bool
    ) -> Tensor:
        highest = a.new_full((a.shape[0], weight.shape[0]), -torch.inf)
        best = torch.zeros(highest.shape if keep else (0, 0), dtype=torch.int32)

        def task(share: list[Block]) -> None:
            scratch = _Scratch(share, a, *reversed(weight.shape))
            for block in share:
                logits = scratch.logits(scratch.hidden(a, b, block), weight, bias)
                logits = logits.view(block.rows, block.columns, weight.shape[0])
                value = torch.amax(logits, dim=1, out=highest[block.a_start : block.a_end])
                if keep:
                    best[block.a_start : block.a_end] = _first_equal(logits, value)

        workers.run(torch.no_grad()(task), shares, len(shares))
        ctx.shares = shares
        ctx.save_for_backward(a, b, weight, best)
        return highest

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        a, b, weight, best = ctx.saved_tensors

        def task(share: list[Block]) -> tuple[Tensor, ...]:
            grads = tuple(torch.zeros_like(x) for x in (a, b, weight))
            scratch = _Scratch(share, a, *reversed(weight.shape))
            for block in share:
                m, spread = scratch.hidden(a, b, block), scratch.zeros(block)
                where = best[block.a_start : block.a_end, None].long()
                spread.scatter_(1, where, grad[block.a_start : block.a_end, None])
                scratch.accumulate(grads, spread.view(block.pairs, -1), weight, m, block)
            return grads

        parts = workers.run(torch.no_grad()(task), ctx.shares, len(ctx.shares))
        return (*_sum_shares(parts, (a, b, weight)), _bias_grad(ctx.shares, grad), None, None)


def _bias_grad(shares: list[list[Block]], grad: Tensor) -> Tensor:
    """Sum of the gradient over all rows that have a maximum (rows of sentences without pairs have none)."""
    spans = sorted((block.a_start, block.a_end) for share in shares for block in share)
    total = grad.new_zeros(grad.shape[1])
    for start, end in spans:
        total += grad[start:end].sum(0)
    return total


def _first_equal(logits: Tensor, highest: Tensor) -> Tensor:
    """Lowest j at which logits[:, j] equals the maximum; logits (n, m, l), highest (n, l), returns (n, l).

    Counting down through a byte is much faster than argmax, whose scan along the middle axis is not vectorised.
    """
    m = logits.shape[1]
    if m > 255:
        return logits.argmax(dim=1)
    countdown = torch.arange(m, 0, -1, dtype=torch.uint8)[:, None]
    found = ((logits == highest[:, None]).view(torch.uint8) * countdown).amax(dim=1)
    return (m - found.long()).clamp_(max=m - 1)  # NaN equals nothing: keep the index in range, the loss shows the NaN


class _Loss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        a: Tensor,
        b: Tensor,
        weight: Tensor,
        bias: Tensor,
        shares: list[list[Block]],
        labels: PairLabels,
        relation_weight: Tensor | None,
        keep: bool,
    ) -> Tensor:
        def task(share: list[Block]) -> tuple[Tensor, ...]:
            total = a.new_zeros(weight.shape[0])
            grads = tuple(torch.zeros_like(x) for x in (a, b, weight, bias)) if keep else ()
            scratch = _Scratch(share, a, *reversed(weight.shape))
            for block in share:
                m = scratch.hidden(a, b, block)
                logits = scratch.logits(m, weight, bias)
                probability = scratch.probability(logits)
                gold = _gold(block, labels)
                _add_loss(logits, probability, gold, total)
                if keep:
                    slope = probability  # from here on: σ(x) - y is the gradient of the cross-entropy
                    slope[gold] -= 1.0
                    if relation_weight is not None:
                        slope.mul_(relation_weight)
                    grads[3].add_(slope.sum(0))
                    scratch.accumulate(grads, slope, weight, m, block)
            return (total, *grads)

        like = (bias, a, b, weight, bias) if keep else (bias,)
        total, *grads = _sum_shares(workers.run(torch.no_grad()(task), shares, len(shares)), like)
        ctx.save_for_backward(*grads)
        return total.sum() if relation_weight is None else total @ relation_weight

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return (*(grad * saved for saved in ctx.saved_tensors), None, None, None, None)


def _gold(block: Block, labels: PairLabels) -> tuple[Tensor, Tensor]:
    """Where a block's gold labels stand in its (pairs, l) table."""
    low, high = torch.searchsorted(labels.first, torch.tensor([block.a_start, block.a_end])).tolist()
    position = (labels.first[low:high] - block.a_start) * block.columns
    return position + labels.second[low:high] - block.b_start, labels.relation[low:high]


def _add_loss(logits: Tensor, probability: Tensor, gold: tuple[Tensor, Tensor], total: Tensor) -> None:
    """Add a block's summed cross-entropy, relation by relation, to `total`. Overwrites the logits."""
    total.index_add_(0, gold[1], -logits[gold])
    # -log1p(-p) is softplus at a third of the price, but only while p stays away from 1
    if logits.dtype == torch.float32 and not bool(logits.amax() > 8.0):
        total -= torch.neg(probability, out=logits).log1p_().sum(0)
    else:
        total -= functional.logsigmoid(-logits).sum(0)


def _sum_shares(parts: list[tuple[Tensor, ...]], like: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Sum what the shares computed, in their fixed order; zeros of the shapes of `like` when there are none."""
    if not parts:
        return tuple(torch.zeros_like(x) for x in like)
    totals = parts[0]
    for part in parts[1:]:
        for total, extra in zip(totals, part, strict=True):
            total += extra
    return totals


def row_max(
    a: Tensor,
    b: Tensor,
    weight: Tensor,
    bias: Tensor,
    a_lengths: Sequence[int],
    b_lengths: Sequence[int],
    *,
    threads: int = 1,
) -> Tensor:
    """Strongest logit of every relation that each first argument opens; see `reference.row_max`, the definition.

    a: (Ta, d)   b: (Tb, d)   weight: (l, d)   bias: (l,)   returns: (Ta, l)
    Gradient flows through the one best j of each (i, t), the lowest j on a tie.
    """
    shares = _shares(a_lengths, b_lengths, threads)
    return _RowMax.apply(a, b, weight, bias, shares, _differentiated(a, b, weight, bias))  # type: ignore[no-untyped-call,no-any-return]


def loss(
    a: Tensor,
    b: Tensor,
    weight: Tensor,
    bias: Tensor,
    a_lengths: Sequence[int],
    b_lengths: Sequence[int],
    labels: PairLabels,
    relation_weight: Tensor | None = None,
    *,
    threads: int = 1,
) -> Tensor:
    """Summed binary cross-entropy over all pairs and relations; see `reference.loss`, the definition.   returns: ()

    The gradient is computed in the same pass, so backward only scales it.
    """
    shares = _shares(a_lengths, b_lengths, threads)
    keep = _differentiated(a, b, weight, bias)
    return _Loss.apply(a, b, weight, bias, shares, labels, relation_weight, keep)  # type: ignore[no-untyped-call,no-any-return]


def select(
    a: Tensor,
    b: Tensor,
    weight: Tensor,
    bias: Tensor,
    a_lengths: Sequence[int],
    b_lengths: Sequence[int],
    threshold: float | Tensor,
    *,
    threads: int = 1,
) -> SelectedPairs:
    """Every (first, second, relation) whose probability reaches the threshold; see `reference.select`."""
    cut = threshold_logits(threshold, a)

    def task(share: list[Block]) -> list[tuple[Tensor, Tensor]]:
        scratch = _Scratch(share, a, *reversed(weight.shape))
        return [_select_block(scratch.logits(scratch.hidden(a, b, x), weight, bias), x, cut) for x in share]

    shares = _shares(a_lengths, b_lengths, threads)
    parts = [part for found in workers.run(torch.no_grad()(task), shares, len(shares)) for part in found]
    if not parts:
        empty = torch.zeros(0, dtype=torch.int64)
        return SelectedPairs(empty, empty, empty, a.new_zeros(0))
    index = torch.cat([where for where, _ in parts])
    order = torch.argsort(index[:, 0], stable=True)  # inside a block, and so inside a row, pairs are sorted already
    index = index[order]
    return SelectedPairs(index[:, 0], index[:, 1], index[:, 2], torch.cat([p for _, p in parts])[order])


def _select_block(logits: Tensor, block: Block, cut: Tensor) -> tuple[Tensor, Tensor]:
    pair, relation = (logits >= cut).nonzero(as_tuple=True)
    first, second = pair // block.columns + block.a_start, pair % block.columns + block.b_start
    return torch.stack([first, second, relation], dim=1), torch.sigmoid(logits[pair, relation])


def _differentiated(*inputs: Tensor) -> bool:
    """Whether anybody will ask for a gradient."""
    return torch.is_grad_enabled() and any(x.requires_grad for x in inputs)
