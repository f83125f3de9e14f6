r"""WebAnno TSV 3, the tab-separated export of INCEpTION and WebAnno: a row for each token, columns for each layer.

    #FORMAT=WebAnno TSV 3.3
    #T_SP=webanno.custom.Entity|value
    #T_RL=webanno.custom.Rel|label|BT_webanno.custom.Entity

    #Text=Ada Lovelace lived .
    1-1     0-3     Ada        Person[1]   _     _
    1-2     4-12    Lovelace   Person[1]   _     _

Entities are the span layers on which relations are built, named entities, and custom layers; other layers are counted and
left out. A relation is in the row of its tail's first token, and its last column names the head ("1-1[1_2]": token, and
the numbers of head and tail). A text becomes a Document for each sentence, or for several if an annotation crosses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from relknit.data.convert.base import Format, ReadOptions
from relknit.data.convert.character_spans import CharacterSpans
from relknit.data.readers.records import Head, NumberedLine, peek_lines
from relknit.document import Document
from relknit.errors import DataError, short

_FIRST_LINE: Final = "#FORMAT=WebAnno TSV 3"
_ROW: Final = re.compile(r"(\d{1,9}-\d{1,9})(\.\d{1,9})?\t\d{1,12}-\d{1,12}\t([^\t]*)(?:\t(.*))?", re.ASCII)
_STACKED: Final = re.compile(r"(?<!\\)\|")
_NUMBERED: Final = re.compile(r"(.*?)(?:\[(\d{1,9})\])?", re.DOTALL)
_REFERENCE: Final = re.compile(r"(\d{1,9}-\d{1,9}(?:\.\d{1,9})?)(?:\[(\d{1,9})_(\d{1,9})\])?", re.ASCII)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_BREAKS: Final = {"n": "\n", "t": "\t", "r": "\r"}
_LINGUISTIC: Final = "de.tudarmstadt.ukp.dkpro.core.api."
_TYPE_FEATURES: Final = ("value", "label", "type", "entity", "relation")
_UNLABELLED: Final = "relations without a label left out"


class _Layer(NamedTuple):
    """A layer: its name, the column of its label (None without features), and for relations that of the head."""

    name: str
    label: int | None
    head: int | None = None
    base: str = ""


class _Cell(NamedTuple):
    line: int
    token: str
    columns: tuple[str, ...]


@dataclass(slots=True)
class _AnnotatedTable:
    """The sentences of a file, the characters of sentences and tokens in their joined text, and the cells of the layers."""

    lines: list[str] = field(default_factory=list)
    sentences: list[tuple[int, int]] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    cells: list[_Cell] = field(default_factory=list)
    position: int = 0
    is_open: bool = False

    @property
    def text(self) -> str:
        """The sentences, a line each."""
        return "\n".join(self.lines)

    def add_line(self, line: str) -> None:
        """Begin a sentence, or go on with one of several lines that has no token yet."""
        if self.is_open:
            start, _ = self.sentences.pop()
            line = f"{self.lines.pop()}\n{line}"
        else:
            start = self.sentences[-1][1] + 1 if self.sentences else 0
        self.lines.append(line)
        self.sentences.append((start, start + len(line)))
        self.position, self.is_open = start, True

    def find(self, word: str, start: int, end: int) -> int:
        """Where a word of the last sentence is between two characters of the text, or -1."""
        first = self.sentences[-1][0]
        at = self.lines[-1].find(word, max(0, start - first), max(0, end - first))
        return at if at < 0 else first + at


class WebAnnoFormat(Format):
    """The TSV export of INCEpTION and WebAnno, version 3."""

    about = "WebAnno TSV 3 (INCEpTION)"
    splits_texts = True

    def recognises(self, head: Head) -> bool:
        """Whether the first line names the format."""
        return head.lines[0].startswith(_FIRST_LINE)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Document]:
        """The Documents of a file; an invalid row goes to `on_error`, with the whole file."""
        try:
            _, lines = peek_lines(path, limits=options.limits)
            layers, table = _read_table(lines, options)
            spans = CharacterSpans(table.text, options.tally)
            _add_entities(spans, layers, table)
            _add_relations(spans, layers, table, options)
        except DataError as error:
            options.on_error(DataError(error.message, path=path, line=error.line))
            return
        marked, name = spans.marked, path.name.removesuffix(".tsv")
        parts = [(0, len(table.text))] if options.whole_texts else marked.parts(table.sentences)
        for start, end in parts:
            identity = name if len(parts) == 1 else f"{name}:{start}"
            part = marked.part(start, end)
            yield part.to_document(identity=identity, tokeniser=options.tokeniser, tally=options.tally)


def _read_table(lines: Iterator[NumberedLine], options: ReadOptions) -> tuple[list[_Layer], _AnnotatedTable]:
    layers: list[_Layer] = []
    width = 0
    table = _AnnotatedTable()
    for number, line in lines:
        if line.startswith(("#T_SP=", "#T_RL=", "#T_CH=")):
            if table.cells:
                raise DataError("a layer is declared after the first token, expected it at the head", line=number)
            kind, _, declared = line.rstrip().partition("=")
            layer, columns = _layer(kind, declared.split("|"), width)
            width += columns
            layers += [layer] if layer else []
            options.tally[f"layer {short(declared.split('|')[0])} left out"] += layer is None
        elif line.startswith("#Text="):
            table.add_line(_unescaped(line.removeprefix("#Text=")))
        elif not line.startswith("#"):
            try:
                _read_row(line, number, width, table)
            except DataError as error:
                raise DataError(error.message, line=number) from None
    if not table.sentences:
        raise DataError("no #Text= line, expected one before the tokens of each sentence; export the file again")
    return layers, table


def _layer(kind: str, declared: Sequence[str], first: int) -> tuple[_Layer | None, int]:
    """The layer that begins in column `first`, None if it is not read; and the number of its columns."""
    name, features = declared[0], declared[1:]
    if kind == "#T_CH":
        return None, 2
    columns = max(1, len(features))
    plain = [feature for feature in features if not feature.startswith(("ROLE_", "BT_"))]
    best = next((feature for feature in _TYPE_FEATURES if feature in plain), plain[0] if plain else None)
    label = None if best is None else first + list(features).index(best)
    linguistic = name.startswith(_LINGUISTIC) and ".ner." not in name
    if linguistic:
        return None, columns
    if kind == "#T_SP":
        return _Layer(name, first if label is None else label), columns
    return _Layer(name, label, first + columns - 1, features[-1].removeprefix("BT_") if features else ""), columns


def _read_row(line: str, number: int, width: int, table: _AnnotatedTable) -> None:
    """Add a token, or a part of one, which is numbered "1-1.1"; raises DataError."""
    found = _ROW.fullmatch(line)
    if found is None:
        raise DataError(f"{line[:60]!r} is not a token, expected: 1-1, tab, start-end, tab, the word, tab, the layers")
    if not table.sentences:
        raise DataError("a token without a sentence, expected a line #Text= before it")
    token, part, form, rest = found.groups()
    word, columns = _unescaped(form), (rest or "").split("\t")
    if len(columns) < width:
        raise DataError(f"{len(columns)} columns of layers, but the head of the file declares {width}")
    whole = (table.position, table.sentences[-1][1])
    at = table.find(word, *(whole if part is None else table.places.get(token, (0, 0))))
    if at < 0 or not word:
        raise DataError(f"the word {short(word)} is not at its place in the sentence; export the file again")
    if part is None:
        table.position, table.is_open = at + len(word), False
    identity = token + (part or "")
    table.places[identity] = at, at + len(word)
    table.cells.append(_Cell(number, identity, tuple(columns[:width])))


def _add_entities(spans: CharacterSpans, layers: Sequence[_Layer], table: _AnnotatedTable) -> None:
    """Add the entities of all span layers under the ids (layer, number or token)."""
    found: dict[tuple[str, str], tuple[int, int, str | None]] = {}
    for layer in layers:
        if layer.head is not None or layer.label is None:
            continue
        for cell in table.cells:
            for label, number in _stacked(cell.columns[layer.label]):
                key = layer.name, number or cell.token
                start, end = table.places[cell.token]
                first, last, known = found.get(key, (start, end, label))
                found[key] = min(first, start), max(last, end), known
    for key, (start, end, label) in found.items():
        spans.entity(key, start, end, label)


def _add_relations(
    spans: CharacterSpans, layers: Sequence[_Layer], table: _AnnotatedTable, options: ReadOptions
) -> None:
    for layer in layers:
        if layer.head is None:
            continue
        for cell in table.cells:
            references = _STACKED.split(cell.columns[layer.head])
            if references == ["_"]:
                continue
            labels = [layer.name.rpartition(".")[2]] * len(references)
            if layer.label is not None:
                labels = [label or "" for label, _ in _stacked(cell.columns[layer.label])]
            if len(labels) != len(references):
                message = f"{len(references)} relations end at {cell.token}, but {len(labels)} have labels"
                raise DataError(f"{message}; export the file again", line=cell.line)
            for label, reference in zip(labels, references, strict=True):
                options.tally[_UNLABELLED] += not label
                if label:
                    spans.relation(*_ends(reference, layer, cell, spans), label)


def _ends(reference: str, layer: _Layer, cell: _Cell, spans: CharacterSpans) -> tuple[int, int]:
    """Head and tail of a relation in the row of its tail."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise DataError(f"{reference[:60]!r} is not the head of a relation, expected such as 1-1[1_2]", line=cell.line)
    token, head, tail = found.groups()
    try:
        heads = spans.index((layer.base, head if head and head != "0" else token))
        return heads, spans.index((layer.base, tail if tail and tail != "0" else cell.token))
    except DataError as error:
        raise DataError(error.message, line=cell.line) from None


def _stacked(cell: str) -> Iterator[tuple[str | None, str | None]]:
    """(label, number) of every annotation in a cell; None for a label "*" and for an annotation without a number."""
    if cell == "_":
        return
    for value in _STACKED.split(cell):
        found = _NUMBERED.fullmatch(value)
        label, number = found.groups() if found else (value, None)
        yield (None if label == "*" else _unescaped(label)), number


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: _BREAKS.get(found[1], found[1]), value)
