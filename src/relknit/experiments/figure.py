"""F1 against the number of rounds K, ours beside the published curve. Needs the extra `plot`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from relknit.errors import DataError
from relknit.experiments.lines import Line
from relknit.experiments.table import OTHER_SETTINGS
from relknit.files import replacing
from relknit.plotting import new_figure

_ROUNDS: Final = re.compile(r"(?:(?P<model>.+)_)?k(?P<rounds>\d+)")


def curves(lines: Sequence[Line]) -> dict[tuple[str, str], dict[str, list[Line]]]:
    """The lines of rows called `kN` or `MODEL_kN`, by dataset and score, then by model and budget, in order of N.

    Rows with neither a score of ours nor a published one are left out; of runs with settings other than
    the row's only the published figure counts.
    """
    found: dict[tuple[str, str], dict[str, list[Line]]] = {}
    for line in sorted(lines, key=rounds):
        name = _ROUNDS.fullmatch(line.row)
        if line.note.startswith(OTHER_SETTINGS):
            line = replace(line, budget=None, f1=None)
        if name and (line.f1 or line.published):
            series = " ".join(part for part in (name["model"], line.budget) if part)
            found.setdefault((line.dataset, line.score), {}).setdefault(series, []).append(line)
    return dict(sorted(found.items()))


def rounds(line: Line) -> int:
    """K of a line's row, -1 where its name has none."""
    name = _ROUNDS.fullmatch(line.row)
    return int(name["rounds"]) if name else -1


def draw(lines: Sequence[Line], path: Path) -> None:
    """Write the curves as a PNG, one panel for each dataset and score.

    Raises DataError when no row is called after its K or the file can't be written, MissingExtraError without matplotlib.
    """
    panels = curves(lines)
    if not panels:
        raise DataError("no row of the folder is called after its K (k2, rnn_k3), so there is no curve", path=path)
    figure = new_figure(5 * len(panels), 3.6)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, ((dataset, score), series) in zip(axes, panels.items(), strict=True):
        axis.set(title=f"{dataset}, {score}", xlabel="K", ylabel="test F1")
        _draw_published(axis, series)
        for name, points in series.items():
            _draw_ours(axis, name, [line for line in points if line.f1])
        axis.legend()
        axis.grid(alpha=0.3)
    with replacing(path) as partial:
        figure.savefig(partial, format="png", dpi=150)


def _draw_published(axis: Any, series: dict[str, list[Line]]) -> None:
    printed = {rounds(line): line.published[2] for points in series.values() for line in points if line.published}
    if printed:
        axis.plot(*zip(*sorted(printed.items()), strict=True), "k--o", markerfacecolor="white", label="published")


def _draw_ours(axis: Any, name: str, points: Sequence[Line]) -> None:
    means = [line.f1.mean for line in points if line.f1]
    errors = [line.f1.sd or 0.0 for line in points if line.f1]
    if means:
        label = f"ours, {name}" if name else "ours"
        axis.errorbar([rounds(line) for line in points], means, yerr=errors, marker="s", capsize=3, label=label)
