"""How a person sees the rows of an experiment: a table for each dataset that fits a terminal, and what to know below it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from relknit.experiments import COLUMNS, FIGURES, Line, cells


def show_lines(console: Console, lines: Sequence[Line]) -> None:
    """The lines, dataset by dataset; notes are told once for all rows that share them."""
    for dataset, group in groupby(lines, key=lambda line: line.dataset):
        own = list(group)
        budgets = list(dict.fromkeys(line.budget for line in own if line.budget))
        title = f"{dataset}, {budgets[0]} budget" if len(budgets) == 1 else dataset
        console.print(_table(title, own, several=len(budgets) > 1), highlight=False)
        for note in dict.fromkeys(line.note for line in own if line.note):
            named = dict.fromkeys(_name(line, several=len(budgets) > 1) for line in own if line.note == note)
            console.print(Text(f"  {', '.join(named)}: {note}", style="dim"), soft_wrap=True)
        console.print()


def _table(title: str, lines: Sequence[Line], *, several: bool) -> Table:
    """Without columns that hold nothing, and the budget only where there are several."""
    shown = [dict(zip(COLUMNS, cells(line), strict=True)) for line in lines]
    said = {"data", "note"} if several else {"data", "note", "budget"}
    names = [name for name in COLUMNS if name not in said and any(cell[name] for cell in shown)]
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, justify="right" if name in FIGURES else "left", no_wrap=True)
    above = None
    for line, values in zip(lines, shown, strict=True):
        if (line.row, line.budget) == above:
            values |= {"row": "", "budget": ""}
        above = (line.row, line.budget)
        if line.published is not None:
            values["published"] = f"{line.published[2]:.1f}"
        table.add_row(*(Text(values[name]) for name in names))
    return table


def _name(line: Line, *, several: bool) -> str:
    """A line's row, with its budget where there are several."""
    return f"{line.row} ({line.budget})" if line.budget and several else line.row
