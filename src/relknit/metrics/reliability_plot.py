"""A reliability plot: how often a confidence is right, beside the line on which it means what it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from relknit.calibration.precision_table import wilson_bound
from relknit.errors import DataError
from relknit.files import replacing
from relknit.metrics.reliability import Reliability
from relknit.plotting import new_figure

Z_BOTH: Final = 1.96  # two-sided 95 %


def draw_reliability(panels: Mapping[str, Reliability | None], path: Path) -> None:
    """Write a PNG with one panel for each name that has a Reliability.

    A point is a bin: its mean confidence, the share that is right, and the 95 % Wilson interval of that. Raises DataError
    where no panel has anything to show or the file can't be written, MissingExtraError without matplotlib.
    """
    shown = {name: reliability for name, reliability in panels.items() if reliability is not None}
    if not shown:
        raise DataError("the predictions carry no confidence, so there is nothing to draw", path=path)
    figure = new_figure(4.2 * len(shown), 4.2)
    axes = figure.subplots(1, len(shown), squeeze=False)[0]
    for axis, (name, reliability) in zip(axes, shown.items(), strict=True):
        _panel(axis, name, reliability)
    with replacing(path) as partial:
        figure.savefig(partial, format="png", dpi=150)


def _panel(axis: Any, name: str, reliability: Reliability) -> None:
    bins = reliability.bins
    counts = np.array([[b.right * b.triples, b.triples] for b in bins])
    low = wilson_bound(counts, Z_BOTH)
    high = 1 - wilson_bound(np.stack([counts[:, 1] - counts[:, 0], counts[:, 1]], axis=1), Z_BOTH)
    right = np.array([b.right for b in bins])
    errors = np.maximum(np.stack([right - low, high - right]), 0)
    axis.plot([0, 1], [0, 1], "--", color="0.6", label="means what it says")
    axis.errorbar([b.confidence for b in bins], right, yerr=errors, marker="o", capsize=3, label=name)
    axis.set(
        title=f"{name}: {reliability.count}, calibration error {100 * reliability.error:.1f} points",
        xlabel=f"mean confidence of a bin ({len(bins)} of equal mass)",
        ylabel="share right",
        xlim=(0, 1),
        ylim=(0, 1.02),
    )
    axis.set_aspect("equal", adjustable="box")
    axis.legend(loc="upper left")
    axis.grid(alpha=0.3)
