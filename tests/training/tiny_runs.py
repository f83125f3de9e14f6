"""What the tests of training share: a tiny configuration, an observer that remembers, a look into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from relknit.training import TrainingState

TINY: dict[str, dict[str, Any]] = {
    "encoder": {
        "word_dim": 16,
        "char_dim": 4,
        "char_filters": 4,
        "shape_dim": 2,
        "hidden": 24,
        "num_layers": 1,
        "input_dropout": 0.1,
    },
    "model": {"num_rounds": 1, "pair_hidden": 12},
    "training": {
        "epochs": 2,
        "batch_size": 6,
        "learning_rate": 0.05,
        "ema_decay": 0.9,
        "threads": 1,
        "patience": 10,
        "rename": 0.0,
        "join": 0.0,
        "vary_case": 0.0,
        "tune_window": False,
        "folds": 0,
    },
}


class Watcher:
    """An observer that remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.records: list[dict[str, Any]] = []
        self.warnings: list[str] = []

    def batch(self, state: TrainingState, batches: int, loss: float) -> None:
        self.steps.append(state.step)

    def epoch(self, record: dict[str, Any]) -> None:
        self.records.append(record)

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with what is in it."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
