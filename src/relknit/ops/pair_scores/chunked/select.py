"""The pairs at or above a threshold, as a sparse list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from relknit.ops import workers
from relknit.ops.pair_scores.chunked.blocks import BLOCK_PAIRS, Block, Chunk, Scratch, chunks
from relknit.ops.pair_scores.types import Pairs, SelectedPairs, threshold_logits
from relknit.ops.sigmoid import sigmoid


def select(
    pairs: Pairs, threshold: float | Tensor, *, threads: int = 1, block_pairs: int = BLOCK_PAIRS
) -> SelectedPairs:
    """Every (head, tail, relation) whose probability reaches the threshold; see `reference.select`."""
    a, b, weight, bias, a_lengths, b_lengths = pairs
    least = threshold_logits(threshold, a)

    def task(chunk: Chunk) -> list[tuple[Tensor, Tensor]]:
        scratch = Scratch(chunk, a, weight)
        return [_select_block(scratch.logits(scratch.hidden(a, b, x), weight, bias), x, least) for x in chunk]

    return gathered(task, chunks(a_lengths, b_lengths, threads, block_pairs), like=a)


def gathered(
    task: Callable[[Chunk], list[tuple[Tensor, Tensor]]], work: Sequence[Chunk], *, like: Tensor
) -> SelectedPairs:
    """What the task finds in every block, (head, tail, relation) rows (k, 3) and logits (k,), sorted by position."""
    parts = [part for found in workers.run(torch.no_grad()(task), work, len(work)) for part in found]
    index = torch.cat([torch.zeros(0, 3, dtype=torch.int64, device=like.device), *(where for where, _ in parts)])
    logits = torch.cat([like.new_zeros(0), *(logits for _, logits in parts)])
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
