"""The findings of the doctor, grouped by kind; all are counted, and the first of each kind and file are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from relknit.data.doctor.kinds import KINDS, LEVELS, Kind, Level
from relknit.errors import one_line

Context = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One finding: what is wrong, what to do about it, and where.

    line:    counted from 1; None for a finding about a whole file
    context: the words before, the words concerned (may be empty) and the words after; None if there is nothing to show
    """

    kind: str
    path: str
    line: int | None
    message: str
    context: Context | None = None

    def shortened(self) -> DoctorFinding:
        """The same with a printable message and context of bounded length, even if they quote very long labels."""
        context = self.context and (one_line(self.context[0]), one_line(self.context[1]), one_line(self.context[2]))
        return replace(self, message=one_line(self.message), context=context)

    @property
    def where(self) -> str:
        """`file:line`, or the file for a finding about all of it."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one kind: how many in each file, and the first examples."""

    kind: Kind
    counts: Mapping[str, int]
    examples: tuple[DoctorFinding, ...]

    @property
    def count(self) -> int:
        """The number of findings of this kind in all files, including those not kept as examples."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class FileSummary:
    """What one file contains; `split` is train, dev, test, or None if its name does not show it."""

    path: str
    split: str | None
    sentences: int
    tokens: int
    entities: int
    relations: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many sentences of `path` are also in `other` (the same file: repeat an earlier line).

    exact:     with the same tokens
    near:      with the same letters and digits, including the exact ones
    otherwise: of the exact ones, those whose entities or relations differ from every copy
    """

    path: str
    other: str
    exact: int
    near: int
    otherwise: int


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """What was examined and what was found, the most severe kinds first."""

    files: tuple[FileSummary, ...]
    groups: tuple[FindingGroup, ...]
    overlaps: tuple[Overlap, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of findings of each level."""
        totals: Counter[str] = Counter()
        for group in self.groups:
            totals[group.kind.level] += group.count
        return {level: totals[level] for level in LEVELS}

    @property
    def errors(self) -> int:
        """The number of findings that make training stop."""
        return self.counts["error"]

    @property
    def names(self) -> Mapping[str, str]:
        """Each file's path -> the shortest unambiguous name: the file name, with the folder's name if needed."""
        paths = [file.path for file in self.files]
        names = [PurePath(path).name for path in paths]
        longer = ["/".join(PurePath(path).parts[-2:]) for path in paths]
        fallback = longer if len(set(longer)) == len(longer) else paths
        choices = zip(paths, names, fallback, strict=True)
        return {path: name if names.count(name) == 1 else other for path, name, other in choices}

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        groups = [asdict(group) | {"count": group.count} for group in self.groups]
        return {**asdict(self), "levels": dict(self.counts), "groups": groups}


class FindingCounter:
    """Counts every finding and keeps the first `examples` of each kind and file, so memory does not grow with a file.

    levels: kinds whose level differs from the usual one.
    """

    def __init__(self, examples: int, levels: Mapping[str, Level] = MappingProxyType({})) -> None:
        self._examples = examples
        self._levels = levels
        self._found: dict[str, tuple[Counter[str], list[DoctorFinding]]] = {}

    def add(self, findings: Iterable[DoctorFinding]) -> None:
        """Count the findings and keep the first of them."""
        for finding in findings:
            counts, kept = self._found.setdefault(finding.kind, (Counter(), []))
            counts[finding.path] += 1
            if counts[finding.path] <= self._examples:
                kept.append(finding.shortened())

    def groups(self) -> tuple[FindingGroup, ...]:
        """The findings by kind: most severe level first, then in the order of `KINDS`."""
        kinds = [replace(kind, level=self._levels.get(name, kind.level)) for name, kind in KINDS.items()]
        found = [(kind, *self._found[kind.name]) for kind in kinds if kind.name in self._found]
        groups = [FindingGroup(kind, dict(counts), tuple(kept)) for kind, counts, kept in found]
        return tuple(sorted(groups, key=lambda group: LEVELS.index(group.kind.level)))
