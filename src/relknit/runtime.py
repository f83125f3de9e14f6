"""Where and how a model computes: one value that every way to run a model takes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from relknit.errors import ConfigError, short

if TYPE_CHECKING:
    import torch

_MOST_THREADS: Final = 256
_DEVICE: Final = re.compile(r"auto|cpu|cuda(:\d{1,3})?", re.ASCII)
_UNITS: Final = MappingProxyType({"": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000})
_BYTES: Final = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)\s*([KMG]?B)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where and how a model computes. Raises ConfigError for an invalid value.

    Attributes
    ----------
    device:
        cpu, cuda (or cuda:1), or auto: a GPU where there is one.
    threads:
        Worker threads, 0 to 256; 0 is one per core.
    memory_budget:
        Memory to take above that of the model (on a GPU: of its memory), such as 200MB (or KB, GB, plain bytes); changes
        no triple.
    dtype:
        auto is bfloat16 on a GPU and float32 on a CPU.
    """

    device: str = "cpu"
    threads: int = 0
    memory_budget: int | str | None = None
    dtype: Literal["auto", "float32"] = "auto"

    def __post_init__(self) -> None:
        if not isinstance(self.device, str) or not _DEVICE.fullmatch(self.device):
            raise ConfigError(f"device is {short(self.device)}, expected auto, cpu or cuda (such as cuda:1)")
        if type(self.threads) is not int or not 0 <= self.threads <= _MOST_THREADS:
            raise ConfigError(f"threads is {short(self.threads)}, expected 0 (one per core) to {_MOST_THREADS}")
        if self.dtype not in ("auto", "float32"):
            raise ConfigError(f"dtype is {short(self.dtype)}, expected auto or float32")
        budget = self.budget_bytes
        if budget is not None and budget <= 0:
            raise ConfigError(f"memory_budget is {short(self.memory_budget)}, expected more than 0 bytes")

    @property
    def workers(self) -> int:
        """The number of worker threads, at least 1."""
        return self.threads or os.cpu_count() or 1

    @property
    def budget_bytes(self) -> int | None:
        """The memory budget in bytes: "200MB" is 200,000,000; None where there is none."""
        budget = self.memory_budget
        if budget is None or type(budget) is int:
            return budget
        found = _BYTES.fullmatch(budget.strip().upper()) if isinstance(budget, str) else None
        if found is None:
            message = "expected a size such as 200MB, 1.5GB or 200000000 (bytes)"
            raise ConfigError(f"memory_budget is {short(budget)}, {message}")
        return int(float(found[1]) * _UNITS[found[2] or ""])

    def torch_device(self) -> torch.device:
        """The device as torch names it. Raises ConfigError for a GPU that is not there."""
        import torch

        if self.device == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        device = torch.device(self.device)
        if device.type == "cuda" and not (device.index or 0) < torch.cuda.device_count():
            raise ConfigError(f"device is {self.device}, but torch sees no such GPU here; use cpu or auto")
        return device
