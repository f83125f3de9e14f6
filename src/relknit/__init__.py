"""relknit: joint entity and relation extraction with evidence for every triple.

>>> import relknit
>>> extract = relknit.load("webnlg")
>>> extract("Alan Bean was born in Wheeler, Texas.").triples  # doctest: +SKIP

Importing relknit does not import torch; `load` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from relknit.document import Document, Entity, Relation, Triple
from relknit.errors import CheckpointError, ConfigError, DataError, MissingExtraError, RelknitError
from relknit.version import __version__

if TYPE_CHECKING:
    from relknit.extractor import Extractor

__all__ = [
    "CheckpointError",
    "ConfigError",
    "DataError",
    "Document",
    "Entity",
    "MissingExtraError",
    "Relation",
    "RelknitError",
    "Triple",
    "__version__",
    "load",
]


def load(
    model: str | Path = "webnlg",
    *,
    threads: int | None = None,
    device: str = "cpu",
    memory_budget: int | None = None,
    min_precision: float | None = None,
) -> Extractor:
    """An Extractor for an existing model folder, else the shipped model of that name, else the hub's: owner/name[@revision].

    Only a hub id that is neither uses the network; it needs the extra `hub`, and nothing of what it brings is executed.

    threads: worker threads for long texts and batches; None is one per core. device: "cpu", "cuda", or "auto" (cuda
    where there is one). memory_budget: bytes that extraction may take above model and interpreter. min_precision: keep
    only triples sure enough for this share of them (such as 0.95) to be right, as dev has shown for each relation. Raises
    CheckpointError, ConfigError for a device, budget or precision that cannot be, and MissingExtraError.
    """
    from relknit.extractor import Extractor

    return Extractor.load(
        model, threads=threads, device=device, memory_budget=memory_budget, min_precision=min_precision
    )
