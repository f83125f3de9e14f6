"""Checks of labels over whole files: used once, not in train, spelt in two ways; types or tags in some sentences only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import DataFile, GoodLine
from relknit.data.sentence_keys import letters_and_digits

Label = tuple[str, str]
"""What is labelled ("relation" or "entity type"), and the label."""


class LabelUsage:
    """Counts the labels of every file and remembers the first use of each."""

    def __init__(self) -> None:
        self._files: dict[Path, DataFile] = {}
        self._uses: dict[Path, Counter[Label]] = {}
        self._first: dict[tuple[Path, Label], DoctorFinding] = {}
        self._typed: dict[Path, Counter[bool]] = {}
        self._tagged: dict[Path, Counter[bool]] = {}

    def check(self, line: GoodLine) -> Iterator[DoctorFinding]:
        """Count the labels of one line; the findings come from `finish`."""
        path, document = line.file.path, line.document
        self._files[path] = line.file
        uses = self._uses.setdefault(path, Counter())
        marks = [("relation", relation.type) for relation in document.relations]
        marks += [("entity type", entity.type) for entity in document.entities if entity.type is not None]
        for label in marks:
            if label not in uses:
                self._first[path, label] = line.finding("", "")
            uses[label] += 1
        tagged = [entity for entity in document.entities if entity.tagged]
        self._typed.setdefault(path, Counter()).update(entity.type is not None for entity in tagged)
        self._tagged.setdefault(path, Counter())[document.pos is not None] += 1
        yield from ()

    def finish(self) -> Iterator[DoctorFinding]:
        """The findings about the labels of all files."""
        train = {path for path, file in self._files.items() if file.split == "train"}
        yield from self._nothing_to_learn(train)
        for path in self._files:
            yield from self._mixed(path)
            if path in train or not train:
                yield from self._seen_once(path)
            else:
                yield from self._not_in_train(path, train)
        yield from self._two_spellings()

    def _at(self, kind: str, path: Path, label: Label, message: str) -> DoctorFinding:
        first = self._first[path, label]
        return DoctorFinding(kind, first.path, first.line, message, first.context)

    def _nothing_to_learn(self, train: set[Path]) -> Iterator[DoctorFinding]:
        if not any(what == "relation" for path in train for what, _ in self._uses[path]):
            for path in sorted(train):
                message = "no sentence has a relation, so there is nothing to learn; annotate some triples"
                yield DoctorFinding("nothing to learn", str(path), None, message)

    def _mixed(self, path: Path) -> Iterator[DoctorFinding]:
        typed, tagged = self._typed[path], self._tagged[path]
        if typed[True] and typed[False]:
            message = f"entities with a type: {typed[True]}, without: {typed[False]}; give every entity a type, or none"
            yield DoctorFinding("mixed entity types", str(path), None, message)
        if tagged[True] and tagged[False]:
            message = f"sentences with pos: {tagged[True]}, without: {tagged[False]}; tag every sentence, or none"
            yield DoctorFinding("mixed pos", str(path), None, message)

    def _seen_once(self, path: Path) -> Iterator[DoctorFinding]:
        for label, count in self._uses[path].items():
            if count == 1:
                message = f"{_shown(label)} is used only here; check its spelling or add examples"
                yield self._at("label seen once", path, label, message)

    def _not_in_train(self, path: Path, train: set[Path]) -> Iterator[DoctorFinding]:
        for label, count in self._uses[path].items():
            if not any(label in self._uses[known] for known in train):
                message = f"{_shown(label)} (used {count}x here) is not in train; add examples to train"
                yield self._at("label not in train", path, label, message)

    def _two_spellings(self) -> Iterator[DoctorFinding]:
        total: Counter[Label] = Counter()
        for uses in self._uses.values():
            total.update(uses)
        rivals = _rivals(total)
        for path, uses in self._uses.items():
            for label in uses:
                rival = rivals.pop(label, None)  # reported once, at its first use
                if rival is not None:
                    message = (
                        f"{_shown(label)} (used {total[label]}x) and {_shown(rival)} ({total[rival]}x) differ only in case, "
                        "punctuation or spacing; choose one"
                    )
                    yield self._at("label spelt in two ways", path, label, message)


def _rivals(total: Mapping[Label, int]) -> dict[Label, Label]:
    """For every rarer spelling of a label, its most frequent spelling (of equally frequent ones, the first in order)."""
    spellings: dict[Label, list[Label]] = {}
    for what, name in sorted(total, key=lambda label: (-total[label], label)):
        if letters := letters_and_digits([name]):
            spellings.setdefault((what, letters), []).append((what, name))
    return {label: first for first, *others in spellings.values() for label in others}


def _shown(label: Label) -> str:
    what, name = label
    return f'{what} "{name:.60}"'
