"""Trains the missing runs: skips finished ones, resumes interrupted ones, continues after a failed row."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from relknit.checkpoint import load_model, write_json
from relknit.errors import CheckpointError, ConfigError, RelknitError
from relknit.evaluation import evaluate
from relknit.experiments.configure import RunOptions, check_budget
from relknit.experiments.rows import ExperimentRow
from relknit.experiments.trials import (
    EVALUATION_FILE,
    FAILURE_FILE,
    Trial,
    check_same_data,
    make_trial,
    note_failure,
)
from relknit.training import Observer, Plan, make_plan, train
from relknit.training.result import read_result

ObserverFactory: TypeAlias = Callable[[Trial, Plan], AbstractContextManager[Observer]]
Status: TypeAlias = Literal["trained", "already done", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class RowResult:
    """How a row with a seed ended; `folder` is None where it failed before one was created, `error` is the reason."""

    row: ExperimentRow
    seed: int
    status: Status
    folder: Path | None = None
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the row by its name, `folder` and `error` null where there is none."""
        folder = None if self.folder is None else str(self.folder)
        row = {"row": self.row.name, "seed": self.seed, "status": self.status}
        return row | {"folder": folder, "error": self.error or None}


def run_rows(
    rows: Sequence[ExperimentRow],
    options: RunOptions,
    *,
    seeds: int,
    out: Path,
    watch: ObserverFactory,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[RowResult]:
    """Train every row with the seeds 1 to `seeds` (all rows with seed 1 first), and yield how each ended.

    watch: returns the observer of a training that is about to start.
    stop: called after every step and between runs; when it returns True, the state is saved and no run is started.
    A RelknitError fails its row, not the others. Raises ConfigError for less than one seed and an unknown budget.
    """
    if seeds < 1:
        raise ConfigError(f"--seeds {seeds}: expected 1 or more")
    for folder in {row.folder for row in rows}:
        check_budget(folder, options.budget)
    for seed in range(1, seeds + 1):
        for row in rows:
            if stop():
                return
            status: Status
            trial, reason = None, ""
            try:
                trial = make_trial(row, options, seed, out=out)
                status = _complete(trial, watch, stop)
            except RelknitError as error:
                status, reason = "failed", str(error)
                if trial is not None:
                    with contextlib.suppress(CheckpointError, OSError):  # the result holds the reason anyway
                        note_failure(trial.folder, error)
            yield RowResult(row, seed, status, None if trial is None else trial.folder, reason)


def _complete(trial: Trial, watch: ObserverFactory, stop: Callable[[], bool]) -> Status:
    """Do what a run still lacks: the rest of its training, and its evaluation on test."""
    folder, test = trial.folder, trial.config.data.test
    if test is None:
        raise ConfigError(f"{trial.row.where}: data.test is not set, and the table shows test scores; name the file")
    finished = read_result(folder) is not None
    if finished:
        check_same_data(trial.config, folder)
        if (folder / EVALUATION_FILE).exists():
            return "already done"
    plan = make_plan(trial.config, adapt=False)
    (folder / FAILURE_FILE).unlink(missing_ok=True)
    with watch(trial, plan) as observer:
        result = train(plan, folder, observer, resume=True, stop=stop)
    if result.interrupted:
        return "interrupted"
    saved = load_model(folder)
    runtime = trial.config.training.runtime
    report = evaluate(saved, plan.test, runtime=runtime)
    if sentences := plan.negatives.get("test"):
        report = replace(report, negatives=evaluate(saved, sentences, runtime=runtime).negatives)
    write_json(folder / EVALUATION_FILE, report.to_dict(), indent=2)
    return "trained"
