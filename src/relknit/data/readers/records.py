"""Raw JSON records of a file, one a line or all in one array, each with the place its complaints should name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from relknit.document.jsonl import decode_line, each_key_once, half_pair, read_lines
from relknit.errors import DataError

OnError = Callable[[DataError], None]
Format = Literal["rin", "triples", "spert", "csv", "relknit"]


def raise_error(error: DataError) -> None:
    """The default `OnError`: the first bad record ends the reading."""
    raise error


@dataclass(frozen=True, slots=True)
class Record:
    """One decoded record, with its line number or, `in_array`, its place in the array (both from 1)."""

    value: Any
    path: Path
    number: int
    in_array: bool = False

    def error(self, message: str) -> DataError:
        """The complaint with this record's file and line (or record number) in front; the caller raises it."""
        if self.in_array:
            return DataError(f"record {self.number}: {message}", path=self.path)
        return DataError(message, path=self.path, line=self.number)


def require_file(path: Path) -> None:
    """Raise DataError when `path` is a folder; that a file is missing is left to whoever opens it."""
    if path.is_dir():
        raise DataError("is a folder, expected one file; name a file in it", path=path)


def first_line(path: Path) -> tuple[int, str]:
    """Number and text of the first line that is not blank; raises DataError for a folder and an empty file."""
    require_file(path)
    for numbered in read_lines(path):
        return numbered
    raise DataError(
        "the file is empty, expected at least one record; check the path or write the file again", path=path
    )


def read_records(path: Path, on_error: OnError = raise_error) -> Iterator[Record]:
    """Every record of a JSONL file or of a JSON array.

    A line that is not JSON goes to `on_error`; a damaged array or an unreadable file raises DataError in any case.
    """
    first = first_line(path)
    if first[1].lstrip().startswith("["):
        yield from _array_records(path, on_error)
        return
    for number, line in read_lines(path):
        try:
            value = decode_line(line, path=path, number=number)
        except DataError as error:
            on_error(error)
            continue
        yield Record(value, path, number)


def _array_records(path: Path, on_error: OnError) -> Iterator[Record]:
    numbered = list(read_lines(path))
    text = "\n".join(line for _, line in numbered)
    try:
        values = json.loads(text, object_pairs_hook=each_key_once)
        halves = [half_pair(value) for value in values] if "\\u" in text else [None] * len(values)
    except json.JSONDecodeError as error:
        line = numbered[min(error.lineno, len(numbered)) - 1][0]
        message = f"not valid JSON at column {error.colno}: {error.msg}; expected one array of records"
        raise DataError(message, path=path, line=line) from None
    except (RecursionError, ValueError) as error:
        raise DataError(f"not valid JSON: {error}", path=path) from None
    for number, (value, half) in enumerate(zip(values, halves, strict=True), 1):
        record = Record(value, path, number, in_array=True)
        if half is None:
            yield record
        else:
            on_error(record.error(f"{half} is half of a character pair; write the character itself"))


def sniff_format(path: Path) -> Format:
    """The format that the first readable record of a file has; raises DataError for JSON with unknown keys."""
    _, line = first_line(path)
    if line.lstrip()[0] not in "[{":
        return "csv"
    errors: list[DataError] = []
    for record in read_records(path, errors.append):
        kind = format_of(record)
        if kind is not None:
            return kind
        known = "sentText and relationMentions (rin), text and triple_list (triples), tokens and entities (spert)"
        raise record.error(f"unknown format with {_keys(record.value)}; known are {known}")
    if errors:
        raise errors[0]
    raise DataError("the array is empty, expected at least one record; check how the file was made", path=path)


def _keys(value: Any) -> str:
    return (
        ("keys " + ", ".join(sorted(value)[:8]) if value else "no keys")
        if isinstance(value, dict)
        else type(value).__name__
    )


def format_of(record: Record) -> Format | None:
    """The format this record's keys belong to; SpERT's differs from relknit's own only in `orig_id` or the array."""
    keys = record.value.keys() if isinstance(record.value, dict) else set()
    if {"sentText", "relationMentions"} <= keys:
        return "rin"
    if {"text", "triple_list"} <= keys:
        return "triples"
    if {"tokens", "entities"} <= keys:
        return "spert" if record.in_array or "orig_id" in keys else "relknit"
    return None
