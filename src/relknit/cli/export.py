"""relknit data export: documents, such as predictions, to the formats in which people correct them."""

from __future__ import annotations

from pathlib import Path

from relknit.cli import terminal
from relknit.cli.common import JsonFlag, LimitOptions, Overwrite, SkipBad, print_json
from relknit.data.convert import target_format
from relknit.data.readers import read_documents
from relknit.document.jsonl import DEFAULT_LIMITS


def export(
    source: Path,
    out: Path,
    *,
    to: str = "auto",
    skip_bad: SkipBad = False,
    overwrite: Overwrite = False,
    as_json: JsonFlag = False,
    limits: LimitOptions = DEFAULT_LIMITS,
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
    overwrite:
        Replace a file when it exists; a folder is never replaced.
    """
    target = target_format(out, to, default="brat")
    target.check_target(out, overwrite=overwrite)
    read = read_documents(source, skip_bad=skip_bad, limits=limits)
    count = target.write(out, read.documents)
    if as_json:
        skipped = [str(error) for error in read.skipped]
        print_json({"out": str(out), "documents": count, "skipped": skipped})
        return 0
    left_out = f", {len(read.skipped)} lines left out" if read.skipped else ""
    for error in read.skipped:
        terminal.print_line(f"left out: {error}")
    terminal.print_line(f"{count} documents written to {out}{left_out}")
    return 0
