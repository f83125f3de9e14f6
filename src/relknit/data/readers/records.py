"""Raw JSON records of a file, one a line or all in one array, each with the position that its errors name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from relknit.document.jsonl import DEFAULT_LIMITS, Limits, decode_line, each_key_once, lone_surrogate, read_lines
from relknit.errors import DataError

OnError = Callable[[DataError], None]
NumberedLine = tuple[int, str]

_HEAD_CHARACTERS: Final = 65_536


def raise_error(error: DataError) -> None:
    """The default `OnError`: the first invalid record ends the reading."""
    raise error


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One decoded record, with its line number or, `in_array`, its position in the array (both from 1)."""

    value: Any
    path: Path
    number: int
    in_array: bool = False

    def error(self, message: str) -> DataError:
        """The error with this record's file and line (or record number) in front, for the caller to raise."""
        if self.in_array:
            return DataError(f"record {self.number}: {message}", path=self.path)
        return DataError(message, path=self.path, line=self.number)


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file: its first lines, and its first readable record (None if it is not JSON)."""

    lines: tuple[str, ...]
    record: RawRecord | None


def peek_lines(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> tuple[NumberedLine, Iterator[NumberedLine]]:
    """The first line that is not blank, and all lines including it; raises DataError for an empty file."""
    lines = read_lines(path, limits=limits)
    first = next(lines, None)
    if first is None:
        message = "the file is empty, expected at least one record; check the path or write the file again"
        raise DataError(message, path=path)
    return first, chain([first], lines)


def read_head(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Head:
    """The beginning of a file; raises DataError for one that is empty, or JSON without any readable record."""
    _, lines = peek_lines(path, limits=limits)
    head: list[NumberedLine] = []
    size = 0
    for number, line in lines:
        head.append((number, line))
        size += len(line)
        if size >= _HEAD_CHARACTERS:
            break
    return Head(tuple(line for _, line in head), _first_record(path, head, limits))


def read_records(
    path: Path, on_error: OnError = raise_error, *, limits: Limits = DEFAULT_LIMITS
) -> Iterator[RawRecord]:
    """Every record of a JSONL file or of a JSON array.

    A line that is not JSON goes to `on_error`; a damaged array or an unreadable file always raises DataError.
    """
    (_, first), lines = peek_lines(path, limits=limits)
    if first.lstrip().startswith("["):
        yield from _array_records(path, lines, on_error, limits)
        return
    for number, line in lines:
        try:
            value = decode_line(line, path=path, number=number)
        except DataError as error:
            on_error(error)
            continue
        yield RawRecord(value, path, number)


def _array_records(path: Path, lines: Iterable[NumberedLine], on_error: OnError, limits: Limits) -> Iterator[RawRecord]:
    numbered: list[NumberedLine] = []
    size = 0
    for number, line in lines:
        numbered.append((number, line))
        size += len(line)
        limits.check_file(size, path)
    text = "\n".join(line for _, line in numbered)
    try:
        values = json.loads(text, object_pairs_hook=each_key_once)
        lone = [lone_surrogate(value) for value in values] if "\\u" in text else [None] * len(values)
    except json.JSONDecodeError as error:
        line_number = numbered[min(error.lineno, len(numbered)) - 1][0]
        message = f"not valid JSON at column {error.colno}: {error.msg}; expected one array of records"
        raise DataError(message, path=path, line=line_number) from None
    except (RecursionError, ValueError) as error:
        raise DataError(f"not valid JSON: {error}", path=path) from None
    for number, (value, surrogate) in enumerate(zip(values, lone, strict=True), 1):
        record = RawRecord(value, path, number, in_array=True)
        if surrogate is None:
            yield record
        else:
            on_error(record.error(f"{surrogate} is a lone surrogate; write the character itself"))


def _first_record(path: Path, head: list[NumberedLine], limits: Limits) -> RawRecord | None:
    start = head[0][1].lstrip()[0]
    if start == "[":
        return _first_of_array(path, "\n".join(line for _, line in head), limits)
    if start != "{":
        return None
    errors = []
    for number, line in head:
        try:
            return RawRecord(decode_line(line, path=path, number=number), path, number)
        except DataError as error:
            errors.append(error)
    raise errors[0]


def _first_of_array(path: Path, text: str, limits: Limits) -> RawRecord:
    try:
        inner = text[text.index("[") + 1 :].lstrip()
        value, _ = json.JSONDecoder(object_pairs_hook=each_key_once).raw_decode(inner)
        return RawRecord(value, path, 1, in_array=True)
    except (ValueError, RecursionError):  # damaged, empty, or longer than the head: read the whole array
        for record in read_records(path, lambda error: None, limits=limits):
            return record
    raise DataError("the array is empty, expected at least one record; check how the file was made", path=path)
