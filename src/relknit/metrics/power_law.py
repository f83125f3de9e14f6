"""A learning curve, and the power law through it: the error 1 - F1 falls as a n^-b with n training sentences.

Fitted by least squares to the logarithms. What it says about more sentences comes with an 80 % prediction interval of that
regression, which is wide, as it should be, where the points are few or scattered.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any, Final

LEAST_POINTS: Final = 4
_T_80: Final = {2: 1.886, 3: 1.638, 4: 1.533}  # two-sided 80 % quantiles of Student's t by degrees of freedom


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """The number of training sentences, and strict F1 (0 to 1) on sentences that were not trained on."""

    sentences: int
    f1: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """F1 that is expected with so many sentences, and its 80 % prediction interval, all 0 to 1."""

    sentences: int
    f1: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Points by rising number of sentences."""

    points: tuple[LearningPoint, ...]

    def forecast(self, factor: float = 2) -> Forecast | None:
        """F1 with `factor` times the sentences of the last point; None where the points do not support one.

        They do with at least LEAST_POINTS above 0 and below 1, an error that falls, and a lower end of the interval above the
        last measured F1.
        """
        used = [point for point in self.points if 0 < point.f1 < 1]
        if len(used) < LEAST_POINTS or len(used) - 2 not in _T_80:
            return None
        xs, ys = [log(point.sentences) for point in used], [log(1 - point.f1) for point in used]
        mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
        spread = sum((x - mean_x) ** 2 for x in xs)
        slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
        rest = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in zip(xs, ys, strict=True))
        last = self.points[-1]
        x = log(factor * last.sentences)
        y = mean_y + slope * (x - mean_x)
        error = sqrt(rest / (len(xs) - 2) * (1 + 1 / len(xs) + (x - mean_x) ** 2 / spread))
        half = _T_80[len(xs) - 2] * error
        found = Forecast(round(factor * last.sentences), 1 - exp(y), 1 - exp(y + half), 1 - exp(y - half))
        return found if slope < 0 and found.low > last.f1 else None

    def sentence(self) -> str:
        """What more data would bring, in one sentence."""
        last, more = self.points[-1], self.forecast()
        if more is None:
            return (
                f"strict F1 is {100 * last.f1:.1f} with {last.sentences} sentences; the scores on smaller parts do not "
                "support a forecast for more"
            )
        return (
            f"with {more.sentences} sentences instead of {last.sentences}, strict F1 would rise from {100 * last.f1:.1f} to "
            f"about {100 * more.f1:.0f} (80 % interval {100 * more.low:.0f} to {100 * more.high:.0f}, from a power law)"
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: points, forecast for twice the sentences (or none), and the sentence about it."""
        more = self.forecast()
        return {
            "points": [{"sentences": point.sentences, "strict_f1": point.f1} for point in self.points],
            "forecast": None
            if more is None
            else {"sentences": more.sentences, "strict_f1": more.f1, "low": more.low, "high": more.high},
            "summary": self.sentence(),
        }
