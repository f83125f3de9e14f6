"""The files of train, dev and test in a folder."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import Final

from relknit.errors import DataError

SPLITS: Final = ("train", "dev", "test")
_NAMES: Final = MappingProxyType(
    {"train": "train", "test": "test"} | dict.fromkeys(("dev", "valid", "validation", "val"), "dev")
)
_SUFFIXES: Final = (".jsonl", ".jsonl.gz", ".json-lines")


def split_in_name(name: str) -> str | None:
    """The split that a file name begins with: "dev" for "valid_triples.json"; None for any other name."""
    return _NAMES.get(re.split(r"[._-]", name.lower())[0])


def find_splits(folder: str | Path, *, need_train: bool = True) -> dict[str, Path]:
    """The files of "train", "dev" and "test" in a folder, in this order; dev may be named valid, validation or val.

    Raises DataError when the folder is missing or a file, when a split has two files, or when there is no train file
    (without `need_train`: no split at all).
    """
    folder = Path(folder)
    if not folder.exists():
        raise DataError("no such folder; check the path", path=folder)
    if not folder.is_dir():
        raise DataError("is a file, expected a folder with train.jsonl, dev.jsonl and test.jsonl", path=folder)
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        split = _split_of(path)
        if split is None:
            continue
        if split in found:
            message = f"{found[split].name} and {path.name} are both named as {split}; keep one of them in the folder"
            raise DataError(message, path=folder)
        found[split] = path
    if not found or (need_train and "train" not in found):
        raise DataError(_nothing(folder, need_train), path=folder)
    return {split: found[split] for split in SPLITS if split in found}


def _split_of(path: Path) -> str | None:
    for suffix in _SUFFIXES:
        if path.name.endswith(suffix) and path.is_file():
            return _NAMES.get(path.name.removesuffix(suffix))
    return None


def _nothing(folder: Path, need_train: bool) -> str:
    wanted = "train.jsonl" if need_train else "train.jsonl, dev.jsonl or test.jsonl"
    names = sorted(path.name for path in folder.iterdir())
    found = ", ".join(names[:5]) + (" …" if len(names) > 5 else "") if names else "nothing"
    foreign = any(name.endswith((".json", ".csv", ".tsv")) and split_in_name(name) for name in names)
    fix = "run relknit data convert on each file" if foreign else "rename a file or name another folder"
    return f"no {wanted} (or .jsonl.gz) here, found {found}; {fix}"
