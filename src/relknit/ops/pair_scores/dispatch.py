"""Which implementation computes: the fused kernels on an accelerator that has them, `chunked` everywhere else."""

from __future__ import annotations

from types import ModuleType
from typing import Final

import torch
from torch import Tensor

from relknit.errors import MissingExtraError
from relknit.ops.pair_scores import chunked
from relknit.ops.pair_scores.chunked import BLOCK_PAIRS
from relknit.ops.pair_scores.types import PairLabels, Pairs, SelectedPairs

_FUSED_DTYPES: Final = (torch.float32, torch.bfloat16, torch.float16)


def fused(like: Tensor) -> ModuleType | None:
    """The fused kernels where they can compute with tensors such as this one, else None.

    They need a CUDA device, single or half precision, and the package `triton`; without it the pair operations still
    work there, block by block.
    """
    if not like.is_cuda or like.dtype not in _FUSED_DTYPES:
        return None
    try:
        from relknit.ops.pair_scores import triton
    except MissingExtraError:
        return None
    return triton


def row_max(pairs: Pairs, *, block_pairs: int = BLOCK_PAIRS) -> Tensor:
    """Strongest logit of every relation that each word is the head of, (Ta, l); see `reference.row_max`.

    block_pairs: the size of the blocks of `chunked`, here and below; the fused kernels have none.
    """
    kernels = fused(pairs.a)
    return chunked.row_max(pairs, block_pairs=block_pairs) if kernels is None else kernels.row_max(pairs)


def loss(
    pairs: Pairs, labels: PairLabels, relation_weight: Tensor | None = None, *, block_pairs: int = BLOCK_PAIRS
) -> Tensor:
    """Summed binary cross-entropy over all pairs and relations, (); see `reference.loss`."""
    kernels = fused(pairs.a)
    if kernels is None:
        return chunked.loss(pairs, labels, relation_weight, block_pairs=block_pairs)
    return kernels.loss(pairs, labels, relation_weight)  # type: ignore[no-any-return]


def select(pairs: Pairs, threshold: float | Tensor, *, block_pairs: int = BLOCK_PAIRS) -> SelectedPairs:
    """Every (head, tail, relation) whose probability reaches the threshold; see `reference.select`."""
    kernels = fused(pairs.a)
    return (
        chunked.select(pairs, threshold, block_pairs=block_pairs)
        if kernels is None
        else kernels.select(pairs, threshold)
    )
