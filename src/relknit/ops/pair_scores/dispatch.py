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


def row_max(pairs: Pairs, *, threads: int = 1, block_pairs: int = BLOCK_PAIRS) -> Tensor:
    """Strongest logit of every relation that each word is the head of, (Ta, l); see `reference.row_max`."""
    kernels = fused(pairs.a)
    if kernels is not None:
        return kernels.row_max(pairs)  # type: ignore[no-any-return]
    return chunked.row_max(pairs, threads=threads, block_pairs=block_pairs)


def loss(
    pairs: Pairs,
    labels: PairLabels,
    relation_weight: Tensor | None = None,
    *,
    threads: int = 1,
    block_pairs: int = BLOCK_PAIRS,
) -> Tensor:
    """Summed binary cross-entropy over all pairs and relations, (); see `reference.loss`."""
    kernels = fused(pairs.a)
    if kernels is not None:
        return kernels.loss(pairs, labels, relation_weight)  # type: ignore[no-any-return]
    return chunked.loss(pairs, labels, relation_weight, threads=threads, block_pairs=block_pairs)


def select(
    pairs: Pairs, threshold: float | Tensor, *, threads: int = 1, block_pairs: int = BLOCK_PAIRS
) -> SelectedPairs:
    """Every (head, tail, relation) whose probability reaches the threshold; see `reference.select`."""
    kernels = fused(pairs.a)
    if kernels is not None:
        return kernels.select(pairs, threshold)  # type: ignore[no-any-return]
    return chunked.select(pairs, threshold, threads=threads, block_pairs=block_pairs)
