"""The datasets in a local folder, one subfolder each, with train, dev and test in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relknit.data.catalogue.entries import DATASETS
from relknit.data.readers import find_splits
from relknit.document.jsonl import read_lines
from relknit.errors import DataError

DATA_DIR: Final = Path("data")


@dataclass(frozen=True, slots=True)
class LocalDataset:
    """A folder with a dataset: its files by split, or the problem that prevents reading them."""

    name: str
    folder: Path
    splits: Mapping[str, Path]
    problem: str | None = None


def find_datasets(data_dir: Path) -> list[LocalDataset]:
    """The datasets in a folder: those of the catalogue in its order, then others by name; none if there is no folder.

    A folder named like a catalogue entry that has no splits, or one of them twice, is listed with its `problem`; any
    other such folder is skipped. Raises DataError if `data_dir` is a file or cannot be read.
    """
    if not data_dir.exists():
        return []
    try:
        folders = {child.name: child for child in data_dir.iterdir() if child.is_dir()}
    except OSError as error:
        message = f"is not a readable folder: {error.strerror or error}; name the folder of the datasets"
        raise DataError(message, path=data_dir) from None
    names = [name for name in DATASETS if name in folders] + sorted(folders.keys() - DATASETS.keys())
    found = [_local_dataset(name, folders[name]) for name in names]
    return [local for local in found if local.splits or local.name in DATASETS]


def _local_dataset(name: str, folder: Path) -> LocalDataset:
    try:
        return LocalDataset(name, folder, find_splits(folder, need_train=False))
    except DataError as error:
        return LocalDataset(name, folder, {}, str(error))


def sentence_counts(local: LocalDataset) -> dict[str, int]:
    """The number of lines of each split, without parsing them; raises DataError for a damaged file."""
    return {split: sum(1 for _ in read_lines(path)) for split, path in local.splits.items()}


def dataset_path(name: str | Path, data_dir: Path | None = None) -> Path:
    """The file or folder meant by a path or by the name of a dataset.

    With `data_dir` a name is looked up there before it is taken for a path; without it an existing path comes first, and
    names are looked up in the folder "data". Raises DataError for the name of a catalogue entry that is in neither; any
    other missing path is reported when it is opened.
    """
    path = Path(name)
    if data_dir is None and path.exists():
        return path
    folder = (data_dir or DATA_DIR) / path
    if folder.exists():
        return folder
    if str(name) in DATASETS:
        fix = f'name the folder it is in with --data-dir, or try: relknit data get {name} --out "{folder}"'
        raise DataError(f"the dataset {name} is not here; {fix}", path=folder)
    return path
