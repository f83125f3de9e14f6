"""Moving tensors to where they are computed."""

from __future__ import annotations

import torch
from torch import Tensor


def to_device(x: Tensor, device: torch.device) -> Tensor:
    """x on the device; on its way from a CPU to a GPU through pinned memory, so that the copy is asynchronous."""
    if device.type == "cuda" and not x.is_cuda:
        return x.pin_memory().to(device, non_blocking=True)
    return x.to(device)
