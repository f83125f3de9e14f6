"""One dataset file in relknit's JSONL, read whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relknit.data.readers.records import Record, first_line, format_of
from relknit.document import Document
from relknit.document.jsonl import decode_line, parse_document, read_lines
from relknit.errors import DataError


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The documents of a file, the line each stood on, and the complaints about lines that were left out."""

    documents: tuple[Document, ...]
    lines: tuple[int, ...]
    skipped: tuple[DataError, ...] = ()


def read_documents(path: str | Path, *, skip_bad: bool = False) -> ReadResult:
    """Read a `.jsonl` or `.jsonl.gz` file (told apart by content, not name).

    A line without an id gets its line number as id; an id used twice is left as it is. Raises DataError for a file
    that is absent, a folder, empty, damaged or in a foreign format, and for the first bad line; with `skip_bad` bad
    lines are left out and listed in `skipped`, and only a file without any good line raises.
    """
    path = Path(path)
    number, line = first_line(path)
    _refuse_foreign(path, number, line)
    documents: list[Document] = []
    lines: list[int] = []
    skipped: list[DataError] = []
    for number, parsed in _parsed(path):
        if isinstance(parsed, Document):
            documents.append(parsed)
            lines.append(number)
        elif skip_bad:
            skipped.append(parsed)
        else:
            raise parsed
    if not documents:
        first = skipped[0]
        raise DataError(f"{first.message} (and none of the other lines is good)", path=path, line=first.line)
    return ReadResult(tuple(documents), tuple(lines), tuple(skipped))


def _parsed(path: Path) -> Iterator[tuple[int, Document | DataError]]:
    for number, line in read_lines(path):
        try:
            value = decode_line(line, path=path, number=number)
            yield number, parse_document(value, path=path, line=number)
        except DataError as error:
            yield number, error


def _refuse_foreign(path: Path, number: int, line: str) -> None:
    """Name the converter where the first line shows that the file is not in relknit's format."""
    if line.lstrip().startswith("["):
        message = f'one JSON array, expected one object a line; run: relknit data convert "{path}" OUT.jsonl'
        raise DataError(message, path=path)
    try:
        kind = format_of(Record(decode_line(line), path, number))
    except DataError:
        return  # the line gets its own complaint when it is read
    if kind in ("rin", "triples"):
        mend = f'run: relknit data convert "{path}" OUT.jsonl'
        raise DataError(f'looks like the format "{kind}", expected tokens and entities; {mend}', path=path, line=number)
