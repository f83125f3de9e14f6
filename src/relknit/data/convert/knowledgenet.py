"""KnowledgeNet (Mesquita et al., EMNLP 2019): its train.json, and the human-readable table of its repository.

    {"documentId": "8313", "fold": 2, "documentText": "…", "passages": [{"passageId": "8313:115:169", "passageStart": 115,
     "passageText": "He settled at Brünn.", "exhaustivelyAnnotatedProperties": [{"propertyName": "PLACE_OF_RESIDENCE"}, …],
     "facts": [{"subjectStart": 115, "subjectEnd": 117, "objectStart": 129, "objectEnd": 134, "propertyId": "11"}]}]}

Each passage is a Document; its id is fold, document and first character ("2:8313:115"). Mentions count characters
of the whole text. The table (human_readable-v10-notest.html, or the .zip that holds it) has the same facts, one a row, and a
row without a fact for each property that a passage was searched for in vain. Relations keep the names of the properties.
Entities are those of facts, with a type that follows from the property; other entities and other relations are not annotated,
so each Document's scope names the relations that are.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.character_spans import CharacterSpans
from relknit.data.convert.json_values import checked, identity, items, member, name
from relknit.data.readers.records import RawRecord
from relknit.document import Document
from relknit.document.jsonl import read_lines
from relknit.document.scope import Scope
from relknit.errors import DataError, short

PROPERTY_TYPES: Final = MappingProxyType(
    {
        "CEO": ("ORG", "PER"),
        "CHILD_OF": ("PER", "PER"),
        "DATE_FOUNDED": ("ORG", "TIME"),
        "DATE_OF_BIRTH": ("PER", "TIME"),
        "DATE_OF_DEATH": ("PER", "TIME"),
        "EDUCATED_AT": ("PER", "ORG"),
        "EMPLOYEE_OR_MEMBER_OF": ("PER", "ORG"),
        "FOUNDED_BY": ("ORG", "PER"),
        "HEADQUARTERS": ("ORG", "LOC"),
        "NATIONALITY": ("PER", "LOC"),
        "PLACE_OF_BIRTH": ("PER", "LOC"),
        "PLACE_OF_RESIDENCE": ("PER", "LOC"),
        "POLITICAL_AFFILIATION": ("PER", "ORG"),
        "SPOUSE": ("PER", "PER"),
        "SUBSIDIARY_OF": ("ORG", "ORG"),
    }
)
"""The types of subject and object of each property."""
_TABLE_NAME: Final = re.compile(r"human_readable.*\.(?:html|zip)")
_CELL: Final = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
_MARKS: Final = re.compile(r'<span id="(?:subject|object)">|</span>|<a href="[^"]*" target="_blank">|</a>')
_COLUMNS: Final = 10


class _Fact(NamedTuple):
    """Characters of the passage."""

    relation: str
    head: tuple[int, int]
    tail: tuple[int, int]


@dataclass(slots=True)
class _Passage:
    identity: str
    text: str
    properties: set[str] = field(default_factory=set)
    facts: list[_Fact] = field(default_factory=list)

    def document(self, options: ReadOptions) -> Document:
        """The passage with its facts; raises DataError."""
        spans = CharacterSpans(self.text, options.tally)
        for fact in self.facts:
            types = PROPERTY_TYPES.get(fact.relation, (None, None))
            for place, label in zip((fact.head, fact.tail), types, strict=True):
                if place not in spans:
                    spans.entity(place, *place, label)
            spans.relation(spans.index(fact.head), spans.index(fact.tail), fact.relation)
        found = spans.document(self.identity, options)
        return replace(found, scope=Scope(frozenset(self.properties), entities=False))


class KnowledgeNetFormat(RecordFormat):
    """The files of KnowledgeNet."""

    about = "JSON with documentId and passages, or its human-readable table (KnowledgeNet)"
    keys = frozenset(("documentId", "passages"))
    splits_texts = True

    def is_named(self, path: Path) -> bool:
        """Whether it is the table."""
        return _TABLE_NAME.fullmatch(path.name) is not None

    def documents(self, record: RawRecord, options: ReadOptions) -> Iterable[Document]:
        """A Document for each passage; raises DataError."""
        value = checked(record.value, dict, "the record")
        return [_passage(item, value, k).document(options) for k, item in enumerate(items(value, "passages"))]

    def read(self, path: Path, options: ReadOptions) -> Iterator[Document]:
        """The Documents of a JSON file or of the table; a passage that breaks the format goes to `options.on_error`."""
        if not self.is_named(path):
            yield from super().read(path, options)
            return
        for number, passage in enumerate(_table(path, options), 1):
            try:
                yield passage.document(options)
            except DataError as error:
                options.on_error(DataError(f"passage {number}: {error.message}", path=path))


def _passage(item: Any, record: dict[str, Any], k: int) -> _Passage:
    what = f"passage {k}"
    start, text = member(item, "passageStart", int, what), member(item, "passageText", str, what)
    parts = (identity(record, "fold", 0), identity(record, "documentId", 0), start)
    passage = _Passage(":".join(map(str, parts)), text)
    names = {}
    for j, about in enumerate(items(item, "exhaustivelyAnnotatedProperties")):
        label = name(about, "propertyName", f"property {j} of {what}")
        names[identity(about, "propertyId", label)] = label
        passage.properties.add(label)
    for j, fact in enumerate(items(item, "facts")):
        about = f"fact {j} of {what}"
        key = identity(fact, "propertyId", "")
        if key not in names:
            raise DataError(f"{about} has property {short(key)}, expected one that is annotated in its passage")
        ends = [
            member(fact, side, int, about) - start
            for side in ("subjectStart", "subjectEnd", "objectStart", "objectEnd")
        ]
        passage.facts.append(_Fact(names[key], (ends[0], ends[1]), (ends[2], ends[3])))
    return passage


def _table(path: Path, options: ReadOptions) -> Iterable[_Passage]:
    """The passages of the table, in its order; raises DataError."""
    passages: dict[str, _Passage] = {}
    for line in _table_lines(path, options):
        if not line.startswith("<tr><td"):
            continue
        cells = _CELL.findall(line)
        if len(cells) != _COLUMNS or not (cells[9].startswith("<p> ") and cells[9].endswith("</p>")):
            raise DataError(f"a row is {short(line)}, expected {_COLUMNS} cells with a passage in the last", path=path)
        *numbers, relation, passage_cell = cells
        key = ":".join(numbers[:3])
        passage = passages.setdefault(key, _Passage(key, _MARKS.sub("", passage_cell[4:-4])))
        passage.properties.add(relation)
        if numbers[4] != "-":
            places = [_number(cell, path) - _number(numbers[2], path) for cell in numbers[4:]]
            passage.facts.append(_Fact(relation, (places[0], places[1]), (places[2], places[3])))
    return passages.values()


def _number(cell: str, path: Path) -> int:
    if not cell.isdecimal():
        raise DataError(f"a row has the position {short(cell)}, expected a whole number", path=path)
    return int(cell)


def _table_lines(path: Path, options: ReadOptions) -> Iterator[str]:
    """The lines of the page, or of the only page in a zip file; raises DataError."""
    if path.suffix != ".zip":
        yield from (line for _, line in read_lines(path, limits=options.limits))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            pages = [
                info for info in archive.infolist() if info.filename.endswith(".html") and "/" not in info.filename
            ]
            if len(pages) != 1:
                raise DataError(f"has {len(pages)} pages, expected one .html; unpack the one to read", path=path)
            options.limits.check_file(pages[0].file_size, path)
            with archive.open(pages[0]) as raw:
                yield from io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read as a zip file ({error}); get the file again", path=path) from None
