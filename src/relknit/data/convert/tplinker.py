"""The format of TPLinker's own data: a text, and relations with the characters of their ends.

    [{"id": "t0", "text": "Ada lived in London.",
      "relation_list": [{"subject": "Ada", "subj_char_span": [0, 3], "predicate": "residence",
                         "object": "London", "obj_char_span": [13, 19]}],
      "entity_list": [{"text": "Ada", "type": "PERSON", "char_span": [0, 3]}]}]

Ends are exclusive. `entity_list` gives types, and entities without a relation. Token spans are not read.
"""

from __future__ import annotations

from typing import Any

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.character_spans import CharacterSpans
from relknit.data.convert.json_values import checked, identity, items, member, name
from relknit.data.readers.records import RawRecord
from relknit.document import Document
from relknit.errors import DataError, short

CharacterRange = tuple[int, int]


class TpLinkerFormat(RecordFormat):
    """The files that TPLinker's data preparation writes."""

    about = "JSON with text and relation_list (TPLinker)"
    keys = frozenset(("text", "relation_list"))

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError."""
        value = checked(record.value, dict, "the record")
        spans = CharacterSpans(member(value, "text", str, "the record"), options.tally)
        types: dict[CharacterRange, str | None] = {}
        for k, item in enumerate(items(value, "entity_list")):
            what = f"entity {k}"
            label = item.get("type") if isinstance(item, dict) else None
            types[_range(item, "char_span", what)] = None if label is None else checked(label, str, f"type of {what}")
        for k, item in enumerate(items(value, "relation_list")):
            what = f"relation {k}"
            ends = [
                (_range(item, f"{end}_char_span", what), key) for end, key in (("subj", "subject"), ("obj", "object"))
            ]
            head, tail = (_entity(spans, span, types.pop(span, None), item.get(key)) for span, key in ends)
            spans.relation(head, tail, name(item, "predicate", what))
        for span, label in types.items():
            _entity(spans, span, label, None)
        return spans.document(identity(value, "id", record.number), options)


def _range(item: Any, key: str, what: str) -> CharacterRange:
    span = member(item, key, list, what)
    if len(span) != 2 or any(type(x) is not int for x in span):
        raise DataError(f"{key} of {what} is {short(span)}, expected [start, end]")
    return span[0], span[1]


def _entity(spans: CharacterSpans, span: CharacterRange, label: str | None, words: Any) -> int:
    words = words if isinstance(words, str) else None
    return spans.index(span) if span in spans else spans.entity(span, *span, label, words=words)
