"""A table as text: cells for the terminal, and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relknit.experiments.lines import Line, Spread

COLUMNS: Final = ("data", "row", "score", "budget", "seeds", "P", "R", "F1", "no fact", "published", "gap", "note")
FIGURES: Final = frozenset(("seeds", "P", "R", "F1", "no fact", "published", "gap"))
"""The columns that stand to the right."""


def cells(line: Line) -> tuple[str, ...]:
    """What stands in each of COLUMNS: percent as mean ± sd, the published P / R / F1 (or F1 alone), the gap in points.

    "no fact" is the mean percentage of sentences without a fact in which one was found.
    """
    ours = (line.precision, line.recall, line.f1) if line.seeds else (None, None, None)
    return (
        line.dataset,
        line.row,
        line.score,
        line.budget or "",
        str(len(line.seeds)) if line.seeds else "",
        _spread(ours[0]),
        _spread(ours[1]),
        _spread(ours[2]) if line.seeds else "not run",
        "" if line.no_fact is None else f"{line.no_fact.mean:.1f}",
        "" if line.published is None else " / ".join(f"{x:.1f}" for x in line.published if x is not None),
        "" if line.gap is None else f"{line.gap:+.1f}",
        line.note,
    )


def to_markdown(lines: Sequence[Line]) -> str:
    """A Markdown table, figures to the right."""
    aligned = ["---:" if name in FIGURES else "---" for name in COLUMNS]
    rows = [COLUMNS, tuple(aligned), *map(cells, lines)]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in rows)


def _spread(value: Spread | None) -> str:
    if value is None:
        return ""
    return f"{value.mean:.1f}" if value.sd is None else f"{value.mean:.1f} ± {value.sd:.1f}"
