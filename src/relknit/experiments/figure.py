"""F1 against the number of rounds K, ours beside the published curve. Needs the extra `plot`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any, Final, TypeAlias

from relknit.errors import DataError
from relknit.experiments.table_rows import TableRow
from relknit.extras import import_extra
from relknit.files import replacing
from relknit.metrics import SCORES

_ROUNDS: Final = re.compile(r"(?:(?P<model>.+)_)?k(?P<rounds>\d+)")
_PUBLISHED_MARKERS: Final = "o^vD"

Series: TypeAlias = dict[str, list[TableRow]]
"""Rows of the table in order of K, by model and budget."""

Panels: TypeAlias = dict[tuple[str, str], Series]
"""The series of each panel, by dataset and score."""


def curves(rows: Sequence[TableRow]) -> Panels:
    """The table rows called `kN` or `MODEL_kN`, by dataset and score, then by model and budget, in order of N.

    Rows with neither a score of ours nor a published one are left out; of results with settings other
    than the row's only the published figure counts.
    """
    found: Panels = {}
    for row in sorted(rows, key=rounds):
        name = _ROUNDS.fullmatch(row.row)
        if row.other_settings:
            row = replace(row, budget=None, f1=None)
        if name and (row.f1 or row.published):
            series = " ".join(part for part in (name["model"], row.budget) if part)
            found.setdefault((row.dataset, row.score), {}).setdefault(series, []).append(row)
    return dict(sorted(found.items()))


def rounds(row: TableRow) -> int:
    """K of a row of the table, -1 where its name has none."""
    name = _ROUNDS.fullmatch(row.row)
    return int(name["rounds"]) if name else -1


def draw(rows: Sequence[TableRow], path: Path) -> None:
    """Write the curves as a PNG: a row of panels for each dataset, a panel for each score.

    Datasets that were not run are left out where another was, and so are scores that the paper does not print.
    Raises DataError when no row is named after its K or the file can't be written, MissingExtraError without matplotlib.
    """
    panels = _worth_drawing(curves(rows))
    if not panels:
        raise DataError("no row of the folder is named after its K (k2, rnn_k3), so there is no curve", path=path)
    datasets, scores = (list(dict.fromkeys(names)) for names in zip(*panels, strict=True))
    inches = (5 * len(scores), 3.6 * len(datasets))
    figure = import_extra("matplotlib.figure", "plot").Figure(figsize=inches, layout="constrained")
    grid = figure.subplots(len(datasets), len(scores), squeeze=False)
    for row, dataset in zip(grid, datasets, strict=True):
        for axis, score in zip(row, scores, strict=True):
            if series := panels.get((dataset, score)):
                _draw_panel(axis, f"{dataset}, {score}", series)
            else:
                axis.set_axis_off()
    with replacing(path) as partial:
        figure.savefig(partial, format="png", dpi=150)


def _worth_drawing(panels: Panels) -> Panels:
    """The panels that `draw` promises, in the order of SCORES."""

    def known(series: Series, figure: str) -> bool:
        return any(getattr(row, figure) for points in series.values() for row in points)

    run = {dataset for (dataset, _), series in panels.items() if known(series, "f1")}
    printed = {score for (_, score), series in panels.items() if known(series, "published")}
    kept = [key for key in panels if (not run or key[0] in run) and (not printed or key[1] in printed)]
    return {key: panels[key] for key in sorted(kept, key=lambda key: (key[0], SCORES.index(key[1])))}


def _draw_panel(axis: Any, title: str, series: Series) -> None:
    axis.set(title=title, xlabel="K", ylabel="test F1")
    axis.xaxis.get_major_locator().set_params(integer=True)
    _draw_published(axis, series)
    for name, points in series.items():
        _draw_ours(axis, name, [row for row in points if row.f1])
    axis.legend()
    axis.grid(alpha=0.3)


def printed_points(series: Series) -> dict[str, dict[int, float]]:
    """The published F1 by K of every model whose rows are called `MODEL_kN`, that of `kN` by the name ""."""
    printed: dict[str, dict[int, float]] = {}
    for row in (row for points in series.values() for row in points):
        if (name := _ROUNDS.fullmatch(row.row)) and row.published:
            printed.setdefault(name["model"] or "", {})[rounds(row)] = row.published[2]
    return {model: dict(sorted(points.items())) for model, points in sorted(printed.items())}


def _draw_published(axis: Any, series: Series) -> None:
    for (model, points), marker in zip(printed_points(series).items(), cycle(_PUBLISHED_MARKERS), strict=False):
        label = f"published, {model}" if model else "published"
        axis.plot([*points], [*points.values()], f"k--{marker}", markerfacecolor="white", label=label)


def _draw_ours(axis: Any, name: str, points: Sequence[TableRow]) -> None:
    means = [row.f1.mean for row in points if row.f1]
    errors = [row.f1.sd or 0.0 for row in points if row.f1]
    if means:
        label = f"ours, {name}" if name else "ours"
        axis.errorbar([rounds(row) for row in points], means, yerr=errors, marker="s", capsize=3, label=label)
