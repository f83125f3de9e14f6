"""Runs and tables over a folder of configurations: every row of a paper's table with one command."""

from relknit.experiments.figure import draw
from relknit.experiments.lines import Line, Spread
from relknit.experiments.rows import Published, Row, find_rows, read_published
from relknit.experiments.run import Outcome, run_rows
from relknit.experiments.settings import Settings, configure
from relknit.experiments.show import COLUMNS, FIGURES, cells, to_markdown
from relknit.experiments.table import collect
from relknit.experiments.trials import Trial

__all__ = [
    "COLUMNS",
    "FIGURES",
    "Line",
    "Outcome",
    "Published",
    "Row",
    "Settings",
    "Spread",
    "Trial",
    "cells",
    "collect",
    "configure",
    "draw",
    "find_rows",
    "read_published",
    "run_rows",
    "to_markdown",
]
