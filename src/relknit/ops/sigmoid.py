"""A sigmoid whose value depends on its argument alone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def sigmoid(x: Tensor) -> Tensor:
    """σ(x) = 1 / (1 + exp(-x)), of any shape, equal for equal arguments wherever they are in a tensor.

    On a CPU `torch.sigmoid` computes whole SIMD blocks by one formula and the rest of a tensor by another, so that the
    last bit of a probability would depend on how many others are computed with it. `torch.exp` has no such rest. In half
    precision and on other devices this is `torch.sigmoid`.
    """
    if x.device.type != "cpu" or x.dtype not in (torch.float32, torch.float64):
        return torch.sigmoid(x)
    return _Sigmoid.apply(x)  # type: ignore[no-untyped-call,no-any-return]


class _Sigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.neg(x).exp_().add_(1).reciprocal_()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return torch.ops.aten.sigmoid_backward(grad, y)  # type: ignore[no-any-return]
