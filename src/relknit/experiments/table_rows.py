"""A row of the printed table: one score, as mean and standard deviation over seeds, beside the published figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any, Final

from relknit.experiments.rows import Figure

COLUMNS: Final = ("data", "row", "score", "budget", "seeds", "P", "R", "F1", "FP rate", "published", "gap", "note")
FIGURES: Final = frozenset(("seeds", "P", "R", "F1", "FP rate", "published", "gap"))
"""The right-aligned columns."""


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
class TableRow:
    """One score of one row under one budget.

    budget: None when the row was never started. seeds: those of the finished runs; empty without a result.
    precision, recall, f1: ours. false_positive_rate: percentage of negative sentences with a predicted triple.
    published: precision, recall, F1 in the paper. note: what to know about the result, or why there is none.
    other_settings: the result is of other settings than the row and its budget have now.
    """

    dataset: str
    row: str
    score: str
    budget: str | None = None
    seeds: tuple[int, ...] = ()
    precision: Spread | None = None
    recall: Spread | None = None
    f1: Spread | None = None
    false_positive_rate: Spread | None = None
    published: Figure | None = None
    note: str = ""
    other_settings: bool = False

    @property
    def gap(self) -> float | None:
        """Our mean F1 minus the published one, in points; None where one of them is missing."""
        return None if self.f1 is None or self.published is None else self.f1.mean - self.published[2]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with the gap."""
        return asdict(self) | {"gap": self.gap}


def cells(row: TableRow) -> tuple[str, ...]:
    """The text in each of COLUMNS: percent as mean ± sd, the published P / R / F1 (or F1 alone), the gap in points.

    A budget with * means other settings than those that the row has now. "FP rate" is the mean percentage of negative
    sentences with a predicted triple. A dash is an F1 that the model of the row does not have.
    """
    return (
        row.dataset,
        row.row,
        row.score,
        (row.budget or "") + "*" * row.other_settings,
        str(len(row.seeds)) if row.seeds else "",
        *map(_spread, (row.precision, row.recall)),
        (_spread(row.f1) or "–") if row.seeds else "not run",
        "" if row.false_positive_rate is None else f"{row.false_positive_rate.mean:.1f}",
        "" if row.published is None else " / ".join(f"{x:.1f}" for x in row.published if x is not None),
        "" if row.gap is None else f"{row.gap:+.1f}",
        row.note,
    )


def to_markdown(rows: Sequence[TableRow]) -> str:
    """A Markdown table, figures right-aligned."""
    aligned = ["---:" if name in FIGURES else "---" for name in COLUMNS]
    lines = [COLUMNS, tuple(aligned), *map(cells, rows)]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _spread(value: Spread | None) -> str:
    if value is None:
        return ""
    return f"{value.mean:.1f}" if value.sd is None else f"{value.mean:.1f} ± {value.sd:.1f}"
