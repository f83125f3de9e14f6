"""The format of CasRel, TPLinker, PRGC and OneRel: a text and its triples of names.

    {"text": "Ada Lovelace lived in London .", "triple_list": [["Ada Lovelace", "residence", "London"]]}

The "star" versions of NYT and WebNLG give only the last word of each name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from relknit.data.convert.assemble import Anchor
from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.named_triples import Name, NamedTriple, document_from_names
from relknit.data.readers.records import RawRecord, read_records
from relknit.document import Document
from relknit.errors import DataError, short


class TriplesFormat(RecordFormat):
    """A text and its triples of names."""

    about = "JSON with text and triple_list"
    keys = frozenset(("text", "triple_list"))

    def settle(self, path: Path, options: ReadOptions) -> tuple[ReadOptions, str]:
        """The options with the anchor decided by whether any name has two words."""
        if options.anchor != "auto":
            return options, ""
        anchor = guess_anchor(path, options)
        note = "every name is one word, taken as the last word of its entity" if anchor == "last" else "names are whole"
        return replace(options, anchor=anchor), note

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError that names its line."""
        if not isinstance(record.value, dict):
            raise record.error(f"expected a JSON object with text and triple_list, found {type(record.value).__name__}")
        text = record.value.get("text")
        if not isinstance(text, str) or not text.strip():
            raise record.error(f"text is {short(text)}, expected the sentence")
        identity = str(record.value.get("id", record.number))
        anchor: Anchor = "last" if options.anchor == "last" else "whole"
        triples = list(_triples(record))
        return document_from_names(text, triples, identity=identity, options=options, anchor=anchor)


def guess_anchor(path: Path, options: ReadOptions) -> Anchor:
    """ "last" if no name of the file has two words, as in the star versions, else "whole"; invalid records are skipped."""
    for record in read_records(path, on_error=lambda error: None, limits=options.limits):
        items = record.value.get("triple_list") if isinstance(record.value, dict) else None
        for item in items if isinstance(items, list) else ():
            if _is_triple(item) and (len(item[0].split()) > 1 or len(item[2].split()) > 1):
                return "whole"
    return "last"


def _is_triple(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 3 and all(isinstance(part, str) for part in item)


def _triples(record: RawRecord) -> Iterator[NamedTriple]:
    items = record.value.get("triple_list")
    if not isinstance(items, list):
        raise record.error(f"triple_list is {short(items)}, expected a list; write [] for a sentence without a triple")
    for k, item in enumerate(items):
        if not _is_triple(item):
            raise record.error(f"triple {k} is {short(item)}, expected [head, relation, tail]")
        if not item[1]:
            raise record.error(f"triple {k} has no relation, expected its name between head and tail")

        def fail(message: str, k: int = k) -> DataError:
            return record.error(f"triple {k}: {message}")

        yield NamedTriple(Name(item[0]), item[1], Name(item[2]), fail)
