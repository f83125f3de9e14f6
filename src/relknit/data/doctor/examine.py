"""Look at files line by line, with every family of symptoms, and write up what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from relknit.data.doctor.almost import Almost
from relknit.data.doctor.findings import FileSummary, Finding, Ledger, Report
from relknit.data.doctor.labels import Labels
from relknit.data.doctor.names import Names
from relknit.data.doctor.reach import DEFAULT_MAX_TOKENS, Reach
from relknit.data.doctor.repeats import Repeats
from relknit.data.doctor.source import Case, DataFile, Watch, find_files, read_file
from relknit.data.doctor.spans import span_findings
from relknit.data.doctor.words import word_findings
from relknit.data.symptoms import symptoms
from relknit.errors import ConfigError


def examine(
    paths: Sequence[str | Path],
    *,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    examples: int = 5,
    watch: Watch | None = None,
) -> Report:
    """Everything odd about the files or folders, which are taken as one collection and compared with each other.

    Memory holds one line at a time, a few bytes for each sentence and each name seen, and eight for each word.

    max_tokens: the longest sentence that is no finding
    examples:   how many findings of each kind and file the report keeps; all are counted
    watch:      told now and then how far it is
    Raises DataError for a path that is absent or a file that cannot be read or has no good line, ConfigError for a
    number out of range.
    """
    if examples < 0:
        raise ConfigError(f"examples is {examples}, expected 0 or more")
    ledger = Ledger(examples)
    families = _Families(Repeats(), Almost(), Labels(), Names(), Reach(max_tokens))
    summaries = [_examine_file(file, families, ledger, watch) for file in find_files(paths)]
    ledger.add(families.labels.end())
    ledger.add(families.names.end())
    return Report(tuple(summaries), ledger.groups(), families.repeats.overlaps())


@dataclass(frozen=True, slots=True)
class _Families:
    """What has a memory of earlier lines."""

    repeats: Repeats
    almost: Almost
    labels: Labels
    names: Names
    reach: Reach

    def look(self, case: Case) -> Iterator[Finding]:
        for kind, message in symptoms(case.document):
            yield case.finding(kind, message)
        yield from span_findings(case)
        yield from word_findings(case)
        for family in (self.repeats, self.almost, self.labels, self.names, self.reach):
            yield from family.look(case)


def _examine_file(file: DataFile, families: _Families, ledger: Ledger, watch: Watch | None) -> FileSummary:
    sentences = tokens = entities = relations = 0
    for line in read_file(file.path, watch):
        if line.document is None:
            message = line.error.message if line.error is not None else ""
            ledger.add([Finding("broken line", str(file.path), line.number, message)])
            continue
        document = line.document
        ledger.add(families.look(Case(file, line.number, document, line.record)))
        sentences += 1
        tokens += len(document)
        entities += len(document.entities)
        relations += len(document.relations)
    return FileSummary(str(file.path), file.split, sentences, tokens, entities, relations)
