"""Texts from records: the lines of JSONL, the elements of a JSON array, and the rows of a table."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Any, Final

from relknit.data.readers.records import OnError, read_records
from relknit.document.jsonl import Limits, decode_line, parse_document
from relknit.document.record import DOCUMENT_FIELDS
from relknit.errors import DataError, short
from relknit.inputs.arguments import InputSource
from relknit.inputs.text_input import InputOptions, TextInput

TEXT_FIELDS: Final = ("text", "sentence", "content", "body")
ID_FIELDS: Final = ("id", "_id", "doc_id", "uid")
_ANNOTATIONS: Final = DOCUMENT_FIELDS - {"id", "text"}
_DELIMITERS: Final = ("\t", ";", ",")


def json_texts(
    source: InputSource,
    raw: BufferedReader,
    options: InputOptions,
    limits: Limits,
    on_error: OnError,
    *,
    annotations: bool = False,
) -> Iterator[TextInput]:
    """One text for each JSON object; a record that cannot be read goes to `on_error` and is left out.

    annotations: pass on those that a record has in relknit's own format; such a record may have tokens in place of a text.
    """
    where = source.path or source.name
    if source.path is not None and source.path.suffix == ".json":  # may be one array
        numbered: Iterable[tuple[int, Any]] = (
            (r.number, r.value) for r in read_records(source.path, on_error, limits=limits)
        )
    else:
        numbered = _json_lines(raw, where, limits, on_error)
    for number, record in numbered:
        try:
            if not isinstance(record, dict):
                raise DataError(f"expected a JSON object, found {short(record)}; write one object a line")
            if annotations and "tokens" in record and "entities" in record:
                yield _annotated_text(record, source.name, number)
            else:
                yield _text_of(record, source.name, number, options)
        except DataError as error:
            on_error(DataError(error.message, path=where, line=number))


def table_texts(
    source: InputSource, raw: BufferedReader, options: InputOptions, limits: Limits, on_error: OnError
) -> Iterator[TextInput]:
    """One text for each row of a table whose first row names the columns; comma, semicolon or tab.

    A row that cannot be read goes to `on_error` and is left out. A first line such as "sep=;" is skipped.
    """
    where = source.path or source.name
    lines = _counted(raw, where, limits)
    first, before = next(lines, ""), 1
    if first.lower().startswith("sep="):  # Excel's way to name the delimiter
        first, before = next(lines, ""), 2
    delimiter = max(_DELIMITERS, key=first.count)
    columns = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    column = _field(columns, options.text_field, TEXT_FIELDS)
    if not any(columns):
        raise DataError("the table is empty, expected a first row that names its columns", path=where, line=1)
    if column is None:
        wanted = options.text_field or " or ".join(TEXT_FIELDS)
        shown = ", ".join(columns[:8])
        raise DataError(
            f"no column {wanted}, found {shown:.120}; name the column with --text-field", path=where, line=1
        )
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number = before + rows.line_num + 1
        try:
            row = next(rows, None)
            if row is None:
                return
            if any(cell.strip() for cell in row):
                yield _text_of(_cells(columns, row), source.name, number, options)
        except csv.Error as error:
            on_error(DataError(f'a cell is broken ({error}); write " inside quotes as ""', path=where, line=number))
        except DataError as error:
            on_error(DataError(error.message, path=where, line=number))


def _cells(columns: list[str], row: list[str]) -> dict[str, str]:
    if len(row) != len(columns):
        fix = "put quotes around a cell that contains the delimiter"
        raise DataError(f"{len(row)} cells, expected {len(columns)}; {fix}")
    return dict(zip(columns, row, strict=True))


def _text_of(record: Mapping[str, Any], name: str, number: int, options: InputOptions) -> TextInput:
    """The text of a record with its id and its other fields; raises DataError."""
    key, id_key = _field(record, options.text_field, TEXT_FIELDS), _field(record, options.id_field, ID_FIELDS)
    text = None if key is None else record[key]
    if key is None:
        wanted = options.text_field or " or ".join(TEXT_FIELDS)
        fix = "relknit predict reads datasets of tokens" if "tokens" in record else "name the field with --text-field"
        raise DataError(f"no field {wanted}, found {', '.join(record)[:120] or 'none'}; {fix}")
    if not isinstance(text, str):
        raise DataError(f"{key} is {short(text)}, expected a string")
    if options.id_field is not None and id_key is None:
        raise DataError(f"no field {options.id_field}, found {', '.join(record)[:120]}; check --id-field")
    identity = f"{name}:{number}" if id_key is None or record[id_key] is None else record[id_key]
    if isinstance(identity, bool) or not isinstance(identity, str | int | float):
        raise DataError(f"{id_key} is {short(identity)}, expected a string or a number")
    others = {k: v for k, v in record.items() if k not in (key, id_key) and k not in _ANNOTATIONS}
    return TextInput(str(identity), text, name, None, others)


def _annotated_text(record: Mapping[str, Any], name: str, number: int) -> TextInput:
    """The text and the annotations of a record in relknit's own format, such as `relknit extract --json` prints."""
    document = parse_document(record, line=number)
    if record.get("id") is None:
        document = replace(document, id=f"{name}:{number}")
    file, start, fields = (record.get(key) for key in ("file", "file_start", "fields"))
    is_part = isinstance(file, str) and type(start) is int and start >= 0
    return TextInput(
        document.id,
        document.text or "",
        name,
        None,
        fields if isinstance(fields, dict) else {},
        part_of=str(file) if is_part else None,
        part_start=start if is_part and type(start) is int else 0,
        annotated=document,
    )


def _field(names: Iterable[str], wanted: str | None, usual: tuple[str, ...]) -> str | None:
    """The name asked for, else the first usual one, in any letter case."""
    names = list(names)
    if wanted is not None:
        return wanted if wanted in names else None
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in usual if name in lower), None)


def _json_lines(raw: BufferedReader, where: Path | str, limits: Limits, on_error: OnError) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(_counted(raw, where, limits), 1):
        if line.strip():
            try:
                value = decode_line(line, path=where, number=number)
            except DataError as error:
                on_error(error)
                continue
            yield number, value


def _counted(raw: BufferedReader, where: Path | str, limits: Limits) -> Iterator[str]:
    """Every line, with its break, of a plain or gzip stream. Raises DataError where it cannot be read on."""
    packed = not raw.isatty() and raw.peek(2)[:2] == b"\x1f\x8b"
    stream: BufferedIOBase = gzip.GzipFile(fileobj=raw) if packed else raw
    number = 0
    try:
        for number, content in enumerate(limits.lines(stream, Path(where)), 1):
            yield content.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8 text ({error.reason}); save it as UTF-8", path=where, line=number) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"the gzip stream is damaged ({error}); get the file again", path=where, line=number + 1
        ) from None
