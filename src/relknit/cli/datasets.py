"""relknit data list and get: the benchmark datasets by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import DownloadColumn, TimeRemainingColumn
from rich.table import Table

from relknit.cli import terminal
from relknit.cli.common import JsonFlag, Overwrite, print_json, progress_display
from relknit.data.catalogue import DATA_DIR, DATASETS, Dataset, dataset, find_datasets, sentence_counts
from relknit.data.readers.splits import SPLITS
from relknit.errors import DataError


def list_datasets(*, data_dir: Path | None = None, as_json: JsonFlag = False) -> int:
    """List the known datasets, how many sentences of each are in the local folder, and which can be downloaded.

    The JSON has terms, citation and addresses too.

    Parameters
    ----------
    data_dir:
        The folder with a subfolder for each dataset; by default `data`.
    """
    if data_dir is not None and not data_dir.exists():
        raise DataError("no such folder; name the one that holds the datasets", path=data_dir)
    entries = _entries(data_dir or DATA_DIR)
    if as_json:
        print_json(entries)
        return 0
    table = Table("dataset", *SPLITS, "arguments", "download", "description")
    for column in table.columns[1:4]:
        column.justify = "right"
    for entry in entries:
        counts = (f"{entry['sentences'][split]:,}" if split in entry["sentences"] else "-" for split in SPLITS)
        known = DATASETS.get(entry["name"])
        fetchable = "-" if known is None or not known.files else "all" if not known.missing else ", ".join(known.files)
        table.add_row(
            escape(entry["name"]),
            *counts,
            entry["annotation"] or "",
            fetchable,
            entry["about"] or "a folder of your own",
        )
    terminal.console().print(table)
    for entry in entries:
        if entry["problem"]:
            terminal.print_note(entry["problem"])
    return 0


def _entries(data_dir: Path) -> list[dict[str, Any]]:
    """The whole catalogue, then the other datasets of the folder, JSON-ready."""
    local = {found.name: found for found in find_datasets(data_dir)}
    entries = []
    for name in [*DATASETS, *(name for name in local if name not in DATASETS)]:
        known, found, counts, problem = DATASETS.get(name), local.get(name), dict[str, int](), None
        if found is not None:
            problem = found.problem
            try:
                counts = sentence_counts(found)
            except DataError as error:
                problem = str(error)
        here = {"folder": None if found is None else str(found.folder), "sentences": counts, "problem": problem}
        entries.append({"name": name, **_description(known), **here})
    return entries


def _description(known: Dataset | None) -> dict[str, Any]:
    if known is None:
        return dict.fromkeys(("about", "annotation", "terms", "citation", "published", "addresses"))
    return {
        "about": known.about,
        "annotation": known.annotation,
        "terms": known.terms,
        "citation": known.citation,
        "published": dict(known.splits),
        "addresses": {split: asdict(address) for split, address in known.files.items()},
    }


def get(name: str, *, out: Path | None = None, overwrite: Overwrite = False, as_json: JsonFlag = False) -> int:
    """Download a dataset from its public addresses, check it, and convert it to train, dev and test.

    Files that are already there are not downloaded again.

    Parameters
    ----------
    name:
        A name of `relknit data list`.
    out:
        The folder to make; by default data/NAME.
    """
    from relknit.data.catalogue.get import get_dataset  # imports the modules of the network

    known = dataset(name)
    folder = DATA_DIR / name if out is None else out
    terminal.print_note(f"terms of {name}: {known.terms}")
    with _download_bars() as progress:
        got = get_dataset(known, folder, overwrite=overwrite, progress=progress)
    if as_json:
        files = [asdict(split) | {"path": str(split.path)} for split in got]
        print_json({"dataset": name, "terms": known.terms, "files": files, "missing": list(known.missing)})
    else:
        for split in got:
            done = "written to" if split.written else "already in"
            terminal.print_line(f"{split.sentences} sentences {done} {split.path}")
    if known.missing:
        absent = f"{name} {', '.join(known.missing)} has no public address that can be checked; {known.look}"
        terminal.print_note(absent + _conversion(known, folder))
    return 0


def _conversion(known: Dataset, folder: Path) -> str:
    """The command that converts a file obtained manually."""
    anchor = f" --anchor {known.anchor}" if known.anchor else ""
    target = folder / f"{known.missing[0]}.jsonl.gz"
    return f', then: relknit data convert FILE "{target}" --from {known.source_format}{anchor} --tokenised'


@contextmanager
def _download_bars() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar for each file, silent when the console is not a terminal.

    Yields a function of file name, bytes received and bytes in all (None where unknown).
    """
    with progress_display(terminal.to_people(), DownloadColumn(), TimeRemainingColumn()) as progress:
        tasks = {}

        def show(name: str, done: int, size: int | None) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(escape(name), total=size)
            progress.update(tasks[name], completed=done, total=size)

        yield show
