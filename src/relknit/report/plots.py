"""Precision over recall, and how often each confidence is right: inline SVG, drawn with the colours of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from relknit.metrics.curves import Bin, OperatingPoint
from relknit.page import amount

_LEFT, _TOP, _SIDE, _FOOT = 44, 14, 260, 40  # the square from 0 to 1 and what stands around it
_QUARTERS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


def precision_recall_plot(points: Sequence[OperatingPoint]) -> str:
    """Precision over recall as the least confidence falls; the dot is where all that was predicted is kept."""
    places = [_place(point.recall, point.precision) for point in points]
    line = " ".join(dict.fromkeys(places))  # points that fall on the same tenth of a pixel are drawn once
    last = points[-1]
    x, y = places[-1].split(",")
    shown = f"all kept: precision {100 * last.precision:.1f}, recall {100 * last.recall:.1f}"
    return _frame(
        "Precision over recall",
        ("recall", "precision"),
        [f'<polyline class="curve" points="{line}"/>', f'<circle class="dot" cx="{x}" cy="{y}" r="4"/>'],
        shown,
    )


def reliability_plot(bins: Sequence[Bin], *, shown: str) -> str:
    """The share of right triples in every bin of confidence; bars on the dashed line are confidences that mean what they say.

    shown: what to say of it below the title, plain text
    """
    parts = [f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>']
    for group in bins:
        left, top, width, bottom = _x(group.low) + 1, _y(group.right), _SIDE * (group.high - group.low) - 2, _y(0)
        said = (
            f"{amount(group.triples, 'triple')} of confidence {group.confidence:.2f}, {100 * group.right:.1f} % right"
        )
        parts.append(
            f'<rect class="bar" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}">'
            f"<title>{said}</title></rect>"
        )
        parts.append(f'<circle class="dot" cx="{_x(group.confidence):.1f}" cy="{top:.1f}" r="3"/>')
        parts.append(
            f'<text class="count" x="{left + width / 2:.1f}" y="{bottom - 5:.1f}">{_short(group.triples)}</text>'
        )
    return _frame("How often a confidence is right", ("confidence", "share right"), parts, shown)


def _frame(title: str, axes: tuple[str, str], parts: Iterable[str], shown: str) -> str:
    width, height = _LEFT + _SIDE + 16, _TOP + _SIDE + _FOOT
    lines = []
    for value in _QUARTERS:
        x, y = _x(value), _y(value)
        lines += [f'<line class="grid" x1="{x}" y1="{_y(0)}" x2="{x}" y2="{_y(1)}"/>']
        lines += [f'<line class="grid" x1="{_x(0)}" y1="{y}" x2="{_x(1)}" y2="{y}"/>']
        lines += [f'<text class="below" x="{x}" y="{_y(0) + 15}">{value:g}</text>']
        lines += [f'<text class="beside" x="{_x(0) - 6}" y="{y + 4}">{value:g}</text>']
    lines += [f'<text class="below" x="{_x(0.5)}" y="{_y(0) + 33}">{axes[0]}</text>']
    lines += [f'<text class="axis" transform="translate(11 {_y(0.5)}) rotate(-90)">{axes[1]}</text>']
    drawn = "".join((*lines, *parts))
    return (
        f"<figure><figcaption><b>{title}</b>{shown}</figcaption>"
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}; {shown}">{drawn}</svg></figure>'
    )


def _short(count: int) -> str:
    """A number that fits into the width of a bar."""
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"


def _place(x: float, y: float) -> str:
    return f"{_x(x):.1f},{_y(y):.1f}"


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - share)
