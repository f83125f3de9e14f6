"""What the doctor finds: findings, grouped by kind, with counts that stay right when only the first are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

from relknit.data.doctor.kinds import Kind, kind_of

Context = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: what is wrong and what to do about it, and where.

    `line` counts from 1 and is None where a whole file is meant; `context` holds the words before, the words meant, and
    the words after (the middle may be empty), and is None where there is nothing to show.
    """

    kind: str
    path: str
    line: int | None
    message: str
    context: Context | None = None

    @property
    def where(self) -> str:
        """`file:line`, or the file alone."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one kind: how many in each file, and the first of them."""

    kind: Kind
    counts: Mapping[str, int]
    examples: tuple[Finding, ...]

    @property
    def count(self) -> int:
        """How many findings of this kind there are in all files, shown or not."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class FileSummary:
    """What one file holds; `split` is train, dev, test or None where its name does not say."""

    path: str
    split: str | None
    sentences: int
    tokens: int
    entities: int
    relations: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many sentences of `path` also stand in `other` (the same file: repeat an earlier line).

    exact:     with the same tokens
    near:      with the same letters and digits, the exact ones among them
    otherwise: of the exact ones, those whose entities or relations nowhere agree with the copy
    """

    path: str
    other: str
    exact: int
    near: int
    otherwise: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was examined and what was found, the gravest kinds first."""

    files: tuple[FileSummary, ...]
    groups: tuple[Group, ...]
    overlaps: tuple[Overlap, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many findings there are of each level."""
        totals: Counter[str] = Counter()
        for group in self.groups:
            totals[group.kind.level] += group.count
        return {level: totals[level] for level in ("error", "warning", "note")}

    @property
    def errors(self) -> int:
        """How many findings keep the data from being trained on."""
        return self.counts["error"]

    @property
    def names(self) -> Mapping[str, str]:
        """Each file's path by the shortest end that tells it apart: its name, if need be with its folder's."""
        paths = [file.path for file in self.files]
        names = [PurePath(path).name for path in paths]
        longer = ["/".join(PurePath(path).parts[-2:]) for path in paths]
        clear = len(set(longer)) == len(longer)
        return {
            path: name if names.count(name) == 1 else more if clear else path
            for path, name, more in zip(paths, names, longer, strict=True)
        }

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        groups = [asdict(group) | {"count": group.count} for group in self.groups]
        return {
            "files": [asdict(file) for file in self.files],
            "levels": dict(self.counts),
            "groups": groups,
            "overlaps": [asdict(overlap) for overlap in self.overlaps],
        }


class Ledger:
    """Counts every finding and keeps the first `examples` of each kind and file, so memory does not grow with a file."""

    def __init__(self, examples: int) -> None:
        self._examples = examples
        self._counts: dict[str, Counter[str]] = {}
        self._kept: dict[str, list[Finding]] = {}

    def add(self, findings: Iterable[Finding]) -> None:
        """Count the findings, and keep those that are among the first."""
        for finding in findings:
            counts = self._counts.setdefault(finding.kind, Counter())
            counts[finding.path] += 1
            kept = self._kept.setdefault(finding.kind, [])
            if counts[finding.path] <= self._examples:
                kept.append(finding)

    def groups(self) -> tuple[Group, ...]:
        """Everything counted, by level and then in the order of the list of kinds."""
        groups = [Group(kind_of(name), dict(self._counts[name]), tuple(self._kept[name])) for name in self._counts]
        return tuple(sorted(groups, key=lambda group: group.kind.order))
