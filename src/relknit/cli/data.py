"""relknit data: list and fetch datasets, check one, convert one from a foreign format, count what it holds."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.markup import escape
from rich.table import Table

from relknit.cli import terminal
from relknit.cli.data_convert import convert
from relknit.cli.dataset_stats import stats
from relknit.cli.datasets import get, list_datasets
from relknit.cli.doctor import doctor
from relknit.cli.export import export
from relknit.data.check import CheckReport, check_file, check_folder
from relknit.data.corpus import corpus_path
from relknit.errors import DataError

app = App(name="data", help="List, fetch, check, convert and count datasets.")
app.command(list_datasets, name="list")
app.command(get)
app.command(convert)
app.command(stats)
app.command(export)
app.command(doctor)

_SHOWN = 5

Json = Annotated[bool, Parameter(name="--json", negative="")]
SkipBad = Annotated[bool, Parameter(negative="")]


@app.command
def check(path: Path, *, as_json: Json = False, skip_bad: SkipBad = False) -> int:
    """Say what is wrong or odd about a dataset, line by line. Exit status 1 when something is an error.

    Parameters
    ----------
    path:
        A .jsonl or .jsonl.gz file, or a folder with train, dev and test.
    as_json:
        Print the report as one JSON object.
    skip_bad:
        Count lines that break the format as warnings, as training with --skip-bad would leave them out.
    """
    report = (check_folder if path.is_dir() else check_file)(path, skip_bad=skip_bad)
    if as_json:
        _print_json(asdict(report) | {"errors": report.errors, "warnings": report.warnings})
    else:
        _show_report(report)
    return 1 if report.errors else 0


@app.command
def sample(folder: Path) -> int:
    """Copy the small corpus that comes with relknit (CC0) into a folder, to try training on.

    Parameters
    ----------
    folder:
        The folder to make; it must not exist.
    """
    if folder.exists():
        raise DataError("exists already; name a folder that does not", path=folder)
    shutil.copytree(corpus_path(), folder)
    terminal.console().print(
        escape(f"train, dev and test in {folder}; go on with: relknit train {folder}"), soft_wrap=True
    )
    return 0


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _show_report(report: CheckReport) -> None:
    console = terminal.console()
    shown: Counter[tuple[str, str]] = Counter()
    for finding in report.findings:
        shown[finding.level, finding.kind] += 1
        if shown[finding.level, finding.kind] <= _SHOWN:
            where = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
            console.print(escape(f"{where}: {finding.level}: {finding.message}"), soft_wrap=True, highlight=False)
    if shown:
        table = Table("finding", "level", "count", title=f"first {_SHOWN} of each kind shown above")
        for (level, kind), count in shown.most_common():
            table.add_row(kind, level, str(count))
        console.print(table)
    console.print(f"{report.documents} documents, {report.errors} errors, {report.warnings} warnings")
