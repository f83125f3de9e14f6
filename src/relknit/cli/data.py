"""relknit data: list, download, check, convert and count datasets."""

from __future__ import annotations

import shutil
from pathlib import Path

from cyclopts import App

from relknit.cli import terminal
from relknit.cli.common import JsonFlag, print_json
from relknit.cli.data_convert import convert
from relknit.cli.dataset_stats import stats
from relknit.cli.datasets import get, list_datasets
from relknit.cli.doctor import doctor
from relknit.data.corpus import corpus_path
from relknit.errors import DataError

app = App(name="data")
app.command(list_datasets, name="list")
app.command(get)
app.command(convert)
app.command(stats)
app.command(doctor)


@app.command
def sample(folder: Path, *, as_json: JsonFlag = False) -> int:
    """Copy the small corpus that comes with relknit (CC0) into a folder, to try out training.

    Parameters
    ----------
    folder:
        The folder to create; it must not exist.
    """
    if folder.exists():
        raise DataError("exists already; name a folder that does not", path=folder)
    shutil.copytree(corpus_path(), folder)
    if as_json:
        print_json({"out": str(folder)})
        return 0
    terminal.print_line(f"train, dev and test in {folder}; next: relknit train {folder}")
    return 0
