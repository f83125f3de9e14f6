"""Training what is missing: skip what is done, take up what was cut off, go on when a row fails."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from relknit.checkpoint import load_model, write_json
from relknit.errors import CheckpointError, ConfigError, RelknitError
from relknit.evaluation import evaluate
from relknit.experiments.rows import Row
from relknit.experiments.settings import Settings, check_budget
from relknit.experiments.trials import (
    EVALUATION_FILE,
    FAILURE_FILE,
    Trial,
    check_same_data,
    make_trial,
    note_failure,
)
from relknit.predict import choose_device
from relknit.training import Observer, Plan, make_plan, train
from relknit.training.result import read_result

Watch: TypeAlias = Callable[[Trial, Plan], AbstractContextManager[Observer]]
Status: TypeAlias = Literal["trained", "already there", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row with a seed; `folder` is None where it failed before there was one, `error` says why."""

    row: Row
    seed: int
    status: Status
    folder: Path | None = None
    error: str = ""


def run_rows(
    rows: Sequence[Row],
    settings: Settings,
    *,
    seeds: int,
    out: Path,
    watch: Watch,
    threads: Callable[[Trial], int] = lambda trial: 1,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Outcome]:
    """Train every row with the seeds 1 to `seeds` (all rows with seed 1 first), and say of each what became of it.

    watch: gives the observer of a training that is about to begin. threads: worker threads of a run.
    stop: asked after every step and between the runs; when it says so, the state is saved and nothing more is begun.
    A RelknitError fails its row, not the others. Raises ConfigError for less than one seed, and for
    a budget that a folder doesn't know.
    """
    if seeds < 1:
        raise ConfigError(f"--seeds {seeds}: expected 1 or more")
    for folder in {row.folder for row in rows}:
        check_budget(folder, settings.budget)
    for seed in range(1, seeds + 1):
        for row in rows:
            if stop():
                return
            yield _attempt(row, settings, seed, out, watch, threads, stop)


def _attempt(
    row: Row,
    settings: Settings,
    seed: int,
    out: Path,
    watch: Watch,
    threads: Callable[[Trial], int],
    stop: Callable[[], bool],
) -> Outcome:
    trial = None
    try:
        trial = make_trial(row, settings, seed, out=out)
        status = _complete(trial, watch, threads(trial), stop)
    except RelknitError as error:
        if trial is None:
            return Outcome(row, seed, "failed", error=str(error))
        with contextlib.suppress(CheckpointError, OSError):  # the reason is told in any case
            note_failure(trial.folder, error)
        return Outcome(row, seed, "failed", trial.folder, str(error))
    return Outcome(row, seed, status, trial.folder)


def _complete(trial: Trial, watch: Watch, threads: int, stop: Callable[[], bool]) -> Status:
    """Whatever a run still lacks: its training, or the rest of it, and its evaluation on test."""
    folder, test = trial.folder, trial.config.data.test
    if test is None:
        raise ConfigError(f"{trial.row.path}: data.test is not set, and a table is of test scores; name the file")
    finished = read_result(folder) is not None
    if finished:
        check_same_data(trial.config, folder)
        if (folder / EVALUATION_FILE).exists():
            return "already there"
    plan = make_plan(trial.config)
    (folder / FAILURE_FILE).unlink(missing_ok=True)
    with watch(trial, plan) as observer:
        result = train(plan, folder, observer, threads=threads, resume=True, stop=stop)
    if result.interrupted:
        return "interrupted"
    saved = load_model(folder)
    saved.model.to(choose_device(trial.config.training.device))
    report = evaluate(saved, plan.test, threads=threads)
    if nothing := plan.negatives.get("test"):
        report = replace(report, no_fact=evaluate(saved, nothing, threads=threads).no_fact)
    write_json(folder / EVALUATION_FILE, report.to_dict(), indent=2)
    return "trained"
