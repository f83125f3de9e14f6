"""Labels over whole files: seen once, missing from train, spelt in two ways; and what only some sentences have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from relknit.data.doctor.findings import Finding
from relknit.data.doctor.source import Case, DataFile
from relknit.data.doctor.text import letters_and_digits

Label = tuple[str, str]
"""What is labelled ("relation" or "entity type"), and the label."""


class Labels:
    """Counts the labels of every file and remembers where each stands first."""

    def __init__(self) -> None:
        self._files: dict[Path, DataFile] = {}
        self._uses: dict[Path, Counter[Label]] = {}
        self._first: dict[tuple[Path, Label], Finding] = {}
        self._typed: dict[Path, Counter[bool]] = {}
        self._tagged: dict[Path, Counter[bool]] = {}

    def look(self, case: Case) -> Iterator[Finding]:
        """Count one line; nothing is found before the end."""
        path, document = case.file.path, case.document
        self._files[path] = case.file
        uses = self._uses.setdefault(path, Counter())
        marks = [("relation", relation.type) for relation in document.relations]
        marks += [("entity type", entity.type) for entity in document.entities if entity.type is not None]
        for label in marks:
            if label not in uses:
                self._first[path, label] = case.finding("", "")
            uses[label] += 1
        tagged = [entity for entity in document.entities if entity.tagged]
        self._typed.setdefault(path, Counter()).update(entity.type is not None for entity in tagged)
        self._tagged.setdefault(path, Counter())[document.pos is not None] += 1
        yield from ()

    def end(self) -> Iterator[Finding]:
        """What the labels of all files together show."""
        train = {path for path, file in self._files.items() if file.split == "train"}
        yield from self._nothing_to_learn(train)
        for path in self._files:
            yield from self._mixed(path)
            if path in train or not train:
                yield from self._seen_once(path)
            else:
                yield from self._not_in_train(path, train)
        yield from self._two_spellings()

    def _at(self, kind: str, path: Path, label: Label, message: str) -> Finding:
        first = self._first[path, label]
        return Finding(kind, first.path, first.line, message, first.context)

    def _nothing_to_learn(self, train: set[Path]) -> Iterator[Finding]:
        if not any(what == "relation" for path in train for what, _ in self._uses[path]):
            for path in sorted(train):
                message = "no sentence has a relation, so there is nothing to learn; annotate some triples"
                yield Finding("nothing to learn", str(path), None, message)

    def _mixed(self, path: Path) -> Iterator[Finding]:
        typed, tagged = self._typed[path], self._tagged[path]
        if typed[True] and typed[False]:
            message = f"entities with a type: {typed[True]}, without: {typed[False]}; give every entity a type, or none"
            yield Finding("mixed entity types", str(path), None, message)
        if tagged[True] and tagged[False]:
            message = f"sentences with pos: {tagged[True]}, without: {tagged[False]}; tag every sentence, or none"
            yield Finding("mixed pos", str(path), None, message)

    def _seen_once(self, path: Path) -> Iterator[Finding]:
        for label, count in self._uses[path].items():
            if count == 1:
                message = f"{_shown(label)} is used only here; check its spelling or add examples"
                yield self._at("label seen once", path, label, message)

    def _not_in_train(self, path: Path, train: set[Path]) -> Iterator[Finding]:
        for label, count in self._uses[path].items():
            if not any(label in self._uses[known] for known in train):
                message = f"{_shown(label)} (used {count}x here) is not in train; add examples to train"
                yield self._at("label not in train", path, label, message)

    def _two_spellings(self) -> Iterator[Finding]:
        total: Counter[Label] = Counter()
        for uses in self._uses.values():
            total.update(uses)
        rivals = _rivals(total)
        for path, uses in self._uses.items():
            for label in uses:
                rival = rivals.pop(label, None)  # told once, where it stands first
                if rival is not None:
                    message = (
                        f"{_shown(label)} ({total[label]}x in all) and {_shown(rival)} ({total[rival]}x) differ in case, "
                        "marks or spacing alone; choose one"
                    )
                    yield self._at("label spelt in two ways", path, label, message)


def _rivals(total: Mapping[Label, int]) -> dict[Label, Label]:
    """For every label that is another one's spelling, the most frequent spelling (or of those the one that sorts first)."""
    spellings: dict[Label, list[Label]] = {}
    for what, name in sorted(total, key=lambda label: (-total[label], label)):
        if letters := letters_and_digits([name]):
            spellings.setdefault((what, letters), []).append((what, name))
    return {label: first for first, *others in spellings.values() for label in others}


def _shown(label: Label) -> str:
    what, name = label
    return f'{what} "{name}"'
