"""A dataset of the registry from its public addresses to train, dev and test in relknit's format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from relknit.data.convert import convert, split_at_spaces
from relknit.data.readers import find_splits, read_documents
from relknit.data.registry.datasets import Dataset
from relknit.data.registry.fetch import Transfer, download, is_right
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError
from relknit.files import replacing

ORIGINALS: Final = "original"
NOTE: Final = "SOURCE.md"


@dataclass(frozen=True, slots=True)
class GotSplit:
    """One file of a dataset that is now in its folder; `written` is False when it was there already and right."""

    split: str
    path: Path
    sentences: int
    written: bool


def no_watch(file: str, done: int, size: int | None) -> None:
    """The `watch` of those who do not."""


def get_dataset(
    dataset: Dataset,
    folder: Path,
    *,
    overwrite: bool = False,
    transfer: Transfer | None = None,
    watch: Callable[[str, int, int | None], None] = no_watch,
) -> list[GotSplit]:
    """Fetch every split that has an address and convert it to `folder`/SPLIT.jsonl.gz.

    The files as they came stay in `folder`/original, where a second call, or a person, finds them again; SOURCE.md says
    where they are from and on what terms. `watch` takes a file's name, the bytes had and the bytes in all, None where
    nobody says how many. Nothing is converted before every file is there, and nothing written before it is known that
    nothing else would be lost.

    Raises DataError when the dataset has no address, as `download` does, and, without `overwrite`, when something else
    stands where a file belongs.
    """
    if not dataset.files:
        raise DataError(f"{dataset.name} has no public address that could be checked; {dataset.look}")
    _refuse_foreign_files(dataset, folder, overwrite)
    for address in dataset.files.values():
        original = folder / ORIGINALS / address.name
        progress = partial(watch, address.name)
        download(address, original, overwrite=overwrite, transfer=transfer, progress=progress)
    documents = {split: _converted(dataset, folder, split) for split in dataset.files}
    there = {split: _is_there(folder, split, found, overwrite) for split, found in documents.items()}
    _write_note(folder / NOTE, source_note(dataset, documents), overwrite)
    for split, found in documents.items():
        if not there[split]:
            write_jsonl(_target(folder, split), found)
    return [GotSplit(split, _target(folder, split), len(found), not there[split]) for split, found in documents.items()]


def _target(folder: Path, split: str) -> Path:
    return folder / f"{split}.jsonl.gz"


def _refuse_foreign_files(dataset: Dataset, folder: Path, overwrite: bool) -> None:
    """Before anything is fetched: the folder must not hold these splits from elsewhere, under our name or another."""
    try:
        splits = find_splits(folder, need_train=False)
    except DataError:
        return  # no folder yet, or nothing of that kind in it
    for split, address in dataset.files.items():
        path = splits.get(split)
        if path is not None and path != _target(folder, split):
            raise DataError(f"is the {split} file of this folder already; name another folder with --out", path=path)
        if path is not None and not overwrite and not is_right(folder / ORIGINALS / address.name, address):
            raise _would_be_lost(path)


def _converted(dataset: Dataset, folder: Path, split: str) -> tuple[Document, ...]:
    original = folder / ORIGINALS / dataset.files[split].name
    anchor = dataset.anchor or "auto"
    return tuple(convert(original, source=dataset.source_format, anchor=anchor, tokeniser=split_at_spaces))


def _is_there(folder: Path, split: str, documents: tuple[Document, ...], overwrite: bool) -> bool:
    """Whether the file of a split is there and right; raises DataError when it is another's and must not be replaced."""
    path = _target(folder, split)
    if not path.exists():
        return False
    try:
        same = read_documents(path).documents == documents
    except DataError:
        same = False
    if not same and not overwrite:
        raise _would_be_lost(path)
    return same


def _would_be_lost(path: Path) -> DataError:
    return DataError(
        "stands there already and says something else; name another folder with --out, or add --overwrite", path=path
    )


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


def source_note(dataset: Dataset, documents: dict[str, tuple[Document, ...]]) -> str:
    """Markdown for people: what the dataset is, its terms, and for each split sentences, address, size if known, checksum."""
    width = ", so every entity here is one word wide" if dataset.anchor == "last" else ""
    lines = [
        f"# {dataset.name}: where these files are from",
        "",
        f"{dataset.about[0].upper()}{dataset.about[1:]}.",
        "",
        f"- Terms: {dataset.terms}.",
        f"- To cite: {dataset.citation}.",
        f"- Arguments of relations: {dataset.annotation}{width}.",
        f"- Converted from the format `{dataset.source_format}`, words split at spaces, no POS tags; the files as they"
        f" came are in `{ORIGINALS}`.",
    ]
    if dataset.missing:
        lines.append(f"- Not here: {', '.join(dataset.missing)}; {dataset.look}.")
    for split, address in dataset.files.items():
        size = "" if address.size is None else f"{address.size:,} bytes, "
        lines += [
            "",
            f"## {split}.jsonl.gz",
            "",
            f"- {len(documents[split]):,} sentences from `{ORIGINALS}/{address.name}`",
            f"- <{address.url}>",
            f"- {size}{address.checksum.kind} `{address.checksum.value}`",
        ]
    return "\n".join(lines) + "\n"
