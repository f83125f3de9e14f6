"""Which run's model stands for a row in a case study, or why none does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from relknit.config import Config
from relknit.errors import RelknitError
from relknit.experiments.rows import Row
from relknit.experiments.settings import Settings, configure, missing_files, settings_hash
from relknit.experiments.trials import StoredRun, check_same_data, stored_runs, why_unfinished


@dataclass(frozen=True, slots=True)
class Where:
    """What is asked of all questions alike: which runs stand for the rows, and where the data lies.

    out: the folder of all runs. seed: None is the first that is done. data: None is the test split of the rows.
    """

    settings: Settings
    out: Path
    seed: int | None = None
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class Contender:
    """A row in a comparison: the run whose model stands for it, or why there is none (`note`)."""

    name: str
    budget: str = ""
    seed: int | None = None
    folder: str = ""
    note: str = ""


def contenders(rows: Sequence[Row], where: Where) -> list[Contender]:
    """One for each row, in order; never raises for what is wrong with a row, which stands in its note."""
    runs = {row.folder: stored_runs(where.out / row.folder.name) for row in rows}
    return [_contender(row, where, runs[row.folder], name) for row, name in _named(rows)]


def _named(rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """Each row with the shortest kind of name that tells all of them apart."""
    kinds: list[list[str]] = [
        [row.label or row.name for row in rows],
        [row.name for row in rows],
        [f"{row.folder.name}/{row.name}" for row in rows],
        [str(row.path) for row in rows],
    ]
    names = next((names for names in kinds if len(set(names)) == len(rows)), kinds[-1])
    return list(zip(rows, names, strict=True))


def _contender(row: Row, where: Where, runs: Sequence[StoredRun], name: str) -> Contender:
    try:
        config = configure(row, where.settings)
        same = [run for run in runs if run.settings == settings_hash(config)]
        done = [run for run in same if run.done and where.seed in (None, run.seed)]
        if not done:
            return Contender(name, note="not run: " + _why_not(row, where, config, runs, same))
        run = min(done, key=lambda run: run.seed)
        if where.data is None:
            check_same_data(config, run.folder)
    except RelknitError as error:
        return Contender(name, note=f"not run: {error}")
    return Contender(name, run.budget, run.seed, str(run.folder))


def _why_not(row: Row, where: Where, config: Config, runs: Sequence[StoredRun], same: Sequence[StoredRun]) -> str:
    begun = [f"seed {r.seed}: {why_unfinished(r.folder)}" for r in same if not r.done and where.seed in (None, r.seed)]
    others = [run.folder.name for run in runs if run.folder.parent.name == row.name and run not in same and run.done]
    missing = ["/".join(path.parts[-2:]) for path in missing_files(config)]
    if begun:
        return "; ".join(begun)
    if where.seed is not None and same:
        return f"no seed {where.seed}, only {', '.join(str(run.seed) for run in same)}"
    if others:
        return f"under budget {where.settings.budget} never started; runs of other settings: {', '.join(others)}"
    return f"data missing: {', '.join(missing)}" if missing else "never started"
