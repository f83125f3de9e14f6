"""The pairs at or above a threshold, as a sparse list."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from relknit.ops import workers
from relknit.ops.pair_scores.chunked.blocks import BLOCK_PAIRS, Block, Scratch, Share, shares
from relknit.ops.pair_scores.types import SelectedPairs, threshold_logits
from relknit.ops.sigmoid import sigmoid


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
    block_pairs: int = BLOCK_PAIRS,
) -> SelectedPairs:
    """Every (first, second, relation) whose probability reaches the threshold; see `reference.select`."""
    cut = threshold_logits(threshold, a)

    def task(share: Share) -> list[tuple[Tensor, Tensor]]:
        scratch = Scratch(share, a, weight)
        return [_select_block(scratch.logits(scratch.hidden(a, b, x), weight, bias), x, cut) for x in share]

    dealt = shares(a_lengths, b_lengths, threads, block_pairs)
    parts = [part for found in workers.run(torch.no_grad()(task), dealt, len(dealt)) for part in found]
    if not parts:
        empty = torch.zeros(0, dtype=torch.int64, device=a.device)
        return SelectedPairs(empty, empty, empty, a.new_zeros(0))
    index = torch.cat([where for where, _ in parts])
    order = torch.argsort(index[:, 0], stable=True)  # inside a block, and so inside a row, pairs are sorted already
    index = index[order]
    return SelectedPairs(index[:, 0], index[:, 1], index[:, 2], torch.cat([p for _, p in parts])[order])


def _select_block(logits: Tensor, block: Block, cut: Tensor) -> tuple[Tensor, Tensor]:
    # few pairs have any relation at all: look only at those that reach the lowest of the thresholds
    candidates = (logits.amax(dim=1) >= cut.min()).nonzero().squeeze(1)
    logits = logits.index_select(0, candidates)
    where, relation = (logits >= cut).nonzero(as_tuple=True)
    pair = candidates[where]
    first, second = pair // block.columns + block.a_start, pair % block.columns + block.b_start
    return torch.stack([first, second, relation], dim=1), sigmoid(logits[where, relation])
