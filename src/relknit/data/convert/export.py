"""The way back: Documents, such as a model's predictions, in the formats that people look at and correct them in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from relknit.data.convert.brat_export import write_brat
from relknit.data.convert.docbin import write_docbin
from relknit.document import Document


def export(out: str | Path, documents: Iterable[Document]) -> int:
    """Write a spaCy DocBin where the name ends in .spacy, else a folder for BRAT, which must not exist yet.

    Texts and character offsets are kept; a document without a text gets its tokens joined. Words and part-of-speech tags
    are not kept. Returns the count of documents. Raises DataError, and MissingExtraError for a DocBin without spaCy.
    """
    out = Path(out)
    return (write_docbin if out.suffix == ".spacy" else write_brat)(out, documents)
