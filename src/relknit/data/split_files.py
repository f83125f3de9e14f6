"""Write a split dataset: train.jsonl, dev.jsonl and test.jsonl of a folder, all of them or none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from relknit.data.readers import find_splits
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError
from relknit.files import check_target, replacing

_FILE_NAMES: Final = (".jsonl", ".jsonl.gz")


def split_targets(folder: Path, names: Iterable[str], *, overwrite: bool) -> dict[str, Path]:
    """The file of each split, after a check, before any work, that it can be written; creates the folder.

    Raises DataError when the folder is a file or named like one, when a file exists (without `overwrite`), and when the
    folder has a split that would stay beside the new ones, which do not match it.
    """
    if folder.is_file():
        raise DataError("is a file, expected a folder for the splits; name a folder", path=folder)
    if folder.name.endswith(_FILE_NAMES):
        raise DataError("is the name of a file, expected one for a folder of splits; name a folder", path=folder)
    targets = {name: folder / f"{name}.jsonl" for name in names}
    existing: dict[str, Path] = {}
    with contextlib.suppress(DataError):  # no split, or one of them twice, which every reader refuses
        existing = find_splits(folder, need_train=False)
    for split, path in existing.items():
        if path not in targets.values():
            message = f"would stay as {split} beside the new {', '.join(targets)}; remove it or name another folder"
            raise DataError(message, path=path)
    for target in targets.values():
        check_target(target, suffixes=(".jsonl",), overwrite=overwrite)
    return targets


def write_splits(targets: Mapping[str, Path], splits: Mapping[str, Sequence[Document]]) -> None:
    """Write the documents of each split to its file; existing files are replaced once all are written.

    Raises DataError when one cannot be written; existing files are then unchanged.
    """
    with ExitStack() as stack:
        partials = {name: stack.enter_context(replacing(path)) for name, path in targets.items()}
        for name, partial in partials.items():
            try:
                write_jsonl(partial, splits[name])
            except DataError as error:
                raise DataError(error.message, path=targets[name], line=error.line) from None
