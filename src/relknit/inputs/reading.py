"""Every text of the inputs, in order and in constant memory."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final, TextIO

from relknit.data.readers.records import OnError, raise_error
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.errors import DataError
from relknit.inputs.arguments import HTML_SUFFIXES, RECORD_SUFFIXES, TABLE_SUFFIXES, InputSource
from relknit.inputs.html_text import html_texts
from relknit.inputs.record_texts import json_texts, table_texts
from relknit.inputs.text_input import InputFormat, InputOptions, TextInput
from relknit.text.paragraphs import Paragraph, paragraphs

_HTML: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_BINARY: Final = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
)
_HEAD: Final = 2_048


def read_inputs(
    sources: Iterable[InputSource],
    options: InputOptions = InputOptions(),
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_error: OnError = raise_error,
    annotations: bool = False,
) -> Iterator[TextInput]:
    """The texts of all sources, in order.

    A text file gives a text for each paragraph, or for each line in the format "lines"; JSONL and tables one for each record. A
    source without any gives one empty text. on_error: called with a record or a file that cannot be read; the reading goes on
    with the next one. annotations: also read what JSONL records in relknit's own format have of them. MissingExtraError is
    always raised.
    """
    numbers = count(1)
    for source in sources:
        try:
            if source.text is not None:
                yield from _given(source.text, options, numbers)
            else:
                with _opened(source) as raw:
                    yield from _texts(source, raw, options, limits, on_error, annotations)
        except DataError as error:
            on_error(error)


@contextmanager
def _opened(source: InputSource) -> Iterator[io.BufferedReader]:
    try:
        with open(source.path or 0, "rb", closefd=source.path is not None) as stream:
            yield stream
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path=_where(source)) from None


def _texts(
    source: InputSource,
    raw: io.BufferedReader,
    options: InputOptions,
    limits: Limits,
    on_error: OnError,
    annotations: bool,
) -> Iterator[TextInput]:
    kind = _format(source, raw, options)
    if kind == "jsonl":
        yield from json_texts(source, raw, options, limits, on_error, annotations=annotations)
    elif kind == "csv":
        yield from table_texts(source, raw, options, limits, on_error)
    elif kind == "html":
        yield from html_texts(source, raw, limits)
    else:
        with _decoded(raw) as stream:
            yield from _plain(source, stream, lines=kind == "lines")


def _format(source: InputSource, raw: io.BufferedReader, options: InputOptions) -> InputFormat:
    """What the options ask for, else what name and first characters show."""
    if _by_line(options):
        return "lines"
    if options.format != "auto":
        return options.format
    name = source.name.lower()
    for suffixes, kind in ((RECORD_SUFFIXES, "jsonl"), (TABLE_SUFFIXES, "csv"), (HTML_SUFFIXES, "html")):
        if name.endswith(suffixes):
            return kind  # type: ignore[return-value]
    head = b"" if raw.isatty() else raw.peek(_HEAD)[:_HEAD]
    for magic, what in _BINARY:
        if head.startswith(magic):
            raise DataError(
                f"is {what}; convert it to text first, for example with pdftotext or pandoc", path=_where(source)
            )
    return "html" if _HTML.match(head.removeprefix(b"\xef\xbb\xbf")) else "text"


def _decoded(raw: io.BufferedReader) -> TextIO:
    return io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")


def _given(text: str, options: InputOptions, numbers: Iterator[int]) -> Iterator[TextInput]:
    """The paragraphs, or lines, of a text that is not in a file; their ids count from 1."""
    for part in _parts(io.StringIO(text), lines=_by_line(options)):
        yield TextInput(str(next(numbers)), part.text)


def _plain(source: InputSource, stream: TextIO, *, lines: bool) -> Iterator[TextInput]:
    try:
        for part in _parts(stream, lines=lines):
            whole = None if lines else source.name
            where = 0 if lines else part.start
            identity = f"{source.name}:{part.start}"
            yield TextInput(identity, part.text, source.name, part.start, part_of=whole, part_start=where)
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8 text ({error.reason}); save it as UTF-8", path=_where(source)) from None


def _by_line(options: InputOptions) -> bool:
    return options.lines or options.format == "lines"


def _parts(stream: TextIO, *, lines: bool) -> Iterator[Paragraph]:
    """The paragraphs or lines of a stream; a single empty one where there are none."""
    found = False
    for part in _lines(stream) if lines else paragraphs(stream):
        found = True
        yield part
    if not found:
        yield Paragraph("", 0)


def _lines(stream: TextIO) -> Iterator[Paragraph]:
    """Every line that is not blank."""
    start = 0
    for line in stream:
        if line.strip():
            yield Paragraph(line.rstrip("\r\n"), start)
        start += len(line)


def _where(source: InputSource) -> Path | str:
    return source.path or source.name
