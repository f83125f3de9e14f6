"""relknit extract: triples from a sentence, a file or standard input."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    Entities,
    JsonFlag,
    Model,
    RuntimeOptions,
    check_page,
    print_json,
    progress_bar,
    use_this_process,
)
from relknit.cli.explanation import show_explanation
from relknit.cli.filters import NO_FILTERS, FilterOptions
from relknit.cli.min_precision import MinPrecision, note_thresholds
from relknit.cli.show import show_document
from relknit.document import Document
from relknit.document.document_page import PageWriter
from relknit.errors import ConfigError, DataError
from relknit.explain import Explanation
from relknit.explain.trace import STYLE
from relknit.runtime import Runtime
from relknit.text.paragraphs import Paragraph, paragraphs

if TYPE_CHECKING:
    from relknit.text.coverage import Coverage

_LIKE_A_FILE = re.compile(r"[^\s/\\]+\.[A-Za-z]\w{1,4}|\S*/\S*\.\w{1,5}")


def extract(
    source: Annotated[
        str, Parameter(help="A text in quotes, a text file, or - for standard input.", allow_leading_hyphen=True)
    ],
    *,
    model: Model = "webnlg",
    as_json: JsonFlag = False,
    self_pairs: Annotated[bool, Parameter(help="Also show triples of an entity with itself.", negative="")] = False,
    coverage: Annotated[
        bool, Parameter(help="Also say which characters were read, and in which window.", negative="")
    ] = False,
    explain: Annotated[
        bool, Parameter(help="Also show what each round of interaction did to triples and entities.", negative="")
    ] = False,
    entities: Entities = "predicted",
    min_precision: MinPrecision = None,
    filters: FilterOptions = NO_FILTERS,
    html: Annotated[
        Path | None, Parameter(help="Also write one HTML page with all texts and triples, and what --explain shows.")
    ] = None,
    runtime: RuntimeOptions = Runtime(),
) -> int:
    """Print the triples found in a text, with their characters and confidence.

    A file is read paragraph by paragraph (blank lines between them); each gives one Document whose id is the file's
    name and the paragraph's first character. --json prints one JSON object per paragraph (JSON Lines). With --entities
    given it is a JSONL file of records with entities, and the relations between these are printed.
    """
    from relknit.cli.extract_given import extract_given
    from relknit.text.read import read_text

    check_page(html)
    if entities == "given":
        if coverage or explain:
            raise ConfigError("--coverage and --explain are for texts, not for --entities given; leave them out")
        extractor = filters.extractor(model, runtime=runtime, min_precision=min_precision)
        return extract_given(source, extractor, as_json=as_json, self_pairs=self_pairs, html=html)
    name, stream, size = _open(source)
    use_this_process()
    extractor = filters.extractor(model, runtime=runtime, min_precision=min_precision)
    note_thresholds(extractor.predictor.thresholds, extractor.saved.model.labels.relations)
    documents = (read_text(p.text, identity=f"{name}:{p.start}" if name else "1") for p in _paragraphs(stream, name))
    look_ahead = 0 if stream.isatty() else None  # a person is answered as they type
    shown = sys.stdout.isatty()  # then the answers themselves say how far it is, and a bar would stand between them
    writer = nullcontext() if html is None else PageWriter(styles=[STYLE] if explain else [])
    with stream, progress_bar("extracting", size, hidden=shown) as progress, writer as page:
        for document in extractor.annotate(documents, self_pairs=self_pairs, look_ahead=look_ahead):
            read = extractor.coverage(document) if coverage else None
            explanation = extractor.explain(document, self_pairs=self_pairs) if explain else None
            (_write if as_json else _show)(document, read, explanation)
            sys.stdout.flush()
            if page is not None:
                page.add(document, below="" if explanation is None else explanation.tables_html())
            progress(len((document.text or "").encode()))
        if page is not None and html is not None:
            page.save(html, f"relknit: {name or 'a text'}")
    return 0


def _write(document: Document, read: Coverage | None, explanation: Explanation | None) -> None:
    record = document.to_dict() | ({} if read is None else {"coverage": read.to_dict()})
    record |= {} if explanation is None else {"explanation": explanation.to_dict()}
    print_json(record, indent=None)


def _show(document: Document, read: Coverage | None, explanation: Explanation | None) -> None:
    console = terminal.console()
    show_document(console, document, note=None if read is None else str(read))
    if explanation is not None:
        show_explanation(console, explanation)


def _open(source: str) -> tuple[str, TextIO, int]:
    """Name (empty for a text given on the spot), stream and size in bytes of what to read."""
    if source == "-":
        return "stdin", open(0, encoding="utf-8-sig", newline="", closefd=False), 0
    try:
        path = Path(source)
        is_file, is_folder = path.is_file(), bool(source) and path.is_dir()
    except (OSError, ValueError):  # too long for a file name, or with characters that no file name has
        is_file = is_folder = False
    if is_folder:
        raise DataError("is a folder; name a file, or add a space to read it as a text", path=source)
    if not is_file:
        if _LIKE_A_FILE.fullmatch(source):
            raise DataError("no such file; to read it as a text, add a space to it", path=source)
        source.encode()  # a lone surrogate is refused here, before any output
        return "", io.StringIO(source), len(source)
    if source.endswith((".jsonl", ".jsonl.gz")):
        raise DataError("is JSONL; use `relknit predict FILE --out FILE` for it", path=source)
    return Path(source).name, open(source, encoding="utf-8-sig", newline=""), Path(source).stat().st_size


def _paragraphs(stream: TextIO, name: str) -> Iterator[Paragraph]:
    try:
        found = False
        for paragraph in paragraphs(stream):
            found = True
            yield paragraph
        if not found:
            yield Paragraph("", 0)
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8 text ({error.reason}); save it as UTF-8", path=name) from None
