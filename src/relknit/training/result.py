"""How a run ended, and the file that says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from relknit.checkpoint import write_json
from relknit.checksums import KEY, value_digest
from relknit.errors import CheckpointError, one_line

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
    write_json(result.folder / RESULT_FILE, summary | {KEY: value_digest(summary)}, indent=2)


def read_result(folder: Path) -> tuple[TrainingResult, str] | None:
    """The result of a finished run and which run it was, None if there is none; raises CheckpointError if damaged."""
    path = folder / RESULT_FILE
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.get(KEY, value_digest(found)) != value_digest(found):  # older versions wrote none
            raise ValueError(f"it is not as it was written, its {KEY} differs")
        result = TrainingResult(
            folder,
            found["best_epoch"],
            found["dev"],
            found["test"],
            found["seconds"],
            no_fact=found.get("no_fact", {}),
        )
        _check_types(result)
        return result, str(found["run"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"damaged result ({one_line(f'{type(error).__name__}: {error}')}); train again into another folder"
        raise CheckpointError(f"{path}: {message}") from None


def _check_types(result: TrainingResult) -> None:
    """Raise TypeError where a value is none that `write_result` writes."""
    figures = [
        result.seconds,
        *(score for scores in (result.dev, result.test or {}, result.no_fact) for score in scores.values()),
    ]
    if type(result.best_epoch) is not int or not all(type(figure) in (int, float) for figure in figures):
        raise TypeError("best_epoch, seconds and all scores should be numbers")
