"""Dropout that can draw from a generator of its own."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def dropout(x: Tensor, probability: float, *, training: bool, generator: torch.Generator | None = None) -> Tensor:
    """x with each element zeroed with this probability and the others divided by 1 - probability; x itself outside training.

    Batches that are computed side by side would draw from torch's one generator in an order of chance; with a generator
    each, the result is repeatable.
    """
    if not training or not probability:
        return x
    if generator is None:
        return functional.dropout(x, probability)
    kept = torch.empty_like(x, requires_grad=False).bernoulli_(1 - probability, generator=generator)
    return x * kept.div_(1 - probability)
