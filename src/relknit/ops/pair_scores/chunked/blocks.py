"""How a batch is split into blocks of pairs, and the memory that they are computed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

# measured: from 960 to 5,120 pairs there is little to choose on one thread; on two, fewer calls get in each other's way less
BLOCK_PAIRS: Final = 2560


@dataclass(frozen=True, slots=True)
class Block:
    """Rows `a_start` to `a_end` of one sentence's heads against all its tails."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int

    @property
    def rows(self) -> int:
        """Number of heads."""
        return self.a_end - self.a_start

    @property
    def columns(self) -> int:
        """Number of tails."""
        return self.b_end - self.b_start

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return self.rows * self.columns


def blocks(a_lengths: Sequence[int], b_lengths: Sequence[int], block_pairs: int = BLOCK_PAIRS) -> list[Block]:
    """The batch in blocks of at most `block_pairs` pairs (or one row), without sentences that have no pairs."""
    found = []
    a_start = b_start = 0
    for n, m in zip(a_lengths, b_lengths, strict=True):
        if n and m:
            count = -(-n // max(1, block_pairs // m))
            rows = -(-n // count)
            for first in range(0, n, rows):
                found.append(Block(a_start + first, a_start + min(first + rows, n), b_start, b_start + m))
        a_start, b_start = a_start + n, b_start + m
    return found


class Scratch:
    """Memory for one block at a time, taken once: many short-lived tensors of this size break up the heap."""

    def __init__(self, blocks: Sequence[Block], like: Tensor, weight: Tensor, *, gradient: bool = False) -> None:
        pairs = max((block.pairs for block in blocks), default=0)
        relations, hidden_dim = weight.shape
        self._hidden, self._logits = like.new_empty(pairs, hidden_dim), like.new_empty(pairs, relations)
        self._other = like.new_empty(pairs if gradient else 0, relations)
        self._slope = like.new_empty(pairs if gradient else 0, hidden_dim)

    def hidden(self, a: Tensor, b: Tensor, block: Block) -> Tensor:
        """relu(a_i + b_j) of a block, (pairs, d)."""
        m = self._hidden[: block.pairs]
        shaped = m.view(block.rows, block.columns, m.shape[1])
        torch.add(a[block.a_start : block.a_end, None], b[None, block.b_start : block.b_end], out=shaped)
        return m.relu_()

    def products(self, m: Tensor, weight: Tensor) -> Tensor:
        """W m, (pairs, l)."""
        return torch.mm(m, weight.T, out=self._logits[: m.shape[0]])

    def logits(self, m: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """W m + bias, (pairs, l)."""
        return torch.addmm(bias, m, weight.T, out=self._logits[: m.shape[0]])

    def other(self, like: Tensor) -> Tensor:
        """A second place for (pairs, l) numbers; the logits stay."""
        return self._other[: like.shape[0]]

    def accumulate(self, grads: Sequence[Tensor], slope: Tensor, weight: Tensor, m: Tensor, block: Block) -> None:
        """Add a block's gradients of a, b and weight, given that of its logits, (pairs, l), and its hidden layer m."""
        grads[2].addmm_(slope.T, m)
        dm = torch.mm(slope, weight, out=self._slope[: block.pairs])
        where_positive(dm, m)
        shaped = dm.view(block.rows, block.columns, dm.shape[1])
        grads[0][block.a_start : block.a_end] += shaped.sum(1)
        grads[1][block.b_start : block.b_end] += shaped.sum(0)


def where_positive(dm: Tensor, m: Tensor) -> None:
    """Zero the gradient dm wherever m = relu(…) is zero, in place."""
    torch.ops.aten.threshold_backward.grad_input(dm, m, 0, grad_input=dm)


def differentiated(*inputs: Tensor) -> bool:
    """Whether a gradient is wanted."""
    return torch.is_grad_enabled() and any(x.requires_grad for x in inputs)


def in_full_precision(*inputs: Tensor) -> list[Tensor]:
    """Half precision as float32: a CPU gains nothing by it, and sums over thousands of pairs lose too much."""
    return [x.float() if x.dtype in (torch.float16, torch.bfloat16) else x for x in inputs]
