"""The table of an experiment: our test scores, dev-selected, as mean ± sd over seeds, beside the published figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from relknit.config import Config
from relknit.errors import RelknitError
from relknit.experiments.lines import Line, Spread
from relknit.experiments.rows import Figure, Published, Row, find_rows, read_published
from relknit.experiments.settings import Settings, budgets_of, configure, differences, missing_files, settings_hash
from relknit.experiments.trials import (
    ScoredSplit,
    StoredRun,
    stored_config,
    stored_figures,
    stored_no_fact,
    stored_runs,
    why_unfinished,
)

UNPUBLISHED_SCORES: Final = ("partial", "exact", "strict")
"""What is shown of a dataset for which the folder has no published figure."""

OTHER_SETTINGS: Final = "other settings"
"""How the note of a line begins whose runs were made with other settings than the row and its budget have now."""


def collect(folder: Path, *, out: Path, data_dir: Path | None = None, split: ScoredSplit = "test") -> list[Line]:
    """The lines of an experiment folder from its runs below `out`; published rows without a configuration are among them.

    data_dir: where the data lies, as it was given to the runs; it tells which rows can't be run for want of data.
    split: whose scores; on dev, by which settings are compared, there is F1 alone, and no published figure beside it.
    Raises ConfigError or DataError when the folder itself can't be read; what is wrong with a row stands in its note.
    """
    rows, published = find_rows([folder]), read_published(folder)
    runs = stored_runs(out / rows[0].folder.name)
    lines: list[Line] = []
    for row in rows:
        for line in _of_row(row, runs, data_dir, split):
            lines += _by_score(line, published)
    there = {(row.dataset, row.label) for row in rows}
    for label, by_data in published.items():
        for dataset in by_data:
            if (dataset, label) not in there:
                note = f"no configuration {dataset}_{label}.toml"
                lines += _by_score((Line(dataset, label, "", note=note), []), published)
    rank = {label: number for number, label in enumerate(published)}
    if split == "dev":
        lines = [replace(line, published=None) for line in lines]
    return sorted(lines, key=lambda line: (line.dataset, rank.get(line.row, len(rank)), line.row))


def _of_row(
    row: Row, runs: Sequence[StoredRun], data_dir: Path | None, split: ScoredSplit
) -> list[tuple[Line, list[dict[str, Figure]]]]:
    """A row's line under each budget with runs, and the figures of those that are finished; one line when there are none."""
    blank = Line(row.dataset, row.label, "")
    present, why = _configurations(row, data_dir)
    if not present:
        return [(replace(blank, note=why), [])]
    own = {settings_hash(config): budget for budget, config in reversed(present.items())}
    found = []
    for settings, budget in reversed(own.items()):
        found.append((budget, "", [run for run in runs if run.settings == settings]))
    others = [run for run in runs if run.folder.parent.name == row.name and run.settings not in own]
    for key in dict.fromkeys((run.budget, run.settings) for run in others):
        group = [run for run in others if (run.budget, run.settings) == key]
        found.append((key[0], _what_differs(group[0], present), group))
    lines = [_of_runs(replace(blank, budget=budget, note=note), group, split) for budget, note, group in found if group]
    if lines:
        return lines
    missing = missing_files(next(iter(present.values())))
    why = "data missing: " + ", ".join(_short(path) for path in missing) if missing else "never started"
    return [(replace(blank, note=why), [])]


def _configurations(row: Row, data_dir: Path | None) -> tuple[dict[str, Config], str]:
    """The row's configuration under each budget that it has; and why there is none, if so."""
    present, why = {}, ""
    for budget in budgets_of(row.folder):
        try:
            present[budget] = configure(row, Settings(budget, data_dir))
        except RelknitError as error:
            why = why or str(error)
    return present, why


def _what_differs(run: StoredRun, present: Mapping[str, Config]) -> str:
    config, meant = stored_config(run.folder), present.get(run.budget)
    if config is None or meant is None:
        return f"{OTHER_SETTINGS}, {run.settings}"
    return f"{OTHER_SETTINGS}: {', '.join(differences(config, meant))}"


def _of_runs(line: Line, runs: Iterable[StoredRun], split: ScoredSplit) -> tuple[Line, list[dict[str, Figure]]]:
    """A line with the seeds of the finished runs, what became of the others in its note; and their figures."""
    seeds, figures, nothing = [], [], []
    notes = [line.note] if line.note else []
    for run in {run.seed: run for run in runs}.values():
        try:
            if run.done:
                figures.append(stored_figures(run.folder, split))
                nothing.append(stored_no_fact(run.folder, split))
                seeds.append(run.seed)
            else:
                notes.append(f"seed {run.seed}: {why_unfinished(run.folder)}")
        except RelknitError as error:
            notes.append(f"seed {run.seed}: {error}")
    return replace(line, seeds=tuple(seeds), no_fact=Spread.of(nothing), note="; ".join(notes)), figures


def _by_score(row: tuple[Line, list[dict[str, Figure]]], published: Published) -> list[Line]:
    """A line for each score that the paper has for the dataset."""
    line, figures = row
    known = dict.fromkeys(score for by_data in published.values() for score in by_data.get(line.dataset, ()))
    lines = []
    for score in known or UNPUBLISHED_SCORES:
        ours = [Spread.of([run[score][k] for run in figures if score in run]) for k in range(3)]
        theirs = published.get(line.row, {}).get(line.dataset, {}).get(score)
        lines.append(replace(line, score=score, precision=ours[0], recall=ours[1], f1=ours[2], published=theirs))
    return lines


def _short(path: Path) -> str:
    return "/".join(path.parts[-2:])
