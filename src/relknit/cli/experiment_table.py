"""The table of an experiment in a terminal: one for each dataset, with notes below it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from relknit.experiments import COLUMNS, FIGURES, TableRow, cells


def show_rows(console: Console, rows: Sequence[TableRow]) -> None:
    """The rows, dataset by dataset; a note shared by several rows is printed once."""
    for dataset, group in groupby(rows, key=lambda row: row.dataset):
        own = list(group)
        budgets = list(dict.fromkeys(row.budget for row in own if row.budget))
        several = len(budgets) > 1 or any(row.other_settings for row in own)
        title = f"{dataset}, {budgets[0]} budget" if budgets and not several else dataset
        console.print(_table(title, own, several=several), highlight=False)
        for note in dict.fromkeys(row.note for row in own if row.note):
            named = dict.fromkeys(_name(row, several=several) for row in own if row.note == note)
            console.print(Text(f"  {', '.join(named)}: {note}", style="dim"), soft_wrap=True)
        console.print()


def _table(title: str, rows: Sequence[TableRow], *, several: bool) -> Table:
    """Without empty columns, and the budget only where there are several."""
    shown = [dict(zip(COLUMNS, cells(row), strict=True)) for row in rows]
    shared = {"data", "note"} if several else {"data", "note", "budget"}
    names = [name for name in COLUMNS if name not in shared and any(cell[name] for cell in shown)]
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, justify="right" if name in FIGURES else "left", no_wrap=True)
    above = None
    for row, values in zip(rows, shown, strict=True):
        if (row.row, row.budget, row.note) == above:
            values |= {"row": "", "budget": ""}
        above = (row.row, row.budget, row.note)
        if row.published is not None:
            values["published"] = f"{row.published[2]:.1f}"
        table.add_row(*(Text(values[name]) for name in names))
    return table


def _name(row: TableRow, *, several: bool) -> str:
    """The row's label, with its budget where there are several."""
    return f"{row.row} ({row.budget})" if row.budget and several else row.row
