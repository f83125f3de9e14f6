"""The columns of a table: which one is what, by the names in its header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from relknit.data.convert.named_triples import Name, NamedTriple
from relknit.data.readers.records import RawRecord
from relknit.errors import short

NEEDED: Final = ("sentence", "head", "relation", "tail")
_NOT_LETTERS: Final = re.compile(r"[\W_]+")
_WHOLE_NUMBER: Final = re.compile(r"\d{1,12}(?:\.0+)?", re.ASCII)  # some programs write 26 as 26.0
_ROLES: Final = MappingProxyType(
    {
        "head": "head subject subj h e1 entity1 ent1 arg1 source",
        "tail": "tail object obj t e2 entity2 ent2 arg2 target",
    }
)
_PARTS: Final = MappingProxyType(
    {
        "": " name text entity mention",
        "_start": "start offset begin startoffset startchar charstart startpos startindex pos position",
        "_end": "end stop endoffset endchar charend endpos endindex",
        "_type": "type label class category tag ner nertype entitytype",
    }
)
_OTHERS: Final = MappingProxyType(
    {
        "sentence": "sentence text context",
        "relation": "relation predicate rel relationtype relationname relationlabel property",
        "id": "id sentenceid textid docid documentid recordid",
    }
)


def _spellings() -> Iterator[tuple[str, str]]:
    """(name in a header in small letters and digits, what the column is)."""
    for column, names in _OTHERS.items():
        yield from ((name, column) for name in names.split())
    for role, prefixes in _ROLES.items():
        for part, suffixes in _PARTS.items():
            yield from ((prefix + suffix, role + part) for prefix in prefixes.split() for suffix in suffixes.split(" "))


_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(dict(_spellings()))
_RANKS: Final[Mapping[str, int]] = MappingProxyType({name: rank for rank, name in enumerate(_COLUMNS)})
"""Of two columns that could be the same, the one with the name that comes first is read."""


class CsvRow(NamedTuple):
    """What a row says: a sentence, its id if there is such a column, and a triple unless it has none."""

    sentence: str
    identity: str
    triple: NamedTriple | None


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The positions of the columns that are read, by what they are, and the names of the others by position."""

    positions: Mapping[str, int]
    width: int
    others: Mapping[int, str]

    @staticmethod
    def of_header(cells: Sequence[str]) -> TableColumns | None:
        """The columns that a header names, or None if the first row is not a header."""
        spelled = [_NOT_LETTERS.sub("", cell.lower()) for cell in cells]
        known = sorted((_RANKS[name], place) for place, name in enumerate(spelled) if name in _RANKS)
        positions: dict[str, int] = {}
        for _, place in known:
            positions.setdefault(_COLUMNS[spelled[place]], place)
        if not positions.keys() >= set(NEEDED):
            return None
        used = set(positions.values())
        others = {place: cell.strip() for place, cell in enumerate(cells) if place not in used}
        return TableColumns(positions, len(cells), others)

    @staticmethod
    def without_header() -> TableColumns:
        """Sentence, head, relation, tail."""
        return TableColumns({column: place for place, column in enumerate(NEEDED)}, len(NEEDED), {})

    def sentence(self, cells: Sequence[str]) -> str | None:
        """The sentence of a row that may be invalid, None if it does not reach that column."""
        place = self.positions["sentence"]
        return cells[place].strip() if place < len(cells) else None

    def read(self, row: RawRecord) -> CsvRow:
        """The content of a row; raises DataError that names it."""
        cells: list[str] = row.value
        if len(cells) == 1:  # a sentence only: some programs omit empty cells
            cells = cells + [""] * (self.width - 1)
        if len(cells) != self.width:
            fix = "put quotes around a cell that contains the delimiter"
            raise row.error(f"{len(cells)} columns, expected {self.width}; {fix}")
        whole = cells[self.positions["sentence"]]
        sentence, *named = (cells[self.positions[column]].strip() for column in NEEDED)
        if not sentence:
            raise row.error("no sentence; repeat it in every row of its triples")
        if any(named) and not all(named):
            missing = NEEDED[1 + named.index("")]
            raise row.error(f"no {missing} beside {short(named)}; fill in all three cells or leave all three empty")
        identity = self._cell(cells, "id")
        if not any(named):
            return CsvRow(sentence, identity, None)
        before = len(whole) - len(whole.lstrip())
        head, tail = (self._name(row, cells, role, before) for role in ("head", "tail"))
        return CsvRow(sentence, identity, NamedTriple(head, named[1], tail, row.error))

    def _cell(self, cells: Sequence[str], column: str) -> str:
        return cells[self.positions[column]].strip() if column in self.positions else ""

    def _name(self, row: RawRecord, cells: Sequence[str], role: str, before: int) -> Name:
        start, end = (self._offset(row, cells, f"{role}_{side}", before) for side in ("start", "end"))
        return Name(self._cell(cells, role), self._cell(cells, f"{role}_type") or None, start, end)

    def _offset(self, row: RawRecord, cells: Sequence[str], column: str, before: int) -> int | None:
        """The number in a cell less the white space `before` the sentence, None if it is empty; raises DataError."""
        cell = self._cell(cells, column)
        if not cell:
            return None
        if not _WHOLE_NUMBER.fullmatch(cell):
            raise row.error(f"{column} is {short(cell)}, expected a number of characters, or nothing")
        return int(cell.partition(".")[0]) - before
