"""How a person sees the rows of an experiment: a table for each dataset that fits a terminal, and what to know below it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from relknit.experiments import COLUMNS, Line, cells

_FIGURES: Final = ("seeds", "P", "R", "F1", "published", "gap")


def show_lines(console: Console, lines: Sequence[Line]) -> None:
    """The lines, dataset by dataset; notes are told once for all rows that share them."""
    for dataset, group in groupby(lines, key=lambda line: line.dataset):
        own = list(group)
        console.print(_table(dataset, own), highlight=False)
        for note in dict.fromkeys(line.note for line in own if line.note):
            rows = dict.fromkeys(_place(line, own) for line in own if line.note == note)
            console.print(Text(f"  {', '.join(rows)}: {note}", style="dim"), soft_wrap=True)
        console.print()


def _table(dataset: str, lines: Sequence[Line]) -> Table:
    """Without columns that say the same in every line or nothing at all."""
    budgets = _budgets(lines)
    shown = [dict(zip(COLUMNS, cells(line), strict=True)) for line in lines]
    names = [name for name in COLUMNS if name not in ("data", "note") and any(cell[name] for cell in shown)]
    title = dataset
    if len(budgets) < 2:
        names = [name for name in names if name != "budget"]
        title += "".join(f", {budget} budget" for budget in budgets)
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, justify="right" if name in _FIGURES else "left", no_wrap=True)
    for number, line in enumerate(lines):
        same = number > 0 and _place(line, lines) == _place(lines[number - 1], lines)
        values = shown[number] | ({"row": "", "budget": ""} if same else {})
        if line.published is not None:
            values["published"] = f"{line.published[2]:.1f}"
        table.add_row(*(Text(values[name]) for name in names))
    return table


def _budgets(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(line.budget for line in lines if line.budget))


def _place(line: Line, lines: Sequence[Line]) -> str:
    """The name of a line's row, with its budget where there are several."""
    return f"{line.row} ({line.budget})" if line.budget and len(_budgets(lines)) > 1 else line.row
