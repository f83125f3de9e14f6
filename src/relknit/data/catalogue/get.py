"""Download a dataset of the catalogue and convert it to train, dev and test in relknit's format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from relknit.data.catalogue.entries import Dataset
from relknit.data.catalogue.fetch import Opener, download, open_https
from relknit.data.convert import convert, split_at_spaces
from relknit.data.readers import find_splits, read_documents
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError
from relknit.files import replacing
from relknit.page import render

ORIGINALS: Final = "original"
NOTE: Final = "SOURCE.md"

OnFile = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes received so far and the total (None if unknown)."""


@dataclass(frozen=True, slots=True)
class FetchedSplit:
    """One file of a dataset that is now in its folder; `written` is False if it was already there."""

    split: str
    path: Path
    sentences: int
    written: bool


def get_dataset(
    dataset: Dataset,
    folder: Path,
    *,
    overwrite: bool = False,
    opener: Opener = open_https,
    progress: OnFile = lambda file, done, total: None,
) -> list[FetchedSplit]:
    """Download every split that has an address and convert it to `folder`/SPLIT.jsonl.gz.

    The downloaded files are kept in `folder`/original, where a second call finds them (or a manual download);
    SOURCE.md records where they come from and on what terms. Nothing is converted before all files are there.

    Raises DataError when the dataset has no address, as `download` does, and, without `overwrite`, when it would replace
    a different file.
    """
    if not dataset.files:
        raise DataError(f"{dataset.name} has no public address that can be checked; {dataset.look}")
    _check_folder(dataset, folder, overwrite)
    originals = {split: folder / ORIGINALS / address.name for split, address in dataset.files.items()}
    for split, address in dataset.files.items():
        report = partial(progress, address.name)
        download(address, originals[split], overwrite=overwrite, opener=opener, progress=report)
    read = partial(convert, source=dataset.source_format, anchor=dataset.anchor or "auto", tokeniser=split_at_spaces)
    documents = {split: tuple(read(original)) for split, original in originals.items()}
    is_new = {split: _is_new(folder, split, found, overwrite) for split, found in documents.items()}
    note = render("data/catalogue/source_note.md", dataset=dataset, documents=documents, originals=ORIGINALS)
    _write_note(folder / NOTE, note, overwrite)
    for split, found in documents.items():
        if is_new[split]:
            write_jsonl(_target(folder, split), found)
    return [FetchedSplit(name, _target(folder, name), len(found), is_new[name]) for name, found in documents.items()]


def _target(folder: Path, split: str) -> Path:
    return folder / f"{split}.jsonl.gz"


def _check_folder(dataset: Dataset, folder: Path, overwrite: bool) -> None:
    """Before anything is downloaded: the folder must not contain these splits from elsewhere, under any name."""
    try:
        splits = find_splits(folder, need_train=False)
    except DataError:
        return  # no folder yet, or no split in it
    for split, address in dataset.files.items():
        path = splits.get(split)
        if path is not None and path != _target(folder, split):
            raise DataError(f"is already the {split} file of this folder; name another folder with --out", path=path)
        if path is not None and not overwrite and not address.is_at(folder / ORIGINALS / address.name):
            raise _would_be_lost(path)


def _is_new(folder: Path, split: str, documents: tuple[Document, ...], overwrite: bool) -> bool:
    """Whether the file of a split is still to be written; raises DataError when that would replace a different one."""
    path = _target(folder, split)
    if not path.exists():
        return True
    try:
        same = read_documents(path).documents == documents
    except DataError:
        same = False
    if not same and not overwrite:
        raise _would_be_lost(path)
    return not same


def _would_be_lost(path: Path) -> DataError:
    return DataError("exists with other content; name another folder with --out, or add --overwrite", path=path)


def _write_note(path: Path, text: str, overwrite: bool) -> None:
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else None
    except (OSError, UnicodeDecodeError):
        before = ""
    if before not in (None, text) and not overwrite:
        raise _would_be_lost(path)
    if before != text:
        with replacing(path) as new:
            new.write_text(text, encoding="utf-8")
