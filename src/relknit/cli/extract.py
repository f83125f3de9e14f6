"""relknit extract: triples from texts, files, folders, records or standard input."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    Entities,
    JsonFlag,
    Model,
    ReportedErrors,
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
from relknit.errors import ConfigError
from relknit.explain import Explanation
from relknit.explain.trace import STYLE
from relknit.inputs import InputOptions, InputSource, TextInput, find_inputs, read_inputs
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL

if TYPE_CHECKING:
    from relknit.text.coverage import Coverage


def extract(
    texts: Annotated[
        list[str],
        Parameter(
            help="Texts in quotes, files (.txt, .jsonl, .csv, .tsv, .html), folders, patterns, or - for standard input.",
            allow_leading_hyphen=True,
            negative="",
        ),
    ],
    *,
    inputs: Annotated[InputOptions, Parameter(name="*", negative="")] = InputOptions(),
    model: Model = DEFAULT_MODEL,
    as_json: JsonFlag = False,
    self_pairs: Annotated[bool, Parameter(help="Also show triples of an entity with itself.", negative="")] = False,
    coverage: Annotated[
        bool, Parameter(help="Also say which characters were read, and in which window.", negative="")
    ] = False,
    explain: Annotated[
        bool, Parameter(help="Also show what each round of interaction did to triples and entities.", negative="")
    ] = False,
    entities: Entities = "predicted",
    coreference: Annotated[
        bool, Parameter(help="Put names in place of pronouns and descriptions, if the model has learned to.")
    ] = True,
    min_precision: MinPrecision = None,
    filters: FilterOptions = NO_FILTERS,
    html: Annotated[
        Path | None, Parameter(help="Also write one HTML page with all texts and triples, and what --explain shows.")
    ] = None,
    runtime: RuntimeOptions = Runtime(),
) -> int:
    """Print the triples found in texts, with their characters and confidence.

    A text file is read paragraph by paragraph, or line by line with --lines; JSONL, CSV and TSV record by record. Each gives one
    Document, with the id of its record or, for text files, the file's name and the first character. --json prints one JSON
    object for each (JSON Lines), with `file`, `file_start` and the other `fields` of the record.
    With --entities given, the one input is a JSONL file of records with entities, and the relations between these are printed.
    A record or file that cannot be read is reported and left out, and the exit status is then 2.
    """
    from relknit.cli.extract_given import extract_given

    check_page(html)
    options: dict[str, Any] = {"runtime": runtime, "min_precision": min_precision, "coreference": coreference}
    if entities == "given":
        if coverage or explain or inputs != InputOptions():
            others = "--coverage, --explain and the options of texts and records"
            raise ConfigError(f"{others} are not for --entities given; leave them out")
        if len(texts) != 1:
            raise ConfigError(
                f"--entities given takes one JSONL file of records with entities, found {len(texts)} inputs"
            )
        extractor = filters.extractor(model, **options)
        return extract_given(texts[0], extractor, as_json=as_json, self_pairs=self_pairs, html=html)
    found = find_inputs(texts)
    errors = ReportedErrors()
    use_this_process()
    extractor = filters.extractor(model, **options)
    note_thresholds(extractor.predictor.thresholds, extractor.saved.model.labels.relations)
    waiting: deque[TextInput] = deque()
    warned: frozenset[str] = frozenset()

    def documents() -> Iterator[Document]:
        for item in read_inputs(found, inputs, on_error=errors):
            waiting.append(item)
            yield extractor.read(item.text, identity=item.id)

    typed = any(source.name == "stdin" and source.path is None for source in found) and sys.stdin.isatty()
    look_ahead = 0 if typed else None  # a person is answered as they type
    shown = sys.stdout.isatty()  # then the answers themselves say how far it is, and a bar would stand between them
    size = sum(source.size for source in found)
    writer = nullcontext() if html is None else PageWriter(styles=[STYLE] if explain else [])
    with progress_bar("extracting", size, hidden=shown) as progress, writer as page:
        for document in extractor.annotate(documents(), self_pairs=self_pairs, look_ahead=look_ahead):
            item = waiting.popleft()
            unlike = extractor.unlike_training(document)
            warned = _warn(item, unlike, warned)
            read = extractor.coverage(document) if coverage else None
            explanation = extractor.explain(document, self_pairs=self_pairs) if explain else None
            if as_json:
                _write(document, item.to_dict() | ({"unlike_training": unlike} if unlike else {}), read, explanation)
            else:
                _show(document, item if len(found) > 1 or item.is_record else None, read, explanation)
            sys.stdout.flush()
            if page is not None:
                page.add(document, below="" if explanation is None else explanation.tables_html())
            progress(len((document.text or "").encode()))
        if page is not None and html is not None:
            if errors.of_files < len(found):
                page.save(html, f"relknit: {_title(found)}")
            else:
                terminal.print_note(f"{html} is not written, as no input could be read to its end")
    return errors.status


def _title(found: list[InputSource]) -> str:
    names = [source.name or "a text" for source in found]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _warn(item: TextInput, unlike: Sequence[str], warned: frozenset[str]) -> frozenset[str]:
    """Warn of the first text of each kind that is unlike the training data; returns the kinds warned of."""
    for kind in unlike:
        if kind not in warned:
            what = "may be in another language than" if kind == "language" else f"is in {kind}, unlike"
            advice = "expect the model to find less in such texts, and check what it finds"
            terminal.print_warning(f"text {item.id} {what} the training data; {advice}")
    return warned | set(unlike)


def _write(document: Document, source: dict[str, Any], read: Coverage | None, explanation: Explanation | None) -> None:
    record = document.to_dict() | source | ({} if read is None else {"coverage": read.to_dict()})
    record |= {} if explanation is None else {"explanation": explanation.to_dict()}
    print_json(record, indent=None)


def _show(document: Document, item: TextInput | None, read: Coverage | None, explanation: Explanation | None) -> None:
    """item: named above the text; None leaves it out."""
    if item is not None:
        terminal.print_line(item.id, style="dim")
    console = terminal.console()
    show_document(console, document, note=None if read is None else str(read))
    if explanation is not None:
        show_explanation(console, explanation)
