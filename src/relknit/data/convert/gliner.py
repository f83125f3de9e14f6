"""The training format of GLiNER and its models of relations.

    {"tokenized_text": ["Ada", "lived", "in", "London", "."],
     "ner": [[0, 0, "person"], [3, 3, "place"]], "relations": [[0, 1, "residence"]]}

The end of a span is inclusive; a relation names its head and tail by their positions in `ner`.
"""

from __future__ import annotations

from collections.abc import Iterable
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


class GlinerFormat(RecordFormat):
    """The files with which GLiNER is trained."""

    about = "JSON with tokenized_text and ner (GLiNER)"
    keys = frozenset(("tokenized_text",))
    can_write = True

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError."""
        value = checked(record.value, dict, "the record")
        spans = TokenSpans(words(value.get("tokenized_text"), "tokenized_text"))
        entities = []
        for k, item in enumerate(items(value, "ner")):
            start, end, label = _row(item, f"ner {k}", "[start, end, type]")
            entities.append(spans.entity(start, end + 1, label, f"ner {k}"))
        for k, item in enumerate(items(value, "relations")):
            head, tail, label = _row(item, f"relation {k}", "[position of the head in ner, of the tail, type]")
            for end in (head, tail):
                if not 0 <= end < len(entities):
                    raise DataError(f"relation {k} points at position {end} of ner, which has {len(entities)}")
            spans.relation(entities[head], entities[tail], label)
        return spans.document(identity(value, "id", record.number))

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write one array, as GLiNER reads it; an entity without a type is "Untyped"."""
        return write_records(path, map(_record, documents), array=True)


def _row(item: Any, what: str, expected: str) -> tuple[int, int, str]:
    if isinstance(item, list) and len(item) >= 3 and type(item[0]) is type(item[1]) is int:
        label = item[2]
        if isinstance(label, str) and label:
            return item[0], item[1], label
    raise DataError(f"{what} is {short(item)}, expected {expected}")


def _record(document: Document) -> dict[str, Any]:
    ner = [[e.token_start, e.token_end - 1, e.type or UNTYPED] for e in document.entities]
    relations = [[r.head, r.tail, r.type] for r in document.relations]
    return {"id": document.id, "tokenized_text": list(document.tokens), "ner": ner, "relations": relations}
