"""Calibration of confidences: bins of equal mass, and the expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from relknit.display import rounded_confidence
from relknit.metrics.curves import Scored

BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """What has a confidence from `low` to `high`: how many, their mean confidence, the fraction that is correct."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Confidences in up to BINS bins of equal mass, the least confident first; `low` and `high` are the ends that occur."""

    bins: tuple[Bin, ...]

    @property
    def count(self) -> int:
        """How many triples (or entities) were predicted."""
        return sum(group.count for group in self.bins)

    @property
    def error(self) -> float:
        """The expected calibration error, 0 to 1: by how much confidence and accuracy differ in a bin, on average."""
        return sum(group.count * abs(group.confidence - group.accuracy) for group in self.bins) / self.count

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the error, the count, and what a reliability plot shows of every bin, in four digits."""
        ratios = ("low", "high", "confidence", "accuracy")
        bins = [asdict(b) | {name: rounded_confidence(getattr(b, name)) for name in ratios} for b in self.bins]
        return {"expected_calibration_error": self.error, "count": self.count, "bins": bins}


def equal_mass(scored: Sequence[Scored] | None, *, bins: int = BINS) -> Reliability | None:
    """Bins with as equal counts as possible; predictions of the same confidence are in the same bin.

    None where there are no confidences, or nothing was predicted.
    """
    if not scored:
        return None
    ordered = sorted(scored)
    size = len(ordered)
    ends: list[int] = []
    for k in range(1, bins + 1):
        end = max(k * size // bins, 1)
        while end < size and ordered[end].confidence == ordered[end - 1].confidence:
            end += 1
        if not ends or end > ends[-1]:
            ends.append(end)
    return Reliability(tuple(_bin(ordered[start:end]) for start, end in zip([0, *ends], ends, strict=False)))


def _bin(group: Sequence[Scored]) -> Bin:
    return Bin(
        low=group[0].confidence,
        high=group[-1].confidence,
        count=len(group),
        confidence=sum(one.confidence for one in group) / len(group),
        accuracy=sum(one.correct for one in group) / len(group),
    )
