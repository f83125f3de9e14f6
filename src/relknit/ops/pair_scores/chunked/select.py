"""The pairs at or above a threshold, as a sparse list."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from relknit.ops.pair_scores.chunked.blocks import BLOCK_PAIRS, Block, Scratch, blocks
from relknit.ops.pair_scores.types import Pairs, SelectedPairs, threshold_logits
from relknit.ops.sigmoid import sigmoid


def select(pairs: Pairs, threshold: float | Tensor, *, block_pairs: int = BLOCK_PAIRS) -> SelectedPairs:
    """Every (head, tail, relation) whose probability reaches the threshold; see `reference.select`."""
    a, b, weight, bias, a_lengths, b_lengths = pairs
    least, every = threshold_logits(threshold, a), blocks(a_lengths, b_lengths, block_pairs)
    with torch.no_grad():
        scratch = Scratch(every, a, weight)
        found = [_select_block(scratch.logits(scratch.hidden(a, b, x), weight, bias), x, least) for x in every]
        return gathered(found, like=a)


def gathered(found: Sequence[tuple[Tensor, Tensor]], *, like: Tensor) -> SelectedPairs:
    """What was found in every block, (head, tail, relation) rows (k, 3) and logits (k,), sorted by position."""
    index = torch.cat([torch.zeros(0, 3, dtype=torch.int64, device=like.device), *(where for where, _ in found)])
    logits = torch.cat([like.new_zeros(0), *(logits for _, logits in found)])
    order = torch.argsort(index[:, 0], stable=True)  # inside a block, and so inside a row, pairs are sorted already
    head, tail, relation = index[order].unbind(1)
    return SelectedPairs(head, tail, relation, sigmoid(logits[order]))


def _select_block(logits: Tensor, block: Block, least: Tensor) -> tuple[Tensor, Tensor]:
    # few pairs have any relation at all: look only at those that reach the lowest of the thresholds
    candidates = (logits.amax(dim=1) >= least.min()).nonzero().squeeze(1)
    logits = logits.index_select(0, candidates)
    where, relation = (logits >= least).nonzero(as_tuple=True)
    pair = candidates[where]
    head, tail = pair // block.columns + block.a_start, pair % block.columns + block.b_start
    return torch.stack([head, tail, relation], dim=1), logits[where, relation]
