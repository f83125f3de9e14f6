"""Tables with the columns sentence, head, relation, tail; comma, semicolon or tab, quoted as spreadsheets do.

    sentence,head,relation,tail
    "Ada Lovelace lived in London.",Ada Lovelace,residence,London
    "It rained.",,,

A header is optional. Rows of one sentence, wherever they stand, become one Document; a row whose other three cells are
empty says that its sentence holds no fact.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from relknit.data.convert.assemble import Fact, Tokeniser, document_from_names
from relknit.data.readers.records import OnError, Record, first_line, raise_error
from relknit.document import Document
from relknit.document.jsonl import read_lines
from relknit.errors import DataError, short

_COLUMNS: Final = ("sentence", "head", "relation", "tail")
_ALIASES: Final = {"text": "sentence", "subject": "head", "predicate": "relation", "object": "tail"}
_DELIMITERS: Final = ("\t", ";", ",")
_SAMPLE_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the four columns stand in a row of `width` cells."""

    places: tuple[int, ...]
    width: int

    def pick(self, row: Record) -> list[str]:
        """Sentence, head, relation and tail of a row; raises DataError where it does not have them or has some."""
        cells = [cell.strip() for cell in row.value]
        if len(cells) == 1:  # a sentence alone, as some programs write empty cells
            cells += [""] * (self.width - 1)
        if len(cells) != self.width:
            mend = "put quotes around a cell that holds the delimiter"
            raise row.error(f"{len(cells)} columns, expected {self.width}; {mend}")
        sentence, *fact = (cells[place] for place in self.places)
        if not sentence:
            raise row.error("no sentence; write it again in every row of its facts")
        if any(fact) and not all(fact):
            missing = _COLUMNS[1 + fact.index("")]
            raise row.error(f"no {missing} beside {short(fact)}; fill in all three or leave all three empty")
        return [sentence, *fact]


def read_table(path: Path, on_error: OnError = raise_error) -> Iterator[Record]:
    """One Record for each sentence, in order of first appearance; its value is (sentence, list of Fact).

    A bad row goes to `on_error` and takes its sentence along, where that can be told: a sentence that lacks one of its
    facts would teach that the fact is not there. Raises DataError when no delimiter gives four columns.
    """
    rows = _rows(path, sniff_delimiter(path), on_error)
    sentences: dict[str, Record] = {}
    bad: set[str] = set()
    layout = None
    for row in rows:
        if layout is None:
            layout, is_header = _layout(row.value)
            if is_header:
                continue
        try:
            sentence, head, relation, tail = layout.pick(row)
        except DataError as error:
            bad.update(cell.strip() for cell in row.value[layout.places[0] :][:1])
            on_error(error)
            continue
        _, facts = sentences.setdefault(sentence, Record((sentence, []), path, row.number)).value
        if relation:
            facts.append(Fact(head, relation, tail, row.error))
    yield from (record for sentence, record in sentences.items() if sentence not in bad)


def table_document(record: Record, *, tokeniser: Tokeniser) -> Document:
    """The Document of one sentence of a table; raises DataError that names the row of a name that is not in it."""
    sentence, facts = record.value
    return document_from_names(sentence, facts, identity=str(record.number), tokeniser=tokeniser, anchor="whole")


def sniff_delimiter(path: Path) -> str:
    """The one of tab, semicolon and comma that cuts most of the first rows into columns; raises DataError if none."""
    first_line(path)
    best, most = "", 0
    for delimiter in _DELIMITERS:
        widths = [len(row.value) for row in islice(_rows(path, delimiter, _ignore), _SAMPLE_ROWS)]
        count = sum(width >= len(_COLUMNS) and width == widths[0] for width in widths) or widths.count(len(_COLUMNS))
        if count > most:
            best, most = delimiter, count
    if not best:
        message = "no row has the four columns sentence, head, relation, tail; separate them by comma, semicolon or tab"
        raise DataError(message, path=path)
    return best


def _ignore(error: DataError) -> None:
    """While guessing, for the complaint is made when the rows are read for good."""


def _layout(first: list[str]) -> tuple[_Layout, bool]:
    """The columns in the order of the header, if the first row is one, else in the usual order."""
    names = [_ALIASES.get(cell.strip().lower(), cell.strip().lower()) for cell in first]
    if set(_COLUMNS) <= set(names):
        return _Layout(tuple(names.index(column) for column in _COLUMNS), len(names)), True
    return _Layout((0, 1, 2, 3), len(_COLUMNS)), False


def _rows(path: Path, delimiter: str, on_error: OnError) -> Iterator[Record]:
    """Every row that is not blank, with the number of its first line."""
    reader = csv.reader(_lines(path), delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            on_error(
                DataError(f'a quoted cell is broken ({error}); write " inside quotes as ""', path=path, line=start)
            )
            continue
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield Record(row, path, start)


def _lines(path: Path) -> Iterator[str]:
    """All lines with their breaks: read_lines leaves blank ones out, but a quoted cell may hold them."""
    expected = 1
    for number, line in read_lines(path):
        yield from ["\n"] * (number - expected)
        yield line + "\n"
        expected = number + 1
