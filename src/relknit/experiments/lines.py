"""What stands in a table: one score of one row, as mean and standard deviation over seeds, beside the published figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any

from relknit.experiments.rows import Figure


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation (n - 1) of some percentages; `sd` is None for a single one."""

    mean: float
    sd: float | None

    @classmethod
    def of(cls, values: Sequence[float | None]) -> Spread | None:
        """The spread of the values, None where one is missing or there are none."""
        known = [value for value in values if value is not None]
        if not known or len(known) < len(values):
            return None
        return cls(fmean(known), stdev(known) if len(known) > 1 else None)


@dataclass(frozen=True, slots=True)
class Line:
    """One score of one row under one budget.

    budget: None when the row was never begun. seeds: those of the finished runs; without any, nothing of ours is there.
    precision, recall, f1: ours. no_fact: percentage of the sentences without a fact in which one was found.
    published: precision, recall, F1 in the paper. note: what to know, or why it was not run.
    """

    dataset: str
    row: str
    score: str
    budget: str | None = None
    seeds: tuple[int, ...] = ()
    precision: Spread | None = None
    recall: Spread | None = None
    f1: Spread | None = None
    no_fact: Spread | None = None
    published: Figure | None = None
    note: str = ""

    @property
    def gap(self) -> float | None:
        """Our mean F1 minus the published one, in points; None where one of them is missing."""
        return None if self.f1 is None or self.published is None else self.f1.mean - self.published[2]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with the gap."""
        return asdict(self) | {"gap": self.gap}
