"""Strongest logit of every (i, t), and the gradient through the pairs that hold it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from relknit.ops.pair_scores.chunked.blocks import (
    BLOCK_PAIRS,
    Block,
    Scratch,
    blocks,
    differentiated,
    in_full_precision,
    where_positive,
)
from relknit.ops.pair_scores.types import Pairs

_GROUP_PAIRS: Final = 100_000
# times the smallest difference between two floats of any size that matters, this is still more than any number of words
_FAR: Final = 1e30


def row_max(pairs: Pairs, *, block_pairs: int = BLOCK_PAIRS) -> Tensor:
    """Strongest logit of every relation that each word is the head of, (Ta, l); see `reference.row_max`, the definition.

    Gradient flows through the one best j of each (i, t), the lowest j on a tie.
    """
    inputs = in_full_precision(*pairs[:4])
    every = blocks(pairs.a_lengths, pairs.b_lengths, block_pairs)
    found: Tensor = _RowMax.apply(*inputs, every, differentiated(*inputs))  # type: ignore[no-untyped-call]
    return found.to(pairs.a.dtype)


class _RowMax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, weight: Tensor, bias: Tensor, every: list[Block], keep: bool) -> Tensor:
        highest = a.new_full((a.shape[0], weight.shape[0]), -torch.inf)
        countdown = torch.ones_like(highest) if keep else highest[:0]
        scratch = Scratch(every, a, weight)
        for block in every:
            logits = scratch.products(scratch.hidden(a, b, block), weight)
            logits = logits.view(block.rows, block.columns, weight.shape[0])
            rows = slice(block.a_start, block.a_end)
            torch.amax(logits, dim=1, out=highest[rows])
            if keep:
                _count_down(logits, highest[rows], out=countdown[rows])
        highest += bias  # the same for every j, so it is added once, to the maximum
        ctx.blocks = every
        ctx.save_for_backward(a, b, weight, countdown)
        return highest

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        a, b, weight, countdown = ctx.saved_tensors
        grads = [torch.zeros_like(x) for x in (a, b, weight)]
        bias_grad = torch.zeros_like(weight[:, 0])
        for group in _groups(ctx.blocks):
            winners = _winners(group, countdown)
            bias_grad += grad[winners.rows].sum(0)
            parts = winners.parts()
            scratch = _PartScratch(parts, a, weight)
            for part in parts:
                scratch.accumulate(grads, a, b, weight, grad, part)
        return (*grads, bias_grad, None, None)


def _groups(every: Sequence[Block]) -> Iterator[list[Block]]:
    """Blocks whose winners are numbered together: a few words a pair, so not all of a long sentence at once."""
    group: list[Block] = []
    pairs = 0
    for block in every:
        group.append(block)
        pairs += block.pairs
        if pairs >= _GROUP_PAIRS:
            yield group
            group, pairs = [], 0
    if group:
        yield group


def _count_down(logits: Tensor, highest: Tensor, *, out: Tensor) -> None:
    """m - j for the lowest j at which logits[:, j] equals the maximum; logits: (n, m, l), overwritten; highest, out: (n, l).

    What lies below the maximum is pushed far down, a countdown from m over j is added, and the maximum of that is the
    answer: three passes that are vectorised, as argmax along a middle axis is not.
    """
    m = logits.shape[1]
    steps = torch.arange(m, 0, -1, dtype=logits.dtype, device=logits.device)[:, None]
    below = torch.sub(logits, highest[:, None], out=logits)
    torch.amax(torch.add(steps, below, alpha=_FAR, out=logits), dim=1, out=out)


class _Winners(NamedTuple):
    """The pairs of some blocks that are the maximum of some relation, one slot each, in order of their rows."""

    rows: Tensor  # (R,) the blocks' rows of a
    slots: Tensor  # (R, l) the slot of each row's best pair
    head: Tensor  # (slots,) row of a of each slot
    tail: Tensor  # (slots,) row of b of each slot

    def parts(self) -> list[_Winners]:
        """The same cut between rows into parts of about BLOCK_PAIRS slots, each part's slots counted from 0."""
        ends = self.slots.amax(dim=1).add_(1).tolist()  # slots ascend with the rows
        parts, row, slot = [], 0, 0
        for k, end in enumerate(ends):
            if end - slot >= BLOCK_PAIRS or k == len(ends) - 1:
                inside = slice(slot, end)
                parts.append(
                    _Winners(
                        self.rows[row : k + 1], self.slots[row : k + 1] - slot, self.head[inside], self.tail[inside]
                    )
                )
                row, slot = k + 1, end
        return parts


def _winners(group: Sequence[Block], countdown: Tensor) -> _Winners:
    """Number the distinct best pairs of the rows of some blocks, from what is left to count down at each (row, relation)."""
    device = countdown.device
    sizes = torch.tensor([(x.a_start, x.rows, x.b_start, x.columns) for x in group], dtype=torch.int64, device=device)
    a_start, count, b_start, columns = sizes.reshape(-1, 4).unbind(1)
    block = torch.repeat_interleave(count)
    rows = torch.arange(len(block), device=device) + (a_start - count.cumsum(0) + count)[block]
    ends = columns[block].cumsum(0)  # of each row's pairs in the list of all the group's pairs
    # a NaN shows in the loss; its place only has to exist
    place = ends[:, None] - countdown.index_select(0, rows).nan_to_num_(nan=1.0).long()
    chosen = torch.zeros(sum(x.pairs for x in group), dtype=torch.int32, device=device)
    chosen[place.flatten()] = 1
    pairs = chosen.nonzero().squeeze(1)
    row = torch.searchsorted(ends, pairs, right=True)
    slots = chosen.cumsum(0).index_select(0, place.flatten()).view_as(place) - 1
    tail = pairs - (ends - columns[block] - b_start[block])[row]
    return _Winners(rows, slots, rows[row], tail)


class _PartScratch:
    """Memory for one part of the winners at a time, taken once per group."""

    def __init__(self, parts: Sequence[_Winners], like: Tensor, weight: Tensor) -> None:
        slots = max((part.head.shape[0] for part in parts), default=0)
        relations, hidden_dim = weight.shape
        self._slope = like.new_empty(slots, relations)
        self._m, self._dm = like.new_empty(slots, hidden_dim), like.new_empty(slots, hidden_dim)

    def accumulate(self, grads: list[Tensor], a: Tensor, b: Tensor, weight: Tensor, grad: Tensor, of: _Winners) -> None:
        """Add what a part of the winners gives to the gradients of a, b and weight."""
        slots = of.head.shape[0]
        slope, m, dm = self._slope[:slots].zero_(), self._m[:slots], self._dm[:slots]
        slope.scatter_(0, of.slots, grad.index_select(0, of.rows))
        torch.index_select(a, 0, of.head, out=m)
        torch.index_select(b, 0, of.tail, out=dm)
        m.add_(dm).relu_()
        grads[2].addmm_(slope.T, m)
        torch.mm(slope, weight, out=dm)
        where_positive(dm, m)
        grads[0].index_add_(0, of.head, dm)
        grads[1].index_add_(0, of.tail, dm)
