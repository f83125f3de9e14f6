"""One dataset file in relknit's JSONL, read whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relknit.data.readers.records import peek_lines
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits, decode_line, parse_document
from relknit.errors import DataError


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The documents of a file, the line number of each, and the errors of the lines that were left out."""

    documents: tuple[Document, ...]
    lines: tuple[int, ...]
    skipped: tuple[DataError, ...] = ()


def read_documents(path: str | Path, *, skip_bad: bool = False, limits: Limits = DEFAULT_LIMITS) -> ReadResult:
    """Read a `.jsonl` or `.jsonl.gz` file (compression is recognised by content, not name).

    A line without an id gets its line number as id; repeated ids are kept. Raises DataError for a file that is missing,
    a folder, empty, damaged or in another format, and for the first invalid line; with `skip_bad` invalid lines are left
    out and listed in `skipped`, and only a file without any valid line raises.
    """
    documents: list[Document] = []
    lines: list[int] = []
    skipped: list[DataError] = []
    for number, parsed in parsed_lines(Path(path), limits=limits):
        if isinstance(parsed, Document):
            documents.append(parsed)
            lines.append(number)
        elif skip_bad:
            skipped.append(parsed)
        else:
            raise parsed
    if not documents:
        first = skipped[0]
        raise DataError(f"{first.message} (and no other line is valid)", path=path, line=first.line)
    return ReadResult(tuple(documents), tuple(lines), tuple(skipped))


def parsed_lines(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[tuple[int, Document | DataError]]:
    """(line number, Document or error) of each line that is not blank; raises DataError for a file of another format."""
    (_, first), lines = peek_lines(path, limits=limits)
    if first.lstrip().startswith("["):
        message = f'one JSON array, expected one object a line; run: relknit data convert "{path}" OUT.jsonl'
        raise DataError(message, path=path)
    for number, line in lines:
        try:
            value = decode_line(line, path=path, number=number)
            yield number, parse_document(value, path=path, line=number)
        except DataError as error:
            yield number, error
