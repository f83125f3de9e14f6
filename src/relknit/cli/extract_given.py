"""relknit extract --entities given: relations between the entities that a file holds."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

from relknit.cli import terminal
from relknit.cli.common import print_json, use_this_process
from relknit.cli.min_precision import note_thresholds
from relknit.cli.show import show_document
from relknit.data.given_entities import given_documents
from relknit.document.document_page import PageWriter
from relknit.errors import DataError
from relknit.extractor import Extractor


def extract_given(source: str, extractor: Extractor, *, as_json: bool, self_pairs: bool, html: Path | None) -> int:
    """Print every record of a JSONL file with the relations between its entities."""
    if not Path(source).is_file():
        raise DataError("--entities given reads records with entities; name a JSONL file", path=source)
    use_this_process()
    note_thresholds(extractor.predictor.thresholds, extractor.relations)
    with nullcontext() if html is None else PageWriter() as page:
        for document in extractor.annotate(given_documents(source), entities="given", self_pairs=self_pairs):
            if as_json:
                print_json(document.to_dict(), indent=None)
            else:
                show_document(terminal.console(), document)
            sys.stdout.flush()
            if page is not None:
                page.add(document)
        if page is not None and html is not None:
            page.save(html, f"relknit: {Path(source).name}")
    return 0
