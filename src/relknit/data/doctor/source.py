"""The files to examine, and their lines one at a time: raw record and checked document together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from relknit.data.doctor.findings import Context, Finding
from relknit.data.readers import find_splits, read_documents
from relknit.document import Document
from relknit.document.jsonl import decode_line, parse_document, read_lines
from relknit.errors import DataError

Watch = Callable[[Path, int], None]
"""Told now and then how many lines of which file were read."""

_EVERY: Final = 200
_SPLITS: Final = {"train": "train", "test": "test"} | dict.fromkeys(("dev", "valid", "validation", "val"), "dev")
_ORDER: Final = ("train", "dev", "test", None)
_AROUND: Final = 8
_BEGINNING: Final = 24


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a dataset and the split that its name says it is (None where it says nothing)."""

    path: Path
    split: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file, the record it holds, and either the document or why there is none."""

    text: str
    number: int
    record: Mapping[str, Any]
    document: Document | None
    error: DataError | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One good line to look at."""

    file: DataFile
    line: int
    document: Document
    record: Mapping[str, Any]

    def finding(self, kind: str, message: str, span: tuple[int, int] | None = None) -> Finding:
        """A finding about this line; `span` are the tokens to show among their neighbours."""
        return Finding(kind, str(self.file.path), self.line, message, self._context(span))

    def _context(self, span: tuple[int, int] | None) -> Context:
        tokens = self.document.tokens
        start, end = span or (0, 0)
        first = max(0, start - _AROUND)
        last = min(len(tokens), end + _AROUND if span else _BEGINNING)
        before, after = " ".join(tokens[first:start]), " ".join(tokens[end:last])
        return (
            ("… " if first else "") + before,
            " ".join(tokens[start:end]),
            after + (" …" if last < len(tokens) else ""),
        )


def find_files(paths: Sequence[str | Path]) -> tuple[DataFile, ...]:
    """The files meant: a folder stands for its splits, a file for itself; each once, train first, then dev and test.

    Raises DataError when a path is absent or a folder has no split.
    """
    found: dict[Path, DataFile] = {}
    for path in map(Path, paths):
        files = (
            [DataFile(file, split) for split, file in find_splits(path, need_train=False).items()]
            if path.is_dir()
            else [DataFile(path, _split_of(path))]
        )
        for file in files:
            if not file.path.exists():
                raise DataError("no such file or folder; check the path", path=file.path)
            found.setdefault(file.path.resolve(), file)
    if not found:
        raise DataError("no path given; name a .jsonl file or a folder with train, dev and test")
    return tuple(sorted(found.values(), key=lambda file: _ORDER.index(file.split)))


def read_file(path: Path, watch: Watch | None = None) -> Iterator[Line]:
    """Every line that is not blank, in order, bad ones with their error.

    Raises DataError for a file that cannot be read, is empty or foreign, or has no good line.
    """
    good = False
    for number, text in read_lines(path):
        if watch is not None and number % _EVERY == 0:
            watch(path, number)
        try:
            record = decode_line(text, path=path, number=number)
            document = parse_document(record, path=path, line=number)
        except DataError as error:
            yield Line(text, number, {}, None, error)
        else:
            good = True
            yield Line(text, number, record, document)
    if not good:
        read_documents(
            path, skip_bad=True
        )  # says what is wrong with the file as a whole: empty, or of a foreign format


def _split_of(path: Path) -> str | None:
    return _SPLITS.get(re.split(r"[._-]", path.name.lower())[0])
