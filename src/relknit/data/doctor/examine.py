"""Examine files line by line with every check, and report the findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from relknit.data.doctor.almost import AlmostCopies
from relknit.data.doctor.findings import DoctorFinding, DoctorReport, FileSummary, FindingCounter
from relknit.data.doctor.kinds import BROKEN_LINE
from relknit.data.doctor.labels import LabelUsage
from relknit.data.doctor.name_parts import NameParts
from relknit.data.doctor.reach import DEFAULT_MAX_TOKENS, Reach
from relknit.data.doctor.repeats import Repeats
from relknit.data.doctor.sentence_findings import sentence_findings
from relknit.data.doctor.source import BrokenLine, DataFile, LineCheck, OnProgress, SourceLine, find_files, read_file
from relknit.data.doctor.span_findings import span_findings
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

    Takes memory for one line at a time, a few bytes for each sentence and each name seen, and eight for each word.

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
    counter = FindingCounter(examples, {BROKEN_LINE: "warning"} if skip_bad else {})
    repeats = Repeats()
    checks = (repeats, AlmostCopies(), LabelUsage(), NameParts(), Reach(max_tokens))
    summaries = [
        _examine_file(file, read_file(file, progress, limits=limits), checks, counter) for file in find_files(paths)
    ]
    for check in checks:
        counter.add(check.finish())
    return DoctorReport(tuple(summaries), counter.groups(), repeats.overlaps())


def _examine_file(
    file: DataFile, lines: Iterable[SourceLine | BrokenLine], checks: Sequence[LineCheck], counter: FindingCounter
) -> FileSummary:
    sentences = tokens = entities = relations = 0
    for line in lines:
        if isinstance(line, BrokenLine):
            counter.add([DoctorFinding(BROKEN_LINE, str(file.path), line.error.line, line.error.message)])
            continue
        counter.add(sentence_findings(line))
        counter.add(span_findings(line))
        for check in checks:
            counter.add(check.check(line))
        sentences += 1
        tokens += len(line.document)
        entities += len(line.document.entities)
        relations += len(line.document.relations)
    return FileSummary(str(file.path), file.split, sentences, tokens, entities, relations)
