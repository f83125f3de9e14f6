"""Speed in sentences per CPU-second, beside a fixed matrix product that says how fast the machine is."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any, Final

import torch

_SIZE: Final = 512
_PRODUCTS: Final = 40


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast texts were read in this run.

    cpu_seconds: of all threads of the process, from raw text to triples
    products_per_cpu_second: products of two 512 × 512 matrices of float32 that torch computed in the same run, half of
        them before and half after
    """

    sentences: int
    cpu_seconds: float
    products_per_cpu_second: float

    @property
    def sentences_per_cpu_second(self) -> float:
        """sentences / cpu_seconds."""
        return self.sentences / self.cpu_seconds if self.cpu_seconds else 0.0

    @property
    def sentences_per_product(self) -> float:
        """Sentences in the time of one product: about the same on machines of different speed."""
        return self.sentences_per_cpu_second / self.products_per_cpu_second if self.products_per_cpu_second else 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        rates = {"per_cpu_second": self.sentences_per_cpu_second, "per_product": self.sentences_per_product}
        return asdict(self) | {f"sentences_{name}": rate for name, rate in rates.items()}


def product_cpu_seconds() -> float:
    """CPU-seconds that one product of two 512 × 512 matrices takes now."""
    left, right = torch.rand(2, _SIZE, _SIZE, generator=torch.Generator().manual_seed(0))
    torch.mm(left, right)
    start = time.process_time()
    for _ in range(_PRODUCTS):
        torch.mm(left, right)
    return (time.process_time() - start) / _PRODUCTS
