"""The format of CasRel, TPLinker, PRGC and OneRel: a text and its triples of names.

    {"text": "Ada Lovelace lived in London .", "triple_list": [["Ada Lovelace", "residence", "London"]]}

The "star" versions of NYT and WebNLG give the last word of each name alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from relknit.data.convert.assemble import Anchor, Fact, Tokeniser, document_from_names
from relknit.data.readers.records import Record, read_records
from relknit.document import Document
from relknit.errors import DataError, short


def triples_document(record: Record, *, tokeniser: Tokeniser, anchor: Anchor) -> Document:
    """One record with `text` and `triple_list`; raises DataError that names its place."""
    if not isinstance(record.value, dict):
        raise record.error(f"expected a JSON object with text and triple_list, found {type(record.value).__name__}")
    text = record.value.get("text")
    if not isinstance(text, str) or not text.strip():
        raise record.error(f"text is {short(text)}, expected the sentence")
    identity = str(record.value.get("id", record.number))
    facts = list(_facts(record))
    return document_from_names(text, facts, identity=identity, tokeniser=tokeniser, anchor=anchor)


def guess_anchor(path: Path) -> Anchor:
    """Whether no name of the file has two words, as in the star versions ("last"); bad records are passed over."""
    for record in read_records(path, on_error=lambda error: None):
        items = record.value.get("triple_list") if isinstance(record.value, dict) else None
        for item in items if isinstance(items, list) else ():
            if _is_triple(item) and (len(item[0].split()) > 1 or len(item[2].split()) > 1):
                return "whole"
    return "last"


def _is_triple(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 3 and all(isinstance(part, str) for part in item)


def _facts(record: Record) -> Iterator[Fact]:
    items = record.value.get("triple_list")
    if not isinstance(items, list):
        raise record.error(f"triple_list is {short(items)}, expected a list; write [] for a sentence with no fact")
    for k, item in enumerate(items):
        if not _is_triple(item):
            raise record.error(f"triple {k} is {short(item)}, expected [head, relation, tail]")
        if not item[1]:
            raise record.error(f"triple {k} has no relation, expected its name between head and tail")
        yield Fact(item[0], item[1], item[2], partial(_triple_error, record, k))


def _triple_error(record: Record, k: int, message: str) -> DataError:
    return record.error(f"triple {k}: {message}")
