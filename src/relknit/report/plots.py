"""Precision-recall and reliability plots as SVG: inside a page, or as a separate file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from relknit.calibration.precision_table import wilson_bound
from relknit.display import amount, confidence_text
from relknit.errors import DataError
from relknit.metrics.curves import OperatingPoint
from relknit.metrics.reliability import Reliability
from relknit.page import render

Z_BOTH: Final = 1.96  # two-sided 95 %
TICKS: Final = (0, 0.25, 0.5, 0.75, 1)


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a plot, both coordinates 0 to 1, with the interval of `y` and a tooltip."""

    x: float
    y: float
    low: float
    high: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A square from 0 to 1: a curve through points, dots, and the diagonal if `ideal`; `x_labels` for each of the ticks."""

    title: str
    caption: str
    axes: tuple[str, str]
    curve: tuple[tuple[float, float], ...] = ()
    dots: tuple[Dot, ...] = ()
    ideal: bool = False
    x_labels: tuple[str, ...] = tuple(map(str, TICKS))

    @property
    def ticks(self) -> tuple[float, ...]:
        """Where the grid and the labels of the axes are."""
        return TICKS


def precision_recall_plot(points: Sequence[OperatingPoint]) -> Plot:
    """Precision over recall as the least confidence falls; the dot is where everything predicted is kept."""
    last = points[-1]
    curve = ((round(point.recall, 3), round(point.precision, 3)) for point in points)
    return Plot(
        "Precision over recall",
        f"all kept: precision {100 * last.precision:.1f}, recall {100 * last.recall:.1f}",
        ("recall", "precision"),
        curve=tuple(dict.fromkeys(curve)),  # points that coincide at this size are drawn once
        dots=(Dot(last.recall, last.precision, last.precision, last.precision),),
    )


def reliability_plot(name: str, reliability: Reliability) -> Plot:
    """The fraction correct in every bin of equal mass, with its 95 % Wilson interval, over the bin's mean confidence."""
    bins = reliability.bins
    counts = np.array([[b.accuracy * b.count, b.count] for b in bins])
    low = wilson_bound(counts, Z_BOTH)
    high = 1 - wilson_bound(np.stack([counts[:, 1] - counts[:, 0], counts[:, 1]], axis=1), Z_BOTH)
    dots = (
        Dot(
            b.confidence,
            b.accuracy,
            min(float(down), b.accuracy),
            max(float(up), b.accuracy),
            f"{b.count:,} of mean confidence {confidence_text(b.confidence)}, {100 * b.accuracy:.1f} % correct",
        )
        for b, down, up in zip(bins, low, high, strict=True)
    )
    return Plot(
        f"Reliability of confidence: {name}",
        f"{reliability.count:,} in {amount(len(bins), 'bin')} of equal mass, "
        f"calibration error {100 * reliability.error:.1f} points",
        ("confidence", "fraction correct"),
        dots=tuple(dots),
        ideal=True,
    )


def reliability_svg(reliabilities: Mapping[str, Reliability | None]) -> str:
    """An SVG file with a plot for each name that has a Reliability; raises DataError where none has."""
    plots = [reliability_plot(name, its) for name, its in reliabilities.items() if its is not None]
    if not plots:
        raise DataError("the predictions carry no confidence, so there is nothing to draw")
    return render("report/plots.svg", plots=plots)
