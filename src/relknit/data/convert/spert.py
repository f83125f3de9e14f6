"""The format of SpERT (also PFN's): tokens, typed entities and relations between entity numbers.

[{"tokens": ["Ada", "lived", "in", "London"], "entities": [{"type": "Peop", "start": 0, "end": 1}, ...],
  "relations": [{"type": "Live_In", "head": 0, "tail": 1}], "orig_id": 17}]
"""

from __future__ import annotations

from relknit.data.readers.records import Record
from relknit.document import Document
from relknit.document.jsonl import parse_document
from relknit.errors import DataError


def spert_document(record: Record) -> Document:
    """One record of a SpERT file, `orig_id` as its id; raises DataError that names its place."""
    value = record.value
    if isinstance(value, dict):
        value = {"id": value.get("orig_id", record.number), **value}
    try:
        return parse_document(value)
    except DataError as error:
        raise record.error(error.message) from None
