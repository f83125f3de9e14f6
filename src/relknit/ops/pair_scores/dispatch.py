"""Which implementation computes: the fused kernels on an accelerator that has them, `chunked` everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Final

import torch
from torch import Tensor

from relknit.errors import MissingExtraError
from relknit.ops.pair_scores import chunked
from relknit.ops.pair_scores.chunked import BLOCK_PAIRS
from relknit.ops.pair_scores.types import PairLabels, SelectedPairs

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


def row_max(
    a: Tensor,
    b: Tensor,
    weight: Tensor,
    bias: Tensor,
    a_lengths: Sequence[int],
    b_lengths: Sequence[int],
    *,
    threads: int = 1,
    block_pairs: int = BLOCK_PAIRS,
) -> Tensor:
    """Strongest logit of every relation that each word is the head of, (Ta, l); see `reference.row_max`."""
    kernels = fused(a)
    if kernels is not None:
        return kernels.row_max(a, b, weight, bias, a_lengths, b_lengths)  # type: ignore[no-any-return]
    return chunked.row_max(a, b, weight, bias, a_lengths, b_lengths, threads=threads, block_pairs=block_pairs)


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
    block_pairs: int = BLOCK_PAIRS,
) -> Tensor:
    """Summed binary cross-entropy over all pairs and relations, (); see `reference.loss`."""
    kernels, lengths = fused(a), (a_lengths, b_lengths)
    if kernels is not None:
        return kernels.loss(a, b, weight, bias, *lengths, labels, relation_weight)  # type: ignore[no-any-return]
    return chunked.loss(a, b, weight, bias, *lengths, labels, relation_weight, threads=threads, block_pairs=block_pairs)


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
    kernels = fused(a)
    if kernels is not None:
        return kernels.select(a, b, weight, bias, a_lengths, b_lengths, threshold)  # type: ignore[no-any-return]
    return chunked.select(a, b, weight, bias, a_lengths, b_lengths, threshold, threads=threads, block_pairs=block_pairs)
