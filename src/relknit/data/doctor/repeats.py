"""Repeated sentences: inside a file and across files, exact copies and those with the same letters and digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from relknit.data.doctor.findings import DoctorFinding, Overlap
from relknit.data.doctor.source import GoodLine
from relknit.data.sentence_keys import annotation_key, exact_key, near_key


class _Copy(NamedTuple):
    line: int
    exact: bytes
    annotation: bytes


class Repeats:
    """Keeps a few bytes of each sentence of each file, and counts repeats.

    A line gives at most one finding for its own file and one for all earlier files, however many copies there are.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, dict[bytes, list[_Copy]]] = {}
        self._ids: dict[Path, dict[str, int]] = {}
        self._counts: dict[tuple[Path, Path], Counter[str]] = {}

    def check(self, line: GoodLine) -> Iterator[DoctorFinding]:
        """Findings about a line, compared with all earlier lines."""
        if "id" in line.record:
            yield from self._repeated_id(line)
        if not line.document.tokens:
            return
        path, near = line.file.path, near_key(line.document)
        this = _Copy(line.number, exact_key(line.document), annotation_key(line.document))
        own = self._seen.setdefault(path, {})
        known = own.get(near, [])
        self._count(path, path, this, known)
        yield from _inside(line, this, known)
        yield from self._across(line, this, near)
        if all((copy.exact, copy.annotation) != (this.exact, this.annotation) for copy in known):
            own.setdefault(near, []).append(this)

    def overlaps(self) -> tuple[Overlap, ...]:
        """How many sentences each file shares with each earlier file, and its own repeats."""
        return tuple(
            Overlap(str(path), str(other), n["exact"], n["near"], n["otherwise"])
            for (path, other), n in self._counts.items()
        )

    def _repeated_id(self, line: GoodLine) -> Iterator[DoctorFinding]:
        known = self._ids.setdefault(line.file.path, {})
        first = known.setdefault(line.document.id, line.number)
        if first != line.number:
            yield line.finding(
                "repeated id", f"the id {line.document.id!r:.60} is also that of line {first}; change one of them"
            )

    def _count(self, path: Path, other: Path, this: _Copy, known: list[_Copy]) -> None:
        counts = self._counts.setdefault((path, other), Counter())
        exact = [copy for copy in known if copy.exact == this.exact]
        counts["near"] += bool(known)
        counts["exact"] += bool(exact)
        counts["otherwise"] += bool(exact) and all(copy.annotation != this.annotation for copy in exact)

    def _across(self, line: GoodLine, this: _Copy, near: bytes) -> Iterator[DoctorFinding]:
        places, exact = [], False
        for other, seen in self._seen.items():
            if other == line.file.path:
                continue
            known = seen.get(near, [])
            self._count(line.file.path, other, this, known)
            if known:
                same = [copy for copy in known if copy.exact == this.exact]
                exact |= bool(same)
                copy = (same or known)[0]
                annotated = " (annotated differently)" if copy.annotation != this.annotation and same else ""
                places.append(f"{other}:{copy.line}{annotated}")
        if places:
            kind = "sentence in two splits" if exact else "near copy in two splits"
            but = "" if exact else ", except for case, accents, punctuation or spacing,"
            yield line.finding(kind, f"the sentence{but} is also in {' and '.join(places)}; keep it in one")


def _inside(line: GoodLine, this: _Copy, known: list[_Copy]) -> Iterator[DoctorFinding]:
    exact = [copy for copy in known if copy.exact == this.exact]
    same = [copy for copy in exact if copy.annotation == this.annotation]
    if same:
        yield line.finding("repeated sentence", f"the sentence and its annotation repeat line {same[0].line}; keep one")
    elif exact:
        message = (
            f"the sentence repeats line {exact[0].line} with other entities or relations; merge them into one line"
        )
        yield line.finding("repeated sentence, other annotation", message)
    elif known:
        message = (
            f"the sentence has the same letters and digits as line {known[0].line}; keep one if both mean the same"
        )
        yield line.finding("near copy", message)
