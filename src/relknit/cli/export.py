"""relknit data export: documents, such as predictions, to the formats in which people correct them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from relknit.cli import terminal
from relknit.cli.common import Overwrite, SkipBad
from relknit.data.convert import target_format
from relknit.data.readers import read_documents
from relknit.document.jsonl import DEFAULT_LIMITS, Limits


def export(
    source: Path,
    out: Path,
    *,
    to: str = "auto",
    skip_bad: SkipBad = False,
    overwrite: Overwrite = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    limits: Annotated[Limits, Parameter(name="*")] = DEFAULT_LIMITS,
) -> int:
    """Convert relknit's JSONL, such as predictions, to BRAT standoff, a spaCy DocBin or another format.

    Parameters
    ----------
    source:
        The .jsonl or .jsonl.gz file to read.
    out:
        The file to write, in the format of its name (.spacy for a DocBin); any other name is a folder for BRAT.
    to:
        The format of OUT, if its name does not say.
    skip_bad:
        Leave out invalid lines and report them, instead of stopping at the first.
    overwrite:
        Replace a file when it exists; a folder is never replaced.
    as_json:
        Print what was done as one JSON object.
    """
    target = target_format(out, to, default="brat")
    target.check_target(out, overwrite=overwrite)
    read = read_documents(source, skip_bad=skip_bad, limits=limits)
    count = target.write(out, read.documents)
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
