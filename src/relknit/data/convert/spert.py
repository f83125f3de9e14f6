"""The format of SpERT (also PFN's): tokens, typed entities and relations between entity numbers.

[{"tokens": ["Ada", "lived", "in", "London"], "entities": [{"type": "Peop", "start": 0, "end": 1}, ...],
  "relations": [{"type": "Live_In", "head": 0, "tail": 1}], "orig_id": 17}]
"""

from __future__ import annotations

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.readers.records import RawRecord
from relknit.document import Document
from relknit.document.jsonl import parse_document
from relknit.errors import DataError


class SpertFormat(RecordFormat):
    """The files of SpERT and PFN; `orig_id` becomes the id."""

    about = "JSON with tokens, entities and orig_id, or in an array"
    keys = frozenset(("tokens", "entities"))

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError that names its line."""
        value = record.value
        if isinstance(value, dict):
            value = {"id": value.get("orig_id", record.number), **value}
        try:
            return parse_document(value)
        except DataError as error:
            raise record.error(error.message) from None
