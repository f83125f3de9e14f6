"""The files to examine and their lines one at a time, each with its record and its document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from relknit.data.doctor.findings import Context, DoctorFinding
from relknit.data.readers import find_splits
from relknit.data.readers.documents import parsed_lines
from relknit.data.readers.splits import SPLITS, split_in_name
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits, upgraded
from relknit.errors import DataError

OnProgress = Callable[[Path, int], None]
"""Called now and then with a file and the number of lines read so far."""

_EVERY: Final = 200
_ORDER: Final = (*SPLITS, None)
_AROUND: Final = 8
_BEGINNING: Final = 24


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a dataset, and its split according to its name (None if that is unknown)."""

    path: Path
    split: str | None


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that breaks the format."""

    text: str
    error: DataError


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A valid line of a file: its text, its record with the keys of the current format, and its document."""

    file: DataFile
    number: int
    text: str
    record: Mapping[str, Any]
    document: Document

    def finding(self, kind: str, message: str, span: tuple[int, int] | None = None) -> DoctorFinding:
        """A finding about this line; `span` is the range of tokens to show in context."""
        return DoctorFinding(kind, str(self.file.path), self.number, message, self._context(span))

    def _context(self, span: tuple[int, int] | None) -> Context:
        tokens = self.document.tokens
        start, end = span or (0, 0)
        first = max(0, start - _AROUND)
        last = min(len(tokens), end + _AROUND if span else _BEGINNING)
        before, after = " ".join(tokens[first:start]), " ".join(tokens[end:last])
        words = " ".join(tokens[start:end])
        return ("… " if first else "") + before, words, after + (" …" if last < len(tokens) else "")


class LineCheck:
    """A check that compares the lines of all files, which it receives in order; it may report only after the last."""

    def check(self, line: SourceLine) -> Iterable[DoctorFinding]:
        """The findings about a line, compared with those before."""
        return ()

    def finish(self) -> Iterable[DoctorFinding]:
        """The findings that only all lines together show."""
        return ()


def find_files(paths: Sequence[str | Path]) -> tuple[DataFile, ...]:
    """The files of the given paths: a folder contributes its splits; each file once, train first, then dev and test.

    Raises DataError when a path is missing or a folder has no split.
    """
    found: dict[Path, DataFile] = {}
    for path in map(Path, paths):
        if not path.exists():
            raise DataError("no such file or folder; check the path", path=path)
        splits = find_splits(path, need_train=False) if path.is_dir() else {split_in_name(path.name): path}
        for split, file in splits.items():
            found.setdefault(file.resolve(), DataFile(file, split))
    if not found:
        raise DataError("no path given; name a .jsonl file or a folder with train, dev and test")
    return tuple(sorted(found.values(), key=lambda file: _ORDER.index(file.split)))


def read_file(
    file: DataFile, progress: OnProgress | None = None, *, limits: Limits = DEFAULT_LIMITS
) -> Iterator[SourceLine | BrokenLine]:
    """Every line that is not blank, in order; raises DataError as `parsed_lines` does."""
    for number, text, value, parsed in parsed_lines(file.path, limits=limits):
        if progress is not None and number % _EVERY == 0:
            progress(file.path, number)
        if isinstance(parsed, DataError):
            yield BrokenLine(text, parsed)
        else:
            yield SourceLine(file, number, text, upgraded(value), parsed)
