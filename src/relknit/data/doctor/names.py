"""Entities that are only the last word of a name: a whole file of them, or one whose whole name stands elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relknit.data.doctor.findings import Finding
from relknit.data.doctor.source import Case
from relknit.document import Entity

# In data with whole names 1 to 8% of the one-word names follow another capitalised word that is no entity ("Mayor Ruiz");
# with last words only it is a third to a half.
_FEWEST: Final = 20
_ONE_WORD: Final = 0.9
_PRECEDED: Final = 0.2
_LONGEST: Final = 8


@dataclass(frozen=True, slots=True)
class _Suspect:
    """An entity with a capitalised or numeral word beside it that no entity holds, and the free words around it."""

    finding: Finding
    before: tuple[str, ...]
    name: tuple[str, ...]
    after: tuple[str, ...]


class Names:
    """Collects the names of several words, and the entities that might be parts of such."""

    def __init__(self) -> None:
        self._counts: dict[Path, Counter[str]] = {}
        self._whole: dict[tuple[str, ...], str] = {}
        self._suspects: list[_Suspect] = []

    def look(self, case: Case) -> Iterator[Finding]:
        """Take the names of one line down; nothing is found before the end."""
        tokens = case.document.tokens
        taken = {i for entity in case.document.entities for i in range(entity.start, entity.end)}
        counts = self._counts.setdefault(case.file.path, Counter())
        for entity in {(e.start, e.end): e for e in case.document.entities}.values():
            start, end = entity.start, entity.end
            if 1 < end - start <= _LONGEST and _opens_name(tokens[start]):
                self._whole.setdefault(tokens[start:end], f"{case.file.path}:{case.line}")
            before = start > 0 and start - 1 not in taken and _opens_name(tokens[start - 1])
            after = end < len(tokens) and end not in taken and _opens_name(tokens[end])
            counts["all"] += 1
            counts["one word"] += end - start == 1
            if end - start == 1 and tokens[start][:1].isupper():
                counts["capitalised"] += 1
                counts["preceded"] += before and tokens[start - 1].isalpha()
            if before or after:
                self._suspects.append(_suspect(case, entity, taken))
        yield from ()

    def end(self) -> Iterator[Finding]:
        """Files of last words alone, then names cut short, in the order of the lines."""
        for path, counts in self._counts.items():
            yield from _last_words(path, counts)
        for suspect in self._suspects:
            whole = self._whole_name(suspect)
            if whole is not None:
                cut, shown = " ".join(suspect.name), " ".join(whole)
                place = self._whole[whole]
                message = (
                    f'"{cut}" stands in "{shown}", which {place} annotates whole; extend it, or leave it if it is meant'
                )
                found = suspect.finding
                yield Finding(found.kind, found.path, found.line, message, found.context)

    def _whole_name(self, suspect: _Suspect) -> tuple[str, ...] | None:
        """The longest known name that the entity and its free neighbours spell."""
        before, name, after = suspect.before, suspect.name, suspect.after
        around = before + name + after
        first, last = len(before), len(before) + len(name)
        candidates = [
            around[start:end]
            for start in range(first + 1)
            for end in range(last, len(around) + 1)
            if len(name) < end - start <= _LONGEST
        ]
        return max((found for found in candidates if found in self._whole), key=len, default=None)


def _suspect(case: Case, entity: Entity, taken: set[int]) -> _Suspect:
    tokens, start, end = case.document.tokens, entity.start, entity.end
    first, last = start, end
    while first > max(0, start - _LONGEST + 1) and first - 1 not in taken:
        first -= 1
    while last < min(len(tokens), end + _LONGEST - 1) and last not in taken:
        last += 1
    finding = case.finding("name cut short", "", (start, end))
    return _Suspect(finding, tokens[first:start], tokens[start:end], tokens[end:last])


def _opens_name(token: str) -> bool:
    return token[0].isupper() or token[0].isdigit()


def _last_words(path: Path, counts: Counter[str]) -> Iterator[Finding]:
    many = counts["capitalised"] >= _FEWEST and counts["one word"] >= _ONE_WORD * counts["all"]
    if many and counts["preceded"] >= _PRECEDED * counts["capitalised"]:
        message = (
            f"{counts['one word']} of {counts['all']} entities are one word, and a capitalised word that no entity holds "
            f"precedes {counts['preceded']} of the {counts['capitalised']} capitalised ones; annotate whole names, or "
            "expect last words"
        )
        yield Finding("last words only", str(path), None, message)
