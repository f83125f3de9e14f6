"""Where to compute, and in which precision."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal, TypeAlias

import torch

from relknit.errors import ConfigError

Precision: TypeAlias = Literal["auto", "fp32"]


def choose_device(device: str | torch.device) -> torch.device:
    """ "cpu", "cuda" (or "cuda:1"), or "auto": cuda where there is one. Raises ConfigError for anything else or absent."""
    name = str(device)
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, number = name.partition(":")
    if name != "cpu" and not (kind == "cuda" and (name == "cuda" or number.isdecimal())):
        raise ConfigError(f"device is {name!r}, expected auto, cpu or cuda")
    if kind == "cuda" and not int(number or 0) < torch.cuda.device_count():
        raise ConfigError(f"device is {name}, but torch sees no such GPU here; use cpu or auto")
    return torch.device(name)


def computing(device: torch.device, precision: Precision) -> AbstractContextManager[None]:
    """What a batch is computed in: bf16 where torch.autocast sees fit, on a GPU and unless `precision` is "fp32"."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda" and precision == "auto")


def check_precision(precision: str) -> None:
    """Raises ConfigError unless it is "auto" or "fp32"."""
    if precision not in ("auto", "fp32"):
        raise ConfigError(f"precision is {precision!r}, expected auto (bf16 on a GPU) or fp32")
