"""The format of DuIE (LIC 2019 to 2021): a text and its triples of names with types, a JSON object a line.

    {"text": "李白出生于碎叶城。",
     "spo_list": [{"subject": "李白", "subject_type": "人物", "predicate": "出生地",
                   "object": {"@value": "碎叶城"}, "object_type": {"@value": "地点"}}]}

In DuIE 1 object and its type are plain strings. An object with several slots gives a relation for each: the predicate for
"@value", and "predicate_slot" for any other. Names are placed as in other triples of names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.json_values import checked, identity, items, name
from relknit.data.convert.named_triples import Name, NamedTriple, document_from_names
from relknit.data.readers.records import RawRecord
from relknit.document import Document
from relknit.errors import DataError, short

_MAIN_SLOT = "@value"


class DuieFormat(RecordFormat):
    """The files of DuIE. They are not written: they have no place for positions."""

    about = "JSON with text and spo_list (DuIE)"
    keys = frozenset(("text", "spo_list"))

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError."""
        text = name(record.value, "text", "the record")
        triples = [t for k, item in enumerate(items(record.value, "spo_list")) for t in _triples(item, k)]
        return document_from_names(text, triples, identity=identity(record.value, "id", record.number), options=options)


def _triples(item: Any, k: int) -> Iterator[NamedTriple]:
    what = f"triple {k}"
    subject, predicate = name(item, "subject", what), name(item, "predicate", what)
    types = _slots(item.get("object_type", {}), f"object_type of {what}")
    for slot, value in _slots(item.get("object"), f"object of {what}").items():
        relation = predicate if slot == _MAIN_SLOT else f"{predicate}_{slot}"
        yield NamedTriple(
            Name(subject, _type(item.get("subject_type"), what)),
            relation,
            Name(checked(value, str, f"object of {what}"), _type(types.get(slot), what)),
            lambda message: DataError(f"{what}: {message}"),
        )


def _slots(value: Any, what: str) -> Mapping[str, Any]:
    if isinstance(value, str):
        return {_MAIN_SLOT: value}
    if not isinstance(value, dict):
        raise DataError(f"{what} is {short(value)}, expected a name or an object of names")
    return value


def _type(value: Any, what: str) -> str | None:
    return None if value in (None, "") else str(checked(value, str, f"a type of {what}"))
