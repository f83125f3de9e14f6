"""Tables with the columns sentence, head, relation, tail; comma, semicolon or tab, quoted as spreadsheets do.

    sentence,head,relation,tail
    "Ada Lovelace lived in London.",Ada Lovelace,residence,London
    "It rained.",,,

A header is optional. With one, columns may also give ids, offsets and types (head_start, head_end, head_type and so on, in
the usual spellings); other columns are counted and left out. All rows of one sentence become one Document; a row whose
head, relation and tail are empty declares a sentence without a triple. Excel's first line "sep=;" names the delimiter.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.csv_columns import NEEDED, TableColumns
from relknit.data.convert.named_triples import NamedTriple, document_from_names
from relknit.data.readers.records import Head, NumberedLine, OnError, RawRecord, peek_lines
from relknit.document import Document
from relknit.errors import DataError, short

_DECLARED: Final = re.compile(r'"?sep=(.)"?[;,\t]*', re.IGNORECASE)
"""The line in which Excel names the delimiter."""
_DELIMITERS: Final = ("\t", ";", ",")
_SAMPLE_LINES: Final = 200


class TableSentence(NamedTuple):
    """A sentence of a table, with the triples of all its rows."""

    text: str
    identity: str
    triples: list[NamedTriple]


class CsvFormat(RecordFormat):
    """A table with one row for each triple."""

    about = "a table of sentence, head, relation, tail"

    def recognises(self, head: Head) -> bool:
        """Whether the file is text other than JSON."""
        return head.record is None

    def records(self, path: Path, options: ReadOptions) -> Iterator[RawRecord]:
        """One RawRecord for each sentence, in order of first appearance; its value is a TableSentence.

        An invalid row goes to `on_error` and its sentence is left out, if it can be identified: training on a sentence
        that lacks one of its triples would teach that the triple is false. Raises DataError if no delimiter gives four
        columns.
        """
        _, lines = peek_lines(path, limits=options.limits)
        sample = list(islice(lines, _SAMPLE_LINES))
        declared = _DECLARED.fullmatch(sample[0][1])
        if declared:
            sample = sample[1:]
        delimiter = declared[1] if declared else sniff_delimiter(path, sample)
        sentences: dict[str, RawRecord] = {}
        invalid: set[str | None] = set()
        columns = None
        for row in _rows(path, chain(sample, lines), delimiter, options.on_error):
            if columns is None:
                columns = TableColumns.of_header(row.value)
                if columns is not None:
                    continue
                columns = TableColumns.without_header()
            try:
                found = columns.read(row)
            except DataError as error:
                invalid.add(columns.sentence(row.value))
                options.on_error(error)
                continue
            for place, name in columns.others.items():
                options.tally[f"column {short(name)} left out; rows that fill it"] += bool(
                    "".join(row.value[place : place + 1])
                )
            new = TableSentence(found.sentence, found.identity or str(row.number), [])
            known = sentences.setdefault(found.sentence, RawRecord(new, path, row.number)).value
            if found.triple is not None:
                known.triples.append(found.triple)
        yield from (record for sentence, record in sentences.items() if sentence not in invalid)

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of one sentence; raises DataError that names the row of a name that is not in it."""
        found = record.value
        return document_from_names(found.text, found.triples, identity=found.identity, options=options)


def sniff_delimiter(path: Path, sample: Iterable[NumberedLine]) -> str:
    """The one of tab, semicolon and comma that splits most of the first rows into columns; raises DataError if none."""
    sample, best, most = list(sample), "", 0
    for delimiter in _DELIMITERS:
        widths = [len(row.value) for row in _rows(path, sample, delimiter, on_error=lambda error: None)]
        count = sum(width >= len(NEEDED) and width == widths[0] for width in widths) or widths.count(len(NEEDED))
        if count > most:
            best, most = delimiter, count
    if not best:
        message = "no row has the four columns sentence, head, relation, tail; separate them by comma, semicolon or tab"
        raise DataError(message, path=path)
    return best


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
