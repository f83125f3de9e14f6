"""Weights of a module for a larger one that continues from it."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def copy_known_weights(grown: nn.Module, known: nn.Module, *, but: str | None = None) -> None:
    """Copy every weight of `known` into the same place of `grown`, whose tensors are as large or larger.

    What is new has to come after what is known in every dimension; it keeps its initial weights, except that of a matrix
    (outputs, inputs) known outputs have zeros for new inputs: they are at first what they are in `known`.
    but: names that begin with this are left out.
    """
    weights = known.state_dict()
    for name, value in grown.state_dict().items():
        if but is None or not name.startswith(but):
            size = weights[name].shape
            value[tuple(map(slice, size))].copy_(weights[name])
            if value.dim() == 2:
                value[: size[0], size[1] :] = 0.0
