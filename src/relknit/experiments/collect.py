"""The table of an experiment: our scores, epoch chosen on dev, as mean ± sd over seeds, beside the published figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from relknit.config import Config
from relknit.errors import RelknitError
from relknit.experiments.configure import (
    RunOptions,
    budgets_of,
    configure,
    differences,
    missing_files,
    place,
    settings_hash,
)
from relknit.experiments.recorded import RecordedResult, RecordedScore, over_seeds, read_recorded
from relknit.experiments.rows import ExperimentRow, Published, find_rows, read_published
from relknit.experiments.table_rows import Spread, TableRow
from relknit.experiments.trials import (
    ScoredSplit,
    StoredRun,
    stored_config,
    stored_runs,
    stored_scores,
    why_unfinished,
)

UNPUBLISHED_SCORES: Final = ("partial", "exact", "strict")
"""The scores shown of a dataset without a published figure in the folder."""

_Measured: TypeAlias = tuple[TableRow, Mapping[str, RecordedScore]]
"""A row of the table before its scores are filled in, and these by name."""


def collect(folder: Path, *, out: Path, data_dir: Path | None = None, split: ScoredSplit = "test") -> list[TableRow]:
    """The table of an experiment folder from its runs below `out`, and from its results on file where there are no runs.

    Published rows without a configuration are included.
    data_dir: where the data is, as given to the runs; decides which rows lack data.
    split: whose scores; on dev, on which settings are compared, only F1, without published figures.
    Raises ConfigError or DataError when the folder itself can't be read; an error of a row is its note.
    """
    rows, published = find_rows([folder]), read_published(folder)
    runs = stored_runs(out / rows[0].folder.name)
    measured = [each for row in rows for each in _of_row(row, runs, data_dir, split)]
    known = {(row.dataset, row.label) for row in rows}
    measured += [
        (TableRow(dataset, label, "", note=f"no row {dataset}_{label} in rows.toml"), {})
        for label, by_data in published.items()
        for dataset in by_data
        if (dataset, label) not in known
    ]
    table = [row for each in measured for row in _by_score(each, published)]
    rank = {label: number for number, label in enumerate(published)}
    if split == "dev":
        table = [replace(row, published=None) for row in table]
    return sorted(table, key=lambda row: (row.dataset, rank.get(row.row, len(rank)), row.row))


def _of_row(
    row: ExperimentRow, runs: Sequence[StoredRun], data_dir: Path | None, split: ScoredSplit
) -> list[_Measured]:
    """What was measured of a row, by settings; its only entry says why when nothing was."""
    blank = TableRow(row.dataset, row.label, "")
    present, why = _configurations(row, data_dir)
    if not present:
        return [(replace(blank, note=why), {})]
    own: dict[str, str] = {}
    for budget, config in present.items():
        own.setdefault(settings_hash(config), budget)
    related = [run for run in runs if run.settings in own or run.folder.parent.name == row.name]
    groups = {(budget, settings): False for settings, budget in own.items()}
    groups |= {(run.budget, run.settings): True for run in related if run.settings not in own}
    measured = []
    for (budget, settings), others in groups.items():
        if group := [run for run in related if run.settings == settings and (run.budget == budget or not others)]:
            note = _what_differs(stored_config(group[0].folder), settings, present.get(budget)) if others else ""
            measured.append(_of_runs(replace(blank, budget=budget, note=note, other_settings=others), group, split))
    done = {run.settings for run in related if run.done}
    try:
        measured += [each for record in read_recorded(row) for each in _of_record(blank, record, present, done, split)]
    except RelknitError as error:
        measured.append((replace(blank, note=str(error)), {}))
    if measured:
        return measured
    missing = missing_files(next(iter(present.values())))
    why = "not run, data missing: " + ", ".join(place(path) for path in missing) if missing else "never started"
    return [(replace(blank, note=why), {})]


def _configurations(row: ExperimentRow, data_dir: Path | None) -> tuple[dict[str, Config], str]:
    """The row's configuration under each of its budgets; and the reason when there is none."""
    present, why = {}, ""
    for budget in budgets_of(row.folder):
        try:
            present[budget] = configure(row, RunOptions(budget, data_dir))
        except RelknitError as error:
            why = why or str(error)
    return present, why


def _what_differs(config: Config | None, settings: str, meant: Config | None) -> str:
    if config is None or meant is None:
        return f"other settings, {settings}"
    return f"other settings: {', '.join(differences(config, meant))}"


def _of_runs(row: TableRow, runs: Sequence[StoredRun], split: ScoredSplit) -> _Measured:
    """The scores of the finished runs; how the others ended is in the note."""
    seeds, figures, rates = [], [], []
    notes = [row.note] if row.note else []
    for run in {run.seed: run for run in runs}.values():
        try:
            if run.done:
                scores, rate = stored_scores(run.folder, split)
                figures.append(scores)
                rates.append(rate)
                seeds.append(run.seed)
            else:
                notes.append(f"seed {run.seed}: {why_unfinished(run.folder)}")
        except RelknitError as error:
            notes.append(f"seed {run.seed}: {error}")
    row = replace(row, seeds=tuple(seeds), false_positive_rate=Spread.of(rates), note="; ".join(notes))
    return row, over_seeds(figures)


def _of_record(
    blank: TableRow, record: RecordedResult, present: Mapping[str, Config], done: set[str], split: ScoredSplit
) -> list[_Measured]:
    """A result on file, unless there are finished runs with its settings."""
    config, settings = record.run_config(), record.current_hash
    scores = record.test if split == "test" else record.dev
    if settings in done or not scores:
        return []
    others = config is None or settings not in {settings_hash(each) for each in present.values()}
    notes = [f"recorded {record.date} ({record.machine})"]
    if others:
        notes.append(_what_differs(config, settings, present.get(record.budget)))
    longest = max(present, key=lambda budget: present[budget].training.epochs)
    if config is not None and config.training.epochs < present[longest].training.epochs:
        epochs = present[longest].training.epochs
        notes.append(f"{config.training.epochs} epochs; the {longest} budget has {epochs}")
    if record.note:
        notes.append(record.note)
    row = replace(blank, budget=record.budget, seeds=record.seeds, note="; ".join(notes), other_settings=others)
    return [(replace(row, false_positive_rate=record.false_positive_rate if split == "test" else None), scores)]


def _by_score(measured: _Measured, published: Published) -> list[TableRow]:
    """A row of the table for each score that the paper has for the dataset."""
    row, scores = measured
    known = dict.fromkeys(score for by_data in published.values() for score in by_data.get(row.dataset, ()))
    table = []
    for name in known or UNPUBLISHED_SCORES:
        theirs = published.get(row.row, {}).get(row.dataset, {}).get(name)
        row = replace(row, score=name, precision=None, recall=None, f1=None, published=theirs)
        if ours := scores.get(name):
            row = replace(row, precision=ours.precision, recall=ours.recall, f1=ours.f1)
        table.append(row)
    return table
