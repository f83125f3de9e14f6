"""Examine files line by line with every check, and report the findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from relknit.data.doctor.almost import AlmostCopies
from relknit.data.doctor.findings import DoctorFinding, DoctorReport, FileSummary, Ledger
from relknit.data.doctor.kinds import BROKEN_LINE
from relknit.data.doctor.labels import LabelUsage
from relknit.data.doctor.name_parts import NameParts
from relknit.data.doctor.reach import DEFAULT_MAX_TOKENS, Reach
from relknit.data.doctor.repeats import Repeats
from relknit.data.doctor.source import DataFile, GoodLine, OnProgress, SourceLine, find_files, read_file
from relknit.data.doctor.span_findings import span_findings
from relknit.data.doctor.token_findings import token_findings
from relknit.data.symptoms import symptoms
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.errors import ConfigError


def examine(
    paths: Sequence[str | Path],
    *,
    skip_bad: bool = False,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    examples: int = 5,
    limits: Limits = DEFAULT_LIMITS,
    progress: OnProgress | None = None,
) -> DoctorReport:
    """Every finding in the files or folders, which are taken as one collection and compared with each other.

    Memory holds one line at a time, a few bytes for each sentence and each name seen, and eight for each word.

    skip_bad:   a line that breaks the format is a warning instead of an error
    max_tokens: the longest sentence that is not a finding
    examples:   how many findings of each kind and file the report keeps; all are counted
    limits:     how much of a file is read at once
    progress:   called every 200 lines with the file and the line number
    Raises DataError for a missing path, an unreadable file or one without a valid line, and ConfigError for a number out
    of range.
    """
    if examples < 0:
        raise ConfigError(f"examples is {examples}, expected 0 or more")
    ledger = Ledger(examples, {BROKEN_LINE: "warning"} if skip_bad else {})
    checks = _Checks(Repeats(), AlmostCopies(), LabelUsage(), NameParts(), Reach(max_tokens))
    summaries = [
        _examine_file(file, read_file(file.path, progress, limits=limits), checks, ledger) for file in find_files(paths)
    ]
    ledger.add(checks.labels.finish())
    ledger.add(checks.names.finish())
    return DoctorReport(tuple(summaries), ledger.groups(), checks.repeats.overlaps())


@dataclass(frozen=True, slots=True)
class _Checks:
    """The checks that compare a line with earlier ones."""

    repeats: Repeats
    almost: AlmostCopies
    labels: LabelUsage
    names: NameParts
    reach: Reach

    def check(self, line: GoodLine) -> Iterator[DoctorFinding]:
        for kind, message in symptoms(line.document):
            yield line.finding(kind, message)
        yield from span_findings(line)
        yield from token_findings(line)
        for check in (self.repeats, self.almost, self.labels, self.names, self.reach):
            yield from check.check(line)


def _examine_file(file: DataFile, lines: Iterator[SourceLine], checks: _Checks, ledger: Ledger) -> FileSummary:
    sentences = tokens = entities = relations = 0
    for line in lines:
        if line.document is None:
            message = line.error.message if line.error is not None else ""
            ledger.add([DoctorFinding(BROKEN_LINE, str(file.path), line.number, message)])
            continue
        document = line.document
        ledger.add(checks.check(GoodLine(file, line.number, document, line.record)))
        sentences += 1
        tokens += len(document)
        entities += len(document.entities)
        relations += len(document.relations)
    return FileSummary(str(file.path), file.split, sentences, tokens, entities, relations)
