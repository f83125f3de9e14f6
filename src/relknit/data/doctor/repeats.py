"""Sentences that stand twice: inside a file, and in two files, word for word or by letters and digits alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from relknit.data.doctor.findings import Finding, Overlap
from relknit.data.doctor.source import Case
from relknit.data.doctor.text import annotation_key, exact_key, near_key


class _Copy(NamedTuple):
    line: int
    exact: bytes
    annotation: bytes


class Repeats:
    """Remembers a few bytes of each sentence of each file, and counts what comes again.

    A line is one finding inside its own file and one across the files before it, whatever the number of copies there.
    """

    def __init__(self) -> None:
        self._seen: dict[Path, dict[bytes, list[_Copy]]] = {}
        self._ids: dict[Path, dict[str, int]] = {}
        self._counts: dict[tuple[Path, Path], Counter[str]] = {}

    def look(self, case: Case) -> Iterator[Finding]:
        """Findings about a line, given all lines before it."""
        if "id" in case.record:
            yield from self._repeated_id(case)
        if not case.document.tokens:
            return
        path, near = case.file.path, near_key(case.document)
        this = _Copy(case.line, exact_key(case.document), annotation_key(case.document))
        own = self._seen.setdefault(path, {})
        known = own.get(near, [])
        self._count(path, path, this, known)
        yield from _inside(case, this, known)
        yield from self._across(case, this, near)
        if all((copy.exact, copy.annotation) != (this.exact, this.annotation) for copy in known):
            own.setdefault(near, []).append(this)

    def overlaps(self) -> tuple[Overlap, ...]:
        """How many lines each file shares with each file before it, and repeats of its own."""
        return tuple(
            Overlap(str(path), str(other), n["exact"], n["near"], n["otherwise"])
            for (path, other), n in self._counts.items()
        )

    def _repeated_id(self, case: Case) -> Iterator[Finding]:
        known = self._ids.setdefault(case.file.path, {})
        first = known.setdefault(case.document.id, case.line)
        if first != case.line:
            yield case.finding(
                "repeated id", f"the id {case.document.id!r} is that of line {first}; change one of them"
            )

    def _count(self, path: Path, other: Path, this: _Copy, known: list[_Copy]) -> None:
        counts = self._counts.setdefault((path, other), Counter())
        exact = [copy for copy in known if copy.exact == this.exact]
        counts["near"] += bool(known)
        counts["exact"] += bool(exact)
        counts["otherwise"] += bool(exact) and all(copy.annotation != this.annotation for copy in exact)

    def _across(self, case: Case, this: _Copy, near: bytes) -> Iterator[Finding]:
        places, exact = [], False
        for other, seen in self._seen.items():
            if other == case.file.path:
                continue
            known = seen.get(near, [])
            self._count(case.file.path, other, this, known)
            if known:
                same = [copy for copy in known if copy.exact == this.exact]
                exact |= bool(same)
                copy = (same or known)[0]
                annotated = " (annotated otherwise)" if copy.annotation != this.annotation and same else ""
                places.append(f"{other}:{copy.line}{annotated}")
        if places:
            kind = "sentence in two splits" if exact else "near copy in two splits"
            but = "" if exact else ", but for case, accents, marks or spacing,"
            yield case.finding(kind, f"the sentence{but} also stands in {' and '.join(places)}; keep it in one")


def _inside(case: Case, this: _Copy, known: list[_Copy]) -> Iterator[Finding]:
    exact = [copy for copy in known if copy.exact == this.exact]
    same = [copy for copy in exact if copy.annotation == this.annotation]
    if same:
        yield case.finding(
            "repeated sentence", f"the sentence and its annotation are those of line {same[0].line}; keep one"
        )
    elif exact:
        message = (
            f"the sentence is that of line {exact[0].line}, its entities or relations are not; merge them into one"
        )
        yield case.finding("repeated sentence, other annotation", message)
    elif known:
        message = f"the sentence has the letters and digits of line {known[0].line}; keep one if they say the same"
        yield case.finding("near copy", message)
