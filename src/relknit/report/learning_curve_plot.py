"""The learning curve as an SVG file."""

from __future__ import annotations

from relknit.metrics.power_law import LearningCurve
from relknit.page import render
from relknit.report.plots import TICKS, Dot, Plot


def learning_curve_svg(curve: LearningCurve) -> str:
    """Strict F1 over the number of training sentences, the forecast with its interval where there is one."""
    more = curve.forecast()
    widest = more.sentences if more is not None else curve.points[-1].sentences
    points = tuple((point.sentences / widest, point.f1) for point in curve.points)
    dots = [
        Dot(
            point.sentences / widest, point.f1, point.f1, point.f1, f"{point.sentences} sentences: {100 * point.f1:.1f}"
        )
        for point in curve.points
    ]
    if more is not None:
        dots.append(
            Dot(1.0, more.f1, more.low, more.high, f"{more.sentences} sentences, forecast: {100 * more.f1:.1f}")
        )
    caption = ", ".join(f"{point.sentences}: {100 * point.f1:.1f}" for point in curve.points)
    labels = tuple(f"{tick * widest:.0f}" for tick in TICKS)
    axes = ("training sentences", "strict F1")
    plot = Plot("Learning curve", caption, axes, curve=points, dots=tuple(dots), x_labels=labels)
    return render("report/plots.svg", plots=[plot])
