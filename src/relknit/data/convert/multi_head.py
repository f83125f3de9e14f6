"""The CoNLL-like format of multi-head selection (Bekoulis et al., 2018): a row for each token.

    #doc 1
    0   Ada        B-Peop   ['N']           [0]
    1   Lovelace   I-Peop   ['residence']   [4]

Columns are separated by tabs: number, word, BIO tag, relations, and for each the last token of its tail. A relation is in the
row of the last token of its head; "N" is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.token_spans import TokenSpans
from relknit.data.readers.records import Head, RawRecord, peek_lines
from relknit.document import Document
from relknit.errors import DataError

_FIRST_LINE: Final = re.compile(r"#\s*doc\b", re.IGNORECASE)
_ROW: Final = re.compile(r"(\d{1,9})\t(\S+)\t(O|[BI]-\S+)\t\[(.*)\]\t\[([\d,\s]*)\]\s*", re.ASCII)
_QUOTED: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"")


@dataclass(slots=True)
class _TaggedRows:
    """The rows of one sentence, and their first line."""

    identity: str
    line: int
    rows: list[tuple[int, str]] = field(default_factory=list)


class MultiHeadFormat(RecordFormat):
    """The files of multi-head selection."""

    about = "#doc lines and a row for each token (multi-head selection)"

    def recognises(self, head: Head) -> bool:
        """Whether the first line is a #doc line, and the second a token."""
        return bool(_FIRST_LINE.match(head.lines[0])) and any(map(_ROW.fullmatch, head.lines[1:2]))

    def records(self, path: Path, options: ReadOptions) -> Iterator[RawRecord]:
        """One RawRecord for each #doc line; its value is the sentence's rows."""
        _, lines = peek_lines(path, limits=options.limits)
        found = None
        for number, line in lines:
            if _FIRST_LINE.match(line):
                if found is not None:
                    yield RawRecord(found, path, found.line)
                found = _TaggedRows(line.split("doc", 1)[-1].strip() or str(number), number)
            elif found is None:
                raise DataError(f"{line[:60]!r} comes before the first #doc line", path=path, line=number)
            else:
                found.rows.append((number, line))
        if found is not None:
            yield RawRecord(found, path, found.line)

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a sentence; raises DataError that names the row."""
        rows = []
        for place, (number, line) in enumerate(record.value.rows):
            row = _ROW.fullmatch(line)
            if row is None or int(row[1]) != place:
                fix = f"expected: {place}, word, BIO tag, ['relation'], [token], separated by tabs"
                raise DataError(f"{line[:60]!r} is not token {place}; {fix}", path=record.path, line=number)
            rows.append(row)
        spans = TokenSpans([row[2] for row in rows])
        ending = {end: spans.entity(start, end, label, "entity") for start, end, label in _entities(rows)}
        for place, ((number, _), row) in enumerate(zip(record.value.rows, rows, strict=True)):
            labels = [a or b for a, b in _QUOTED.findall(row[4])]
            tails = [int(x) for x in re.findall(r"\d+", row[5])]
            if len(labels) != len(tails) or not all(labels):
                message = f"{len(labels)} relations for {len(tails)} tokens; give each relation a name and one token"
                raise DataError(message, path=record.path, line=number)
            for label, tail in zip(labels, tails, strict=True):
                if label == "N":
                    continue
                if place + 1 not in ending or tail + 1 not in ending:
                    message = f"relation {label!r:.60} joins tokens {place} and {tail}, which do not both end an entity"
                    raise DataError(message, path=record.path, line=number)
                spans.relation(ending[place + 1], ending[tail + 1], label)
        return spans.document(record.value.identity)


def _entities(rows: list[re.Match[str]]) -> Iterator[tuple[int, int, str]]:
    """(start, end, type) of every run of B- and I- tags of one type."""
    start, label = 0, ""
    for place, tag in enumerate([*(row[3] for row in rows), "O"]):
        continues = tag == f"I-{label}"
        if label and not continues:
            yield start, place, label
        if not continues:
            start, label = place, tag[2:]
