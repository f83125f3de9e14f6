"""Dataset files in relknit's JSONL, read whole or line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from relknit.data.readers.records import peek_lines
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits, decode_line, parse_document
from relknit.errors import DataError


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The documents of a file, and the errors of the lines that were left out."""

    documents: tuple[Document, ...]
    skipped: tuple[DataError, ...] = ()


class ParsedLine(NamedTuple):
    """One line: its number (from 1), its text, the decoded JSON value (None if it is not JSON), its document or error."""

    number: int
    text: str
    value: Any
    parsed: Document | DataError


def read_documents(path: str | Path, *, skip_bad: bool = False, limits: Limits = DEFAULT_LIMITS) -> ReadResult:
    """Read a `.jsonl` or `.jsonl.gz` file (compression is recognised by content, not name).

    A line without an id gets its line number as id; repeated ids are kept. Raises DataError as `parsed_lines` does, and
    for the first invalid line; with `skip_bad` invalid lines are left out and listed in `skipped`.
    """
    documents: list[Document] = []
    skipped: list[DataError] = []
    for *_, parsed in parsed_lines(Path(path), limits=limits):
        if isinstance(parsed, Document):
            documents.append(parsed)
        elif skip_bad:
            skipped.append(parsed)
        else:
            raise parsed
    return ReadResult(tuple(documents), tuple(skipped))


def parsed_lines(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[ParsedLine]:
    """Every line that is not blank, invalid ones with their error.

    Raises DataError for a file that is missing, a folder, empty, damaged, in another format or without any valid line.
    """
    (_, first), lines = peek_lines(path, limits=limits)
    if first.lstrip().startswith("["):
        message = f'one JSON array, expected one object a line; run: relknit data convert "{path}" OUT.jsonl'
        raise DataError(message, path=path)
    valid, first_error = False, None
    for number, line in lines:
        value: Any = None
        parsed: Document | DataError
        try:
            value = decode_line(line, path=path, number=number)
            parsed = parse_document(value, path=path, line=number)
            valid = True
        except DataError as error:
            parsed = error
            first_error = first_error or error
        yield ParsedLine(number, line, value, parsed)
    if first_error is not None and not valid:
        raise DataError(
            f"{first_error.message} (and no other line is valid; other formats: relknit data convert)",
            path=path,
            line=first_error.line,
        )
