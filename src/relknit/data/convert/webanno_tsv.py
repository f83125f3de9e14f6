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
from pathlib import Path
from typing import Final

from relknit.data.convert.base import Format, ReadOptions
from relknit.data.convert.character_spans import CharacterSpans
from relknit.data.convert.webanno_table import WebAnnoCell, WebAnnoLayer, WebAnnoTable, read_table, unescaped
from relknit.data.readers.records import Head, peek_lines
from relknit.document import Document
from relknit.errors import DataError

_FIRST_LINE: Final = "#FORMAT=WebAnno TSV 3"
_STACKED: Final = re.compile(r"(?<!\\)\|")
_NUMBERED: Final = re.compile(r"(.*?)(?:\[(\d{1,9})\])?", re.DOTALL)
_REFERENCE: Final = re.compile(r"(\d{1,9}-\d{1,9}(?:\.\d{1,9})?)(?:\[(\d{1,9})_(\d{1,9})\])?", re.ASCII)
_UNLABELLED: Final = "relations without a label left out"


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
            layers, table = read_table(lines, options.tally)
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


def _add_entities(spans: CharacterSpans, layers: Sequence[WebAnnoLayer], table: WebAnnoTable) -> None:
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
    spans: CharacterSpans, layers: Sequence[WebAnnoLayer], table: WebAnnoTable, options: ReadOptions
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


def _ends(reference: str, layer: WebAnnoLayer, cell: WebAnnoCell, spans: CharacterSpans) -> tuple[int, int]:
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
        yield (None if label == "*" else unescaped(label)), number
