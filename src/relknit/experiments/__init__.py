"""Runs and tables over a folder of rows: every row of a paper's table with one command."""

from relknit.experiments.collect import collect
from relknit.experiments.configure import RunOptions, configure, to_toml
from relknit.experiments.figure import draw
from relknit.experiments.recorded import read_recorded, record_runs
from relknit.experiments.rows import ExperimentRow, find_rows, read_published
from relknit.experiments.run import RowResult, run_rows
from relknit.experiments.table_rows import COLUMNS, FIGURES, Spread, TableRow, cells, to_markdown
from relknit.experiments.trials import Trial

__all__ = [
    "COLUMNS",
    "FIGURES",
    "ExperimentRow",
    "RowResult",
    "RunOptions",
    "Spread",
    "TableRow",
    "Trial",
    "cells",
    "collect",
    "configure",
    "draw",
    "find_rows",
    "read_published",
    "read_recorded",
    "record_runs",
    "run_rows",
    "to_markdown",
    "to_toml",
]
