"""Dropout whose noise can come from a generator of one's own."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def dropout(x: Tensor, share: float, *, training: bool, noise: torch.Generator | None = None) -> Tensor:
    """x with each element zeroed with probability `share` and the others divided by 1 - share; x itself outside training.

    Batches that are computed side by side would draw from torch's one generator in an order of chance; with a generator
    each, their noise is repeatable.
    """
    if not training or not share:
        return x
    if noise is None:
        return functional.dropout(x, share)
    kept = torch.empty_like(x, requires_grad=False).bernoulli_(1 - share, generator=noise)
    return x * kept.div_(1 - share)
