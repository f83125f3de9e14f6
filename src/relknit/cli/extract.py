"""relknit extract: triples from a sentence, a file or standard input."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, TextIO

from cyclopts import Parameter
from rich.console import Console

from relknit.cli.common import Threads, progress_bar, use_this_process, worker_threads
from relknit.cli.show import show_document
from relknit.document.jsonl import to_record
from relknit.errors import DataError
from relknit.text.paragraphs import Paragraph, paragraphs

GROUP_CHARACTERS = 200_000


def extract(
    source: Annotated[
        str, Parameter(help="A text in quotes, a text file, or - for standard input.", allow_leading_hyphen=True)
    ],
    *,
    model: Annotated[str, Parameter(help="A model folder or the name of a shipped model.")] = "webnlg",
    format: Annotated[
        Literal["table", "jsonl"], Parameter(help="For people, or one JSON object a paragraph.")
    ] = "table",
    self_pairs: Annotated[bool, Parameter(help="Also show triples of an entity with itself.", negative="")] = False,
    threads: Threads = 0,
) -> int:
    """Print the triples found in a text, with where they stand in it and how sure the model is.

    A file is read paragraph by paragraph (blank lines between them); each gives one Document whose id is the file's
    name and the paragraph's first character.
    """
    from relknit.extractor import Extractor, read_text

    use_this_process()
    extractor = Extractor.load(model, threads=worker_threads(threads))
    console = Console()
    name, stream, size = _open(source)
    with stream, progress_bar("extracting", size) as progress:
        for group in _groups(_paragraphs(stream, name)):
            documents = [read_text(p.text, identity=f"{name}:{p.start}" if name else "1") for p in group]
            for document in extractor.annotate(documents, self_pairs=self_pairs):
                if format == "jsonl":
                    sys.stdout.write(json.dumps(to_record(document), ensure_ascii=False) + "\n")
                else:
                    show_document(console, document)
            progress(sum(len(p.text) for p in group))
    return 0


def _open(source: str) -> tuple[str, TextIO, int]:
    """Name (empty for a text given on the spot), stream and size in bytes of what to read."""
    if source == "-":
        return "stdin", open(0, encoding="utf-8-sig", newline="", closefd=False), 0
    try:
        is_file = Path(source).is_file()
    except (OSError, ValueError):  # too long for a file name, or with characters that no file name has
        is_file = False
    if not is_file:
        if Path(source).suffix in (".txt", ".md", ".jsonl", ".gz") and " " not in source:
            raise DataError("no such file; to read it as a text, add a space to it", path=source)
        return "", io.StringIO(source), len(source)
    if source.endswith((".jsonl", ".jsonl.gz")):
        raise DataError("is JSONL; use `relknit predict MODEL DATA --out FILE` for it", path=source)
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


def _groups(stream: Iterator[Paragraph]) -> Iterator[list[Paragraph]]:
    """Paragraphs in groups of bounded size; one after another when they come from a person's keyboard."""
    group: list[Paragraph] = []
    size = 0
    for paragraph in stream:
        group.append(paragraph)
        size += len(paragraph.text)
        if size >= GROUP_CHARACTERS:
            yield group
            group, size = [], 0
    if group:
        yield group
