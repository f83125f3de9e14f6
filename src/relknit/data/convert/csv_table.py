"""Tables with the columns sentence, head, relation, tail; comma, semicolon or tab, quoted as spreadsheets do.

    sentence,head,relation,tail
    "Ada Lovelace lived in London.",Ada Lovelace,residence,London
    "It rained.",,,

A header is optional. All rows of one sentence become one Document; a row whose other three cells are empty declares a
sentence without a triple.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final

from relknit.data.convert.assemble import NamedTriple, document_from_names
from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.readers.records import Head, NumberedLine, OnError, RawRecord, peek_lines
from relknit.document import Document
from relknit.errors import DataError, short

_COLUMNS: Final = ("sentence", "head", "relation", "tail")
_ALIASES: Final = {"text": "sentence", "subject": "head", "predicate": "relation", "object": "tail"}
_DELIMITERS: Final = ("\t", ";", ",")
_SAMPLE_LINES: Final = 200


class CsvFormat(RecordFormat):
    """A table with one row for each triple."""

    about = "a table of sentence, head, relation, tail"

    def recognises(self, head: Head) -> bool:
        """Whether the file is text other than JSON."""
        return head.record is None

    def records(self, path: Path, options: ReadOptions) -> Iterator[RawRecord]:
        """One RawRecord for each sentence, in order of first appearance; its value is (sentence, list of NamedTriple).

        An invalid row goes to `on_error` and its sentence is left out, if it can be identified: training on a sentence
        that lacks one of its triples would teach that the triple is false. Raises DataError if no delimiter gives four
        columns.
        """
        _, lines = peek_lines(path, limits=options.limits)
        sample = list(islice(lines, _SAMPLE_LINES))
        rows = _rows(path, chain(sample, lines), sniff_delimiter(path, sample), options.on_error)
        sentences: dict[str, RawRecord] = {}
        invalid: set[str] = set()
        columns = None
        for row in rows:
            if columns is None:
                columns, is_header = _find_columns(row.value)
                if is_header:
                    continue
            try:
                sentence, head, relation, tail = columns.pick(row)
            except DataError as error:
                invalid.update(cell.strip() for cell in row.value[columns.positions[0] :][:1])
                options.on_error(error)
                continue
            _, triples = sentences.setdefault(sentence, RawRecord((sentence, []), path, row.number)).value
            if relation:
                triples.append(NamedTriple(head, relation, tail, row.error))
        yield from (record for sentence, record in sentences.items() if sentence not in invalid)

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of one sentence; raises DataError that names the row of a name that is not in it."""
        sentence, triples = record.value
        identity, tokeniser = str(record.number), options.tokeniser
        return document_from_names(sentence, triples, identity=identity, tokeniser=tokeniser, anchor="whole")


@dataclass(frozen=True, slots=True)
class _Columns:
    """The positions of the four columns in a row of `width` cells."""

    positions: tuple[int, ...]
    width: int

    def pick(self, row: RawRecord) -> list[str]:
        """Sentence, head, relation and tail of a row; raises DataError if one is missing."""
        cells = [cell.strip() for cell in row.value]
        if len(cells) == 1:  # a sentence only: some programs omit empty cells
            cells += [""] * (self.width - 1)
        if len(cells) != self.width:
            fix = "put quotes around a cell that contains the delimiter"
            raise row.error(f"{len(cells)} columns, expected {self.width}; {fix}")
        sentence, *triple = (cells[column] for column in self.positions)
        if not sentence:
            raise row.error("no sentence; repeat it in every row of its triples")
        if any(triple) and not all(triple):
            missing = _COLUMNS[1 + triple.index("")]
            raise row.error(f"no {missing} beside {short(triple)}; fill in all three cells or leave all three empty")
        return [sentence, *triple]


def sniff_delimiter(path: Path, sample: Iterable[NumberedLine]) -> str:
    """The one of tab, semicolon and comma that splits most of the first rows into columns; raises DataError if none."""
    sample, best, most = list(sample), "", 0
    for delimiter in _DELIMITERS:
        widths = [len(row.value) for row in _rows(path, sample, delimiter, on_error=lambda error: None)]
        count = sum(width >= len(_COLUMNS) and width == widths[0] for width in widths) or widths.count(len(_COLUMNS))
        if count > most:
            best, most = delimiter, count
    if not best:
        message = "no row has the four columns sentence, head, relation, tail; separate them by comma, semicolon or tab"
        raise DataError(message, path=path)
    return best


def _find_columns(first: list[str]) -> tuple[_Columns, bool]:
    """The columns in the order of the header if the first row is one, else in the usual order; and whether it is one."""
    names = [_ALIASES.get(cell.strip().lower(), cell.strip().lower()) for cell in first]
    if set(_COLUMNS) <= set(names):
        return _Columns(tuple(names.index(column) for column in _COLUMNS), len(names)), True
    return _Columns((0, 1, 2, 3), len(_COLUMNS)), False


def _rows(path: Path, lines: Iterable[NumberedLine], delimiter: str, on_error: OnError) -> Iterator[RawRecord]:
    """Every row that is not blank, with the number of its first line."""
    reader = csv.reader(_with_breaks(lines), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            on_error(DataError(_cell_error(error), path=path, line=start))
            continue
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield RawRecord(row, path, start)


def _cell_error(error: csv.Error) -> str:
    if "field limit" in str(error):
        most = f"{csv.field_size_limit():,} characters, the limit of Python's csv module"
        return f"a cell is longer than {most}; split its text, or close a quote that is left open"
    return f'a quoted cell is broken ({error}); write " inside quotes as ""'


def _with_breaks(lines: Iterable[NumberedLine]) -> Iterator[str]:
    """All lines with their breaks, including the blank ones, which a quoted cell may contain."""
    expected = 1
    for number, line in lines:
        yield from ["\n"] * (number - expected)
        yield line + "\n"
        expected = number + 1
