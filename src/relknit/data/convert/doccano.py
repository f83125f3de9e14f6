"""The JSONL of doccano: a text with entities by characters and relations by the ids of entities.

    {"id": 101, "text": "Ada lived in London.",
     "entities": [{"id": 5, "label": "Person", "start_offset": 0, "end_offset": 3}, ...],
     "relations": [{"id": 1, "from_id": 5, "to_id": 9, "type": "residence"}], "Comments": []}

A project without relations exports `label` (older versions `labels`) instead: [[0, 3, "Person"], ...].
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.character_spans import CharacterSpans
from relknit.data.convert.json_out import write_records
from relknit.data.convert.json_values import checked, identity, items, member, name
from relknit.data.convert.marked_text import UNTYPED, MarkedText
from relknit.data.readers.records import Head, RawRecord
from relknit.document import Document
from relknit.errors import DataError, short

_OTHERS: Final = frozenset(("tokens", "spans", "triple_list", "spo_list"))


class DoccanoFormat(RecordFormat):
    """Exports of doccano, which it imports again."""

    about = "JSON Lines with text and entities (doccano)"
    can_write = True

    def recognises(self, head: Head) -> bool:
        """Whether the first record has a text, and entities or labels, and no key of another format."""
        value = None if head.record is None else head.record.value
        if not isinstance(value, dict) or "text" not in value or _OTHERS & value.keys():
            return False
        return any(isinstance(value.get(key), list) for key in ("entities", "label", "labels"))

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError."""
        value = checked(record.value, dict, "the record")
        spans = CharacterSpans(member(value, "text", str, "the record"), options.tally)
        for k, item in enumerate(items(value, "entities")):
            what = f"entity {k}"
            start, end = (member(item, key, int, what) for key in ("start_offset", "end_offset"))
            spans.entity(member(item, "id", str | int, what), start, end, name(item, "label", what))
        for k, item in enumerate(items(value, "label") + items(value, "labels")):
            spans.entity(f"label {k}", *_label(item, k))
        for k, item in enumerate(items(value, "relations")):
            head, tail = (spans.index(member(item, key, str | int, f"relation {k}")) for key in ("from_id", "to_id"))
            spans.relation(head, tail, name(item, "type", f"relation {k}"))
        return spans.document(identity(value, "id", record.number), options)

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write JSON Lines for a project with relations; an entity without a type is "Untyped"."""
        return write_records(path, map(_record, documents))


def _label(item: Any, k: int) -> tuple[int, int, str]:
    if isinstance(item, list) and len(item) == 3 and type(item[0]) is type(item[1]) is int and isinstance(item[2], str):
        return item[0], item[1], item[2]
    if isinstance(item, dict) and "labels" in item:
        raise DataError("this is Label Studio's JSON-MIN, which has no relations; export the project as JSON")
    raise DataError(f"label {k} is {short(item)}, expected [start, end, type]")


def _record(document: Document) -> dict[str, Any]:
    marked = MarkedText.of_document(document)
    entities = [
        {"id": k, "label": span.type or UNTYPED, "start_offset": span.start, "end_offset": span.end}
        for k, span in enumerate(marked.spans)
    ]
    relations = [{"id": k, "from_id": r.head, "to_id": r.tail, "type": r.type} for k, r in enumerate(marked.relations)]
    return {"id": document.id, "text": marked.text, "entities": entities, "relations": relations, "Comments": []}
