"""relknit data export: documents to the formats that people look at and correct them in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from relknit.cli import terminal
from relknit.data.convert import export as write_documents
from relknit.data.readers import read_documents
from relknit.files import check_target


def export(
    source: Path,
    out: Path,
    *,
    skip_bad: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Turn relknit's JSONL, such as predictions, into BRAT standoff or a spaCy DocBin.

    Parameters
    ----------
    source:
        The .jsonl or .jsonl.gz file to read.
    out:
        A file that ends in .spacy for a DocBin; any other name is a folder to make for BRAT.
    skip_bad:
        Leave bad lines out and say so, instead of stopping at the first.
    overwrite:
        Replace a .spacy file when it exists; a folder is never replaced.
    as_json:
        Print what was done as one JSON object.
    """
    if out.suffix == ".spacy":
        check_target(out, suffixes=(".spacy",), overwrite=overwrite)
    read = read_documents(source, skip_bad=skip_bad)
    count = write_documents(out, read.documents)
    if as_json:
        skipped = [str(error) for error in read.skipped]
        print(json.dumps({"out": str(out), "documents": count, "skipped": skipped}, ensure_ascii=False))
        return 0
    left_out = f", {len(read.skipped)} lines left out" if read.skipped else ""
    console = terminal.console()
    for error in read.skipped:
        console.print(escape(f"left out: {error}"))
    console.print(escape(f"{count} documents written to {out}{left_out}"))
    return 0
