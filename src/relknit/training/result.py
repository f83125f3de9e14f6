"""How a run ended, and the file that says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from relknit.checkpoint import write_json
from relknit.errors import CheckpointError

RESULT_FILE: Final = "result.json"


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """How a run ended: the epoch chosen (from 1), its dev scores, test scores if there is a test split, seconds in all.

    no_fact: the share of sentences without a fact in which one was found, for dev and test of `data.no_fact`.
    Of an interrupted run `best_epoch` is the best so far (0 = none yet), and nothing is scored.
    """

    folder: Path
    best_epoch: int
    dev: dict[str, float]
    test: dict[str, float] | None
    seconds: float
    interrupted: bool = False
    no_fact: Mapping[str, float] = field(default_factory=dict)


def write_result(result: TrainingResult, *, run: str) -> None:
    """Write `result.json` into the run folder, atomically; `run` tells later which run it belongs to."""
    summary = {
        "best_epoch": result.best_epoch,
        "dev": result.dev,
        "test": result.test,
        **({"no_fact": dict(result.no_fact)} if result.no_fact else {}),
        "seconds": round(result.seconds, 1),
        "run": run,
    }
    write_json(result.folder / RESULT_FILE, summary, indent=2)


def read_result(folder: Path) -> tuple[TrainingResult, str] | None:
    """The result of a finished run and which run it was, None if there is none; raises CheckpointError if damaged."""
    path = folder / RESULT_FILE
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        result = TrainingResult(
            folder,
            found["best_epoch"],
            found["dev"],
            found["test"],
            found["seconds"],
            no_fact=found.get("no_fact", {}),
        )
        return result, found["run"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"damaged result ({type(error).__name__}: {error}); train again into another folder"
        raise CheckpointError(f"{path}: {message}") from None
