"""Entities that are only part of a name: whole files of last words, or one entity whose full name is annotated elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import LineCheck, SourceLine

# In data with whole names, 1 to 8% of the one-word names follow a capitalised word outside every entity ("Mayor Ruiz");
# with last words only, a third to a half do.
_FEWEST: Final = 20
_ONE_WORD: Final = 0.9
_PRECEDED: Final = 0.2
_LONGEST: Final = 8


@dataclass(frozen=True, slots=True)
class _Suspect:
    """An entity next to a capitalised or numeral word outside every entity, and the free words around it."""

    finding: DoctorFinding
    before: tuple[str, ...]
    name: tuple[str, ...]
    after: tuple[str, ...]


class NameParts(LineCheck):
    """Collects the names of several words, and the entities that may be parts of such names."""

    def __init__(self) -> None:
        self._counts: dict[Path, Counter[str]] = {}
        self._whole: dict[tuple[str, ...], str] = {}
        self._suspects: list[_Suspect] = []

    def check(self, line: SourceLine) -> Iterable[DoctorFinding]:
        """Collect the names of one line; the findings come from `finish`."""
        tokens = line.document.tokens
        taken = {i for entity in line.document.entities for i in range(entity.token_start, entity.token_end)}
        counts = self._counts.setdefault(line.file.path, Counter())
        for start, end in dict.fromkeys((e.token_start, e.token_end) for e in line.document.entities):
            if 1 < end - start <= _LONGEST and _opens_name(tokens[start]):
                self._whole.setdefault(tokens[start:end], f"{line.file.path}:{line.number}")
            before = start > 0 and start - 1 not in taken and _opens_name(tokens[start - 1])
            after = end < len(tokens) and end not in taken and _opens_name(tokens[end])
            counts["all"] += 1
            counts["one word"] += end - start == 1
            if end - start == 1 and tokens[start][:1].isupper():
                counts["capitalised"] += 1
                counts["preceded"] += before and tokens[start - 1].isalpha()
            if before or after:
                self._suspects.append(_suspect(line, start, end, taken))
        return ()

    def finish(self) -> Iterator[DoctorFinding]:
        """Files of last words only, then names cut short, in the order of the lines."""
        for path, counts in self._counts.items():
            yield from _last_words(path, counts)
        for suspect in self._suspects:
            whole = self._whole_name(suspect)
            if whole is not None:
                shown = f'"{" ".join(suspect.name)}" is part of "{" ".join(whole)}"'
                message = (
                    f"{shown}, which {self._whole[whole]} annotates whole; extend it, or leave it if it is intended"
                )
                yield replace(suspect.finding, message=message)

    def _whole_name(self, suspect: _Suspect) -> tuple[str, ...] | None:
        """The longest known name formed by the entity and its free neighbours."""
        before, name, after = suspect.before, suspect.name, suspect.after
        around = before + name + after
        first, last = len(before), len(before) + len(name)
        spans = product(range(first + 1), range(last, len(around) + 1))
        longer = (around[start:end] for start, end in spans if len(name) < end - start <= _LONGEST)
        return max((found for found in longer if found in self._whole), key=len, default=None)


def _suspect(line: SourceLine, start: int, end: int, taken: set[int]) -> _Suspect:
    tokens, first, last = line.document.tokens, start, end
    while first > max(0, start - _LONGEST + 1) and first - 1 not in taken:
        first -= 1
    while last < min(len(tokens), end + _LONGEST - 1) and last not in taken:
        last += 1
    finding = line.finding("name cut short", "", (start, end))
    return _Suspect(finding, tokens[first:start], tokens[start:end], tokens[end:last])


def _opens_name(token: str) -> bool:
    return token[0].isupper() or token[0].isdigit()


def _last_words(path: Path, counts: Counter[str]) -> Iterator[DoctorFinding]:
    many = counts["capitalised"] >= _FEWEST and counts["one word"] >= _ONE_WORD * counts["all"]
    if many and counts["preceded"] >= _PRECEDED * counts["capitalised"]:
        ones = f"{counts['one word']} of {counts['all']} entities are one word"
        before = f"precedes {counts['preceded']} of the {counts['capitalised']} capitalised ones"
        message = (
            f"{ones}, and a capitalised word outside every entity {before}; annotate whole names, or expect last words"
        )
        yield DoctorFinding("last words only", str(path), None, message)
