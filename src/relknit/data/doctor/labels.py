"""Checks of labels over whole files: used once, not in train, spelt in two ways; types or tags in some sentences only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import LineCheck, SourceLine
from relknit.data.sentence_keys import letters_and_digits

Label = tuple[str, str]
"""What is labelled ("relation" or "entity type"), and the label."""


class LabelUsage(LineCheck):
    """Counts the labels of every file and remembers the first use of each."""

    def __init__(self) -> None:
        self._uses: dict[Path, Counter[Label]] = {}
        self._first: dict[tuple[Path, Label], DoctorFinding] = {}
        self._counts: dict[Path, Counter[str]] = {}
        self._train: set[Path] = set()

    def check(self, line: SourceLine) -> Iterable[DoctorFinding]:
        """Count the labels of one line; the findings come from `finish`."""
        path, document = line.file.path, line.document
        if line.file.split == "train":
            self._train.add(path)
        uses = self._uses.setdefault(path, Counter())
        labels = [("relation", relation.type) for relation in document.relations]
        labels += [("entity type", entity.type) for entity in document.entities if entity.type is not None]
        for label in labels:
            if label not in uses:
                self._first[path, label] = line.finding("", "")
            uses[label] += 1
        counts = self._counts.setdefault(path, Counter())
        counts.update("untyped" if entity.type is None else "typed" for entity in document.entities if entity.tagged)
        counts["without pos" if document.pos is None else "with pos"] += 1
        return ()

    def finish(self) -> Iterator[DoctorFinding]:
        """The findings about the labels of all files."""
        yield from self._nothing_to_learn()
        for path in self._uses:
            yield from self._mixed(path)
            yield from self._rare(path)
        yield from self._two_spellings()

    def _at(self, kind: str, path: Path, label: Label, message: str) -> DoctorFinding:
        return replace(self._first[path, label], kind=kind, message=message)

    def _nothing_to_learn(self) -> Iterator[DoctorFinding]:
        if not any(what == "relation" for path in self._train for what, _ in self._uses[path]):
            for path in sorted(self._train):
                message = "no sentence has a relation, so there is nothing to learn; annotate some triples"
                yield DoctorFinding("nothing to learn", str(path), None, message)

    def _mixed(self, path: Path) -> Iterator[DoctorFinding]:
        n = self._counts[path]
        if n["typed"] and n["untyped"]:
            message = f"entities with a type: {n['typed']}, without: {n['untyped']}; give every entity a type, or none"
            yield DoctorFinding("mixed entity types", str(path), None, message)
        if n["with pos"] and n["without pos"]:
            message = f"sentences with pos: {n['with pos']}, without: {n['without pos']}; tag every sentence, or none"
            yield DoctorFinding("mixed pos", str(path), None, message)

    def _rare(self, path: Path) -> Iterator[DoctorFinding]:
        """Labels that occur once in train (in any file without a train file), or not in train at all."""
        for label, count in self._uses[path].items():
            if path in self._train or not self._train:
                if count == 1:
                    message = f"{_shown(label)} is used only here; check its spelling or add examples"
                    yield self._at("label seen once", path, label, message)
            elif not any(label in self._uses[known] for known in self._train):
                message = f"{_shown(label)} (used {count}x here) is not in train; add examples to train"
                yield self._at("label not in train", path, label, message)

    def _two_spellings(self) -> Iterator[DoctorFinding]:
        total = sum(self._uses.values(), Counter[Label]())
        rivals = _rivals(total)
        for path, uses in self._uses.items():
            for label in uses:
                rival = rivals.pop(label, None)  # reported once, at its first use
                if rival is not None:
                    two = f"{_shown(label)} (used {total[label]}x) and {_shown(rival)} ({total[rival]}x)"
                    message = f"{two} differ only in case, punctuation or spacing; choose one"
                    yield self._at("label spelt in two ways", path, label, message)


def _rivals(total: Mapping[Label, int]) -> dict[Label, Label]:
    """For every rarer spelling of a label, its most frequent spelling (of equally frequent ones, the first in order)."""
    spellings: dict[Label, list[Label]] = {}
    for what, name in sorted(total, key=lambda label: (-total[label], label)):
        if letters := letters_and_digits([name]):
            spellings.setdefault((what, letters), []).append((what, name))
    return {label: first for first, *others in spellings.values() for label in others}


def _shown(label: Label) -> str:
    return f'{label[0]} "{label[1]:.60}"'
