"""Number formats in which weights are stored; loaded they are float32 in any case.

float32   as they are
float16   half the size
int8      a quarter: a matrix as int8 with a scale for each of its rows (output channels); the rest float16
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import torch
from torch import Tensor

from relknit.errors import ConfigError, short

Storage = Literal["float32", "float16", "int8"]
STORAGES: Final[tuple[Storage, ...]] = ("float32", "float16", "int8")
_SCALE: Final = "@scale"
_HIGHEST: Final = 127


def stored(weights: Mapping[str, Tensor], storage: Storage) -> dict[str, Tensor]:
    """The weights in a number format; of each int8 matrix there is also the scale of its rows, float32 (rows, 1).

    Raises ConfigError for an unknown format.
    """
    if storage not in STORAGES:
        raise ConfigError(f"storage is {short(storage)}, expected one of {', '.join(STORAGES)}")
    if storage == "float32":
        return dict(weights)
    found = {}
    for name, weight in weights.items():
        if storage == "int8" and weight.dim() == 2:
            scale = weight.float().abs().amax(1, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny) / _HIGHEST
            found[name] = (weight.float() / scale).round().clamp(-_HIGHEST, _HIGHEST).to(torch.int8)
            found[name + _SCALE] = scale
        else:
            found[name] = weight.half()
    return found


def storage_of(weights: Mapping[str, Tensor]) -> Storage:
    """The smallest format that has these float32 weights exactly, int8 up to the last bits of its scales."""
    if all((weight.half().float() == weight).all() for weight in weights.values()):
        return "float16"
    again = loaded(stored(weights, "int8"))
    same = (torch.allclose(again[name].float(), weight, rtol=1e-6, atol=0.0) for name, weight in weights.items())
    return "int8" if all(same) else "float32"


def loaded(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `stored` was given, as closely as the format has it: int8 matrices as float32, others as they are.

    An int8 matrix without a scale that fits stays as it is.
    """
    found = {name: tensor for name, tensor in tensors.items() if not name.endswith(_SCALE)}
    for name, tensor in found.items():
        scale = tensors.get(name + _SCALE)
        if tensor.dtype == torch.int8 and scale is not None and scale.shape == (*tensor.shape[:1], 1):
            found[name] = tensor.float() * scale.float()
    return found
