"""The Document: an annotated text that can be written as JSON and HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from relknit.document.annotation import Annotation
from relknit.document.record import to_record, triple_records


@dataclass(frozen=True, slots=True)
class Document(Annotation):
    """A sentence (or a whole text) in tokens, with entities, relations and whatever else is known about it."""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the record that JSONL files hold, from which it can be read back, and `triples` to read."""
        return to_record(self) | {"triples": [triple.to_dict() for triple in self.triples]}

    def to_records(self) -> list[dict[str, Any]]:
        """A flat dict for every triple, all with the same keys: rows for `pandas.DataFrame`, a CSV file or a database.

        document (its id), head, head_type, head_start, head_end, relation, tail, tail_type, tail_start, tail_end, confidence,
        inferred, evidence, evidence_start, evidence_end, evidence_count. head and tail are clean names (`Span.name`), the same
        for the same name. The evidence is the text from the beginning of the entity that comes first to the end of the other
        one, in the first of the `evidence_count` places that state the triple. Positions are characters of the text; what is
        unknown is None.
        """
        return triple_records(self)

    def to_html(self, *, page: bool = True) -> str:
        """The text with its entities in colour and a table of its triples, as HTML that needs nothing else.

        page: a whole page to write to a file as UTF-8; without it an element to put into a page of your own.
        """
        from relknit.document.document_page import element_html, page_html

        return page_html([self]) if page else element_html(self)

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return self.to_html(page=False)
