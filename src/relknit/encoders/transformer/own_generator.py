"""Dropout inside modules that others wrote, drawn from a generator of our own."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from relknit.nn.dropout import dropout


class OwnGenerator(TorchFunctionMode):
    """While entered, in this thread alone, dropout draws from `generator`: in layers, and inside attention.

    So batches that are computed side by side stay repeatable, as with `nn.dropout`. Attention with dropout is then
    computed as written, softmax(q kᵀ) v; torch's fused kernels for a CPU have none with dropout either.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.generator = generator

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if func is functional.dropout:
            return self._dropout(*args, **given)
        if func is functional.scaled_dot_product_attention and given.get("dropout_p"):
            return self._attention(*args, **given)
        return func(*args, **given)

    def _dropout(self, x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        return dropout(x, p, training=training, generator=self.generator)

    def _attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        if is_causal or enable_gqa:
            raise ValueError("attention to earlier pieces alone, or with shared keys, is that of a decoder")
        scores = query @ key.transpose(-1, -2) * (scale if scale is not None else 1 / math.sqrt(query.shape[-1]))
        if attn_mask is not None:
            scores = scores.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
        return dropout(torch.softmax(scores, dim=-1), dropout_p, training=True, generator=self.generator) @ value
