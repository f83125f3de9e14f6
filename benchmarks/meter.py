"""Seconds and peak memory of a piece of work, on the CPU or on a GPU that is waited for."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

import torch


def peak_mb() -> float:
    """The most memory this process held since `reset_peak`, MB; where the system tells only that, since its start."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def reset_peak() -> None:
    """Forget earlier peaks, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def resident_mb() -> float:
    """The memory this process holds now, MB; where the system does not tell, the peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return peak_mb()
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def give_back() -> None:
    """Return freed memory to the system, where the C library can (glibc), so that what is held is what is used."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Meter:
    """A stop watch and the peak memory above what the process (on a GPU: its tensors) held when this was made."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.base = self._held()
        self.reset()

    @property
    def _gpu(self) -> bool:
        return self.device.type == "cuda"

    def _held(self) -> float:
        return torch.cuda.memory_allocated() / 1e6 if self._gpu else resident_mb()

    def now(self) -> float:
        """Seconds on a clock, read once the device has done all it was given."""
        if self._gpu:
            torch.cuda.synchronize()
        return time.perf_counter()

    def reset(self) -> None:
        """Forget the peak so far."""
        if self._gpu:
            torch.cuda.reset_peak_memory_stats()
        else:
            reset_peak()

    def peak(self) -> float:
        """The most memory held since the last reset, MB above the base."""
        return (torch.cuda.max_memory_allocated() / 1e6 if self._gpu else peak_mb()) - self.base


def gpu_name(device: torch.device) -> str:
    """The GPU and the CUDA that torch uses, "none" on the CPU."""
    if device.type != "cuda":
        return "none"
    return f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
