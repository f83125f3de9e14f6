"""The format of DyGIE++ (also SciERC, PURE and PL-Marker): sentences of one text, spans and relations by token.

    {"doc_key": "d1", "sentences": [["Ada", "lived", "in", "London", "."], ["She", "ran", "."]],
     "ner": [[[0, 0, "Person"], [3, 3, "Place"]], []], "relations": [[[0, 0, 3, 3, "residence"]], []]}

Tokens count from the beginning of the text, and the end of a span is inclusive. A text becomes a Document for each
sentence. Clusters and events are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.json_out import write_records
from relknit.data.convert.json_values import checked, identity, items, words
from relknit.data.convert.marked_text import UNTYPED
from relknit.data.convert.token_spans import TokenSpans
from relknit.data.readers.records import RawRecord
from relknit.document import Document
from relknit.errors import DataError, short

_EVENTS, _CLUSTERS = "events left out", "clusters left out"


class DygieFormat(RecordFormat):
    """The files of DyGIE++, which number the tokens of a whole text."""

    about = "JSON with sentences and ner (DyGIE++)"
    keys = frozenset(("sentences", "ner"))
    can_write = True
    splits_texts = True

    def documents(self, record: RawRecord, options: ReadOptions) -> Iterable[Document]:
        """A Document for each sentence, or for several if an annotation extends over their border; raises DataError."""
        value = checked(record.value, dict, "the record")
        sentences = [words(s, f"sentence {k}") for k, s in enumerate(items(value, "sentences"))]
        spans = TokenSpans([word for sentence in sentences for word in sentence])
        for what, (start, end, label) in _rows(value, "ner", "start, end, type"):
            spans.entity(start, end + 1, label, what)
        for what, (head, head_end, tail, tail_end, label) in _rows(value, "relations", "start, end, start, end, type"):
            spans.relation(spans.argument(head, head_end + 1, what), spans.argument(tail, tail_end + 1, what), label)
        for key, count in (("events", _EVENTS), ("clusters", _CLUSTERS)):
            options.tally[count] += sum(map(bool, items(value, key)))
        starts = [] if options.whole_texts else list(accumulate(map(len, sentences)))[:-1]
        return spans.documents(identity(value, "doc_key", record.number), starts)

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write JSON Lines; each document is a text of one sentence, and an entity without a type is "Untyped"."""
        return write_records(path, map(_record, documents))


def _rows(value: dict[str, Any], key: str, columns: str) -> Iterator[tuple[str, list[Any]]]:
    """Every row of every sentence: whole numbers, then a name; what follows (scores of a prediction) is ignored."""
    width = columns.count(",") + 1
    for k, rows in enumerate(items(value, key)):
        for number, row in enumerate(checked(rows, list, f"{key} of sentence {k}")):
            what = f"{key} {number} of sentence {k}"
            numbers = row[: width - 1] if isinstance(row, list) and len(row) >= width else ()
            if not numbers or any(type(x) is not int for x in numbers) or not _is_name(row[width - 1]):
                raise DataError(f"{what} is {short(row)}, expected [{columns}]")
            yield what, row[:width]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _record(document: Document) -> dict[str, Any]:
    spans = [(e.token_start, e.token_end - 1) for e in document.entities]
    ner = [[*span, e.type or UNTYPED] for span, e in zip(spans, document.entities, strict=True)]
    relations = [[*spans[r.head], *spans[r.tail], r.type] for r in document.relations]
    return {"doc_key": document.id, "sentences": [list(document.tokens)], "ner": [ner], "relations": [relations]}
