"""Whether a dataset keeps to the format, and what looks odd line by line; quick. Its quality: `relknit.data.doctor`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from relknit.data.readers import ReadResult, find_splits, read_documents
from relknit.data.symptoms import symptoms
from relknit.document import AnchorRule, Document

Level = Literal["error", "warning"]
_RARE = "label seen once"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: `kind` groups findings of one sort, `line` is None where a whole file is meant."""

    level: Level
    kind: str
    path: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was checked, how many documents it holds, and what was found, file by file and line by line."""

    path: str
    documents: int
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many findings must be mended before the data can be trained on and scored."""
        return sum(finding.level == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are only worth a look."""
        return len(self.findings) - self.errors


def check_documents(
    documents: tuple[Document, ...],
    path: str | Path,
    *,
    lines: tuple[int, ...] | None = None,
    anchor: AnchorRule = "last",
) -> CheckReport:
    """Findings about documents that parsed; `lines` says where each stood (default: one a line from 1).

    Everything found here is a warning but one: entities with and without a type in one file, which strict scores cannot
    compare, are an error.
    """
    result = ReadResult(documents, lines or tuple(range(1, len(documents) + 1)))
    found = [
        Finding("warning", kind, str(path), line, message)
        for document, line in _numbered(result)
        for kind, message in symptoms(document, anchor=anchor)
    ]
    found += _repeats(result, path, "repeated sentence", lambda document: document.tokens, "the sentence is that")
    found += _repeats(result, path, "repeated id", lambda document: document.id, "the id is that")
    found += _rare_labels(result, path)
    found.sort(key=lambda finding: finding.line or 0)
    return CheckReport(str(path), len(documents), (*_mixed_types(documents, path), *found))


def check_file(path: str | Path, *, skip_bad: bool = False) -> CheckReport:
    """Check one file; each line that breaks the format is an error, or a warning with `skip_bad`.

    Raises DataError when the file cannot be read or has no good line.
    """
    return _check_result(path, read_documents(path, skip_bad=True), skip_bad)


def check_folder(folder: str | Path, *, skip_bad: bool = False) -> CheckReport:
    """Check every split of a folder, and across them: labels that train never shows, sentences that two splits share.

    Raises DataError when the folder has no train file or a file cannot be read or has no good line.
    """
    paths = find_splits(folder)
    results = {split: read_documents(path, skip_bad=True) for split, path in paths.items()}
    findings: list[Finding] = []
    for split, result in results.items():
        report = _check_result(paths[split], result, skip_bad)
        if split == "train":
            findings += report.findings
            continue
        # a label may well be seen once in dev or test; what counts there is whether train shows it
        findings += [finding for finding in report.findings if finding.kind != _RARE]
        findings += _unseen_labels(results["train"], result, paths[split])
    findings += _leaks(paths, results)
    return CheckReport(str(folder), sum(len(result.documents) for result in results.values()), tuple(findings))


def _check_result(path: str | Path, result: ReadResult, skip_bad: bool) -> CheckReport:
    report = check_documents(result.documents, path, lines=result.lines)
    level: Level = "warning" if skip_bad else "error"
    bad = [Finding(level, "broken line", str(path), error.line, error.message) for error in result.skipped]
    return replace(report, findings=(*bad, *report.findings))


def _numbered(result: ReadResult) -> Iterator[tuple[Document, int]]:
    return zip(result.documents, result.lines, strict=True)


def _repeats(
    result: ReadResult, path: str | Path, kind: str, key: Callable[[Document], object], message: str
) -> Iterator[Finding]:
    first: dict[object, int] = {}
    for document, line in _numbered(result):
        earlier = first.setdefault(key(document), line)
        if earlier != line:
            yield Finding("warning", kind, str(path), line, f"{message} of line {earlier}; keep one or change it")


def _uses(result: ReadResult) -> Mapping[str, list[int]]:
    """The lines of each label, as often as they use it."""
    uses: defaultdict[str, list[int]] = defaultdict(list)
    for document, line in _numbered(result):
        for relation in document.relations:
            uses[f'relation "{relation.type}"'].append(line)
        for entity in document.entities:
            if entity.type is not None:
                uses[f'entity type "{entity.type}"'].append(line)
    return uses


def _rare_labels(result: ReadResult, path: str | Path) -> Iterator[Finding]:
    for label, lines in _uses(result).items():
        if len(lines) == 1:
            message = f"{label} is used only here; check its spelling or add examples"
            yield Finding("warning", _RARE, str(path), lines[0], message)


def _mixed_types(documents: tuple[Document, ...], path: str | Path) -> Iterator[Finding]:
    typed = Counter(entity.type is not None for document in documents for entity in document.entities if entity.tagged)
    if typed[True] and typed[False]:
        counts = f"{typed[True]} entities have a type and {typed[False]} have none"
        lost = "the types are not learned" if typed[False] > typed[True] else "those without are trained as no entities"
        message = f"{counts}; {lost}; give every entity a type, or none"
        yield Finding("warning", "mixed entity types", str(path), None, message)


def _unseen_labels(train: ReadResult, other: ReadResult, path: Path) -> Iterator[Finding]:
    known = _uses(train)
    for label, lines in _uses(other).items():
        if label not in known:
            message = (
                f"{label} (used {len(lines)}x here) is not in train, so it is never learned; add examples to train"
            )
            yield Finding("warning", "label not in train", str(path), lines[0], message)


def _leaks(paths: Mapping[str, Path], results: Mapping[str, ReadResult]) -> Iterator[Finding]:
    first: dict[tuple[str, ...], tuple[str, int]] = {}
    for split, result in results.items():
        for document, line in _numbered(result):
            owner, owner_line = first.setdefault(document.tokens, (split, line))
            if owner != split:
                message = (
                    f"the sentence is that of {paths[owner].name}:{owner_line}; remove one, scores on it say little"
                )
                yield Finding("warning", "sentence in two splits", str(paths[split]), line, message)
