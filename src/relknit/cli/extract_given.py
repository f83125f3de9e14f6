"""relknit extract --entities given: relations between the entities that a file holds."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from relknit.cli import terminal
from relknit.cli.common import ReportedErrors, print_json, use_this_process
from relknit.cli.min_precision import note_thresholds
from relknit.cli.show import show_document
from relknit.data.given_entities import GivenRecord, given_records
from relknit.document import Document
from relknit.document.document_page import PageWriter
from relknit.errors import DataError
from relknit.extractor import Extractor


def extract_given(source: str, extractor: Extractor, *, as_json: bool, self_pairs: bool, html: Path | None) -> int:
    """Print every record of a JSONL file with the relations between its entities; returns the exit status."""
    if not Path(source).is_file():
        raise DataError("--entities given reads records with entities; name a JSONL file", path=source)
    use_this_process()
    note_thresholds(extractor.predictor.thresholds, extractor.relations)
    errors = ReportedErrors()
    waiting: deque[GivenRecord] = deque()

    def documents() -> Iterator[Document]:
        for record in given_records(source, errors, rule=extractor.saved.trained_on.token_rule):
            waiting.append(record)
            yield record.document

    with nullcontext() if html is None else PageWriter() as page:
        for document in extractor.annotate(documents(), entities="given", self_pairs=self_pairs):
            fields = waiting.popleft().fields
            if as_json:
                more = {"file": Path(source).name} | ({"fields": dict(fields)} if fields else {})
                print_json(document.to_dict() | more, indent=None)
            else:
                terminal.print_line(document.id, style="dim")
                show_document(terminal.console(), document)
            sys.stdout.flush()
            if page is not None:
                page.add(document)
        if page is not None and html is not None:
            page.save(html, f"relknit: {Path(source).name}")
    return errors.status
