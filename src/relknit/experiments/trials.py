"""Run folders: `OUT/EXPERIMENT/ROW/BUDGET-sSEED-HASH`. Equal settings and seed are one run, whichever row they belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from relknit.checkpoint import write_json
from relknit.config import Config, build_config
from relknit.errors import CheckpointError, ConfigError, DataError, RelknitError
from relknit.experiments.configure import RunOptions, configure, settings_hash
from relknit.experiments.rows import ExperimentRow, Figure, read_json_object
from relknit.training.manifest import CONFIG_FILE, MANIFEST_FILE, data_digest, files_of
from relknit.training.result import RESULT_FILE, read_result
from relknit.training.state import read_state

EVALUATION_FILE: Final = "evaluation.json"
FAILURE_FILE: Final = "failure.json"
_NAME: Final = re.compile(r"(?P<budget>.+)-s(?P<seed>\d+)-(?P<settings>[0-9a-f]{8})")


ScoredSplit: TypeAlias = Literal["dev", "test"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A row to be trained once: with which seed and configuration, and in which folder."""

    row: ExperimentRow
    seed: int
    config: Config
    folder: Path


@dataclass(frozen=True, slots=True)
class StoredRun:
    """An existing run folder, finished or not. `settings` is the `settings_hash` of its configuration."""

    folder: Path
    budget: str
    seed: int
    settings: str

    @property
    def done(self) -> bool:
        """Whether it was trained to the end; its evaluation may still be missing."""
        return (self.folder / RESULT_FILE).exists()


def make_trial(row: ExperimentRow, options: RunOptions, seed: int, *, out: Path) -> Trial:
    """A row's run, in the folder of another row with the same settings if there is one; raises ConfigError or DataError."""
    config = configure(row, options, seed=seed)
    same, root = settings_hash(config), out / row.folder.name
    for run in stored_runs(root):
        if (run.seed, run.settings) == (seed, same):
            return Trial(row, seed, config, run.folder)
    return Trial(row, seed, config, root / row.name / f"{options.budget}-s{seed}-{same}")


def stored_runs(root: Path) -> list[StoredRun]:
    """All runs in an experiment's folder of runs, by row, budget and seed."""
    found = []
    for folder in root.glob("*/*"):
        if (name := _NAME.fullmatch(folder.name)) and folder.is_dir():
            config = stored_config(folder)
            # the name is a label: settings added to the configuration since are not in its hash
            settings = name["settings"] if config is None else settings_hash(config)
            found.append(StoredRun(folder, name["budget"], int(name["seed"]), settings))
    return sorted(found, key=lambda run: (run.folder.parent.name, run.budget, run.seed, run.folder.name))


def stored_config(folder: Path) -> Config | None:
    """The configuration that a run was started with, None when there is none or it is not valid."""
    try:
        values = read_json_object(folder / CONFIG_FILE)
        return build_config(values) if values else None
    except (DataError, ConfigError):
        return None


def stored_scores(folder: Path, split: ScoredSplit = "test") -> tuple[dict[str, Figure], float | None]:
    """The scores of a finished run by name, and its false positive rate, in percent; None without negative sentences.

    Precision and recall are known on test alone, once it is evaluated. Raises DataError or CheckpointError for a damaged file.
    """
    report = read_json_object(folder / EVALUATION_FILE) if split == "test" else {}
    finished = read_result(folder)
    f1s: dict[str, float] = (getattr(finished[0], split) if finished else None) or {}
    rate = finished[0].negatives.get(split) if finished else None
    try:
        negatives = report.get("negatives", report.get("no_fact", {}))  # the name in version 0.1.0
        if negatives.get("sentences"):
            rate = negatives["share" if "no_fact" in report else "false_positive_rate"]
        figures = {name: _percent(report[name]) if report else (None, None, 100 * f1) for name, f1 in f1s.items()}
        return figures, None if rate is None else 100 * float(rate)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"damaged evaluation ({type(error).__name__}: {error}); remove it and run the experiment again"
        raise DataError(message, path=folder / EVALUATION_FILE) from None


def why_unfinished(folder: Path) -> str:
    """Why a run failed, or in which epoch it was interrupted."""
    try:
        failure = read_json_object(folder / FAILURE_FILE).get("error")
        state = read_state(folder)
    except (DataError, CheckpointError) as error:
        return str(error)
    if failure:
        return str(failure)
    return "never started" if state is None else f"interrupted in epoch {state.epoch + 1}"


def note_failure(folder: Path, error: RelknitError) -> None:
    """Write the reason into the run folder, for the table."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / FAILURE_FILE, {"error": str(error)})


def check_same_data(config: Config, folder: Path) -> None:
    """Raises DataError when an existing data file is not the one that the run in `folder` was trained with.

    A split of negative sentences that the run did not have counts too. Missing files are not compared.
    """
    try:
        data = read_json_object(folder / MANIFEST_FILE)["data"]
        digests = {
            role.replace("no_fact/", "negatives/"): entry["sha256"] for role, entry in data.items()
        }  # as in 0.1.0
    except (DataError, KeyError, TypeError, AttributeError):
        return  # nothing to compare with
    for role, path in files_of(config).items():
        known = role in digests or role.startswith("negatives/")
        if known and path.exists() and data_digest(path) != digests.get(role):
            what = f"{role} split" if role in ("train", "dev", "test") else role
            raise DataError(f"{folder} was trained with another {what}; use another --out", path=path)


def _percent(ratios: dict[str, float]) -> Figure:
    return 100 * ratios["precision"], 100 * ratios["recall"], 100 * ratios["f1"]
