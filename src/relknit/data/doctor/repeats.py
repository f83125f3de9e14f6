"""Repeated sentences: inside a file and across files, exact copies and those with the same letters and digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from relknit.data.doctor.findings import DoctorFinding, Overlap
from relknit.data.doctor.source import LineCheck, SourceLine
from relknit.data.sentence_keys import annotation_key, exact_key, near_key


class _Copy(NamedTuple):
    line: int
    exact: bytes
    annotation: bytes


class Repeats(LineCheck):
    """Keeps a few bytes of each sentence of each file, and counts repeats.

    A line gives at most one finding for its own file and one for all earlier files, however many copies there are.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, dict[bytes, list[_Copy]]] = {}
        self._ids: dict[Path, dict[str, int]] = {}
        self._counts: dict[tuple[Path, Path], Counter[str]] = {}

    def check(self, line: SourceLine) -> Iterator[DoctorFinding]:
        """Findings about a line, compared with all earlier lines."""
        if "id" in line.record:
            yield from self._repeated_id(line)
        if not line.document.tokens:
            return
        path, key = line.file.path, near_key(line.document)
        this = _Copy(line.number, exact_key(line.document), annotation_key(line.document))
        self._seen.setdefault(path, {})
        places, kind = [], "near copy in two splits"
        for other in dict.fromkeys((path, *self._seen)):
            near = self._seen[other].get(key, [])
            exact = [copy for copy in near if copy.exact == this.exact]
            same = [copy for copy in exact if copy.annotation == this.annotation]
            counts = self._counts.setdefault((path, other), Counter())
            counts.update(near=bool(near), exact=bool(exact), otherwise=bool(exact) and not same)
            if other == path:
                yield from _inside(line, near, exact, same)
                if not same:
                    self._seen[path].setdefault(key, []).append(this)
            elif near:
                copy = (exact or near)[0]
                annotated = " (annotated differently)" if exact and copy.annotation != this.annotation else ""
                places.append(f"{other}:{copy.line}{annotated}")
                kind = "sentence in two splits" if exact else kind
        if places:
            but = ", except for case, accents, punctuation or spacing," if kind.startswith("near") else ""
            yield line.finding(kind, f"the sentence{but} is also in {' and '.join(places)}; keep it in one")

    def overlaps(self) -> tuple[Overlap, ...]:
        """How many sentences each file shares with each earlier file, and its own repeats."""
        return tuple(
            Overlap(str(path), str(other), n["exact"], n["near"], n["otherwise"])
            for (path, other), n in self._counts.items()
        )

    def _repeated_id(self, line: SourceLine) -> Iterator[DoctorFinding]:
        known = self._ids.setdefault(line.file.path, {})
        first = known.setdefault(line.document.id, line.number)
        if first != line.number:
            message = f"the id {line.document.id!r:.60} is also that of line {first}; change one of them"
            yield line.finding("repeated id", message)


def _inside(line: SourceLine, near: list[_Copy], exact: list[_Copy], same: list[_Copy]) -> Iterator[DoctorFinding]:
    if same:
        yield line.finding("repeated sentence", f"the sentence and its annotation repeat line {same[0].line}; keep one")
    elif exact:
        message = (
            f"the sentence repeats line {exact[0].line} with other entities or relations; merge them into one line"
        )
        yield line.finding("repeated sentence, other annotation", message)
    elif near:
        message = f"the sentence has the same letters and digits as line {near[0].line}; keep one if both mean the same"
        yield line.finding("near copy", message)
