"""Decisions of people whether two names mean the same entity: a file to edit, to keep in git, and to replay.

    # relknit decisions 1
    yes	Acme	ORG	Acme Widgets	ORG	# short form
    no	J. Brook	PER	Jane Brook	PER	# two people, see the letter of 3 May
    ?	M. Brook	PER	Mary Brook	PER	# initials of Mary Brook, and of others

Each line is a decision (yes: the same, no: different, ?: not decided), two names with their types, and a comment. The lines are
sorted, so that changes of different people merge; other lines that begin with # are kept in front of the line that follows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from relknit.document.clean import clean_name
from relknit.errors import DataError, short
from relknit.files import replacing
from relknit.graph.entity_resolution import MergeProposal
from relknit.graph.resolution.clusters import Clusters, Name

HEADER: Final = "# relknit decisions 1"
_EXPLANATION: Final = (
    "# Each line: yes (the same entity), no (different ones) or ? (not decided); two names with their types; a comment.\n"
    "# Columns are separated by tabs. Edit the first one, and build the graph again."
)
YES: Final = "yes"
NO: Final = "no"
OPEN: Final = "?"
_ANSWERS: Final = (YES, NO, OPEN)

Pair = tuple[Name, Name]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about two names. answer: YES, NO or OPEN. comment: any text. notes: lines of comment in front of it."""

    first: Name
    second: Name
    answer: str
    comment: str = ""
    notes: tuple[str, ...] = ()

    @property
    def pair(self) -> Pair:
        """The names in their order."""
        first, second = sorted((self.first, self.second), key=lambda name: (name[0], name[1] or ""))
        return first, second


@dataclass(frozen=True)
class Decisions:
    """Decisions by pair of names; `Decisions.of` checks that they do not contradict each other."""

    by_pair: Mapping[Pair, Decision] = field(default_factory=dict)
    ending: tuple[str, ...] = ()

    @staticmethod
    def of(decisions: Iterable[Decision], *, ending: Sequence[str] = ()) -> Decisions:
        """Raises DataError where two decisions about a pair differ, or where confirmed pairs join names of a rejected one."""
        by_pair: dict[Pair, Decision] = {}
        for decision in decisions:
            known = by_pair.get(decision.pair)
            if known is not None and OPEN not in (known.answer, decision.answer) and known.answer != decision.answer:
                raise DataError(f"yes and no for {_shown(decision.pair)}; keep one of the lines")
            if known is None or known.answer == OPEN:
                by_pair[decision.pair] = (
                    decision if known is None else replace(decision, notes=known.notes + decision.notes)
                )
        result = Decisions(by_pair, tuple(ending))
        for first, second in result.rejected:
            group = result.group_of(first)
            if group is not None and group == result.group_of(second):
                raise DataError(f"no for {_shown((first, second))}, but other lines join both; change one of them")
        return result

    @cached_property
    def confirmed(self) -> tuple[Pair, ...]:
        """Pairs that mean the same entity, sorted."""
        return self._with(YES)

    @cached_property
    def rejected(self) -> tuple[Pair, ...]:
        """Pairs that mean different entities, sorted."""
        return self._with(NO)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the confirmed and rejected pairs; comments and open lines do not count."""
        return hashlib.sha256(repr((self.confirmed, self.rejected)).encode()).hexdigest()

    def group_of(self, name: Name) -> Name | None:
        """A name that stands for all names joined to this one by confirmed pairs; None for a name in no such pair."""
        return self._groups.root(name) if name in self._groups else None

    def with_proposals(self, proposals: Iterable[MergeProposal]) -> Decisions:
        """With a line for every proposal that has none. Undecided lines that are not proposed any more are dropped."""
        kept = [decision for decision in self.by_pair.values() if decision.answer != OPEN]
        before = {decision.pair: decision for decision in self.by_pair.values()}
        for one in proposals:
            decision = Decision(one.name, one.other, OPEN, one.reason)
            if decision.pair not in before:
                kept.append(decision)
            elif before[decision.pair].answer == OPEN:
                kept.append(replace(before[decision.pair], comment=one.reason))
        return Decisions.of(kept, ending=self.ending)

    @cached_property
    def _groups(self) -> Clusters:
        groups = Clusters(name for pair in self.confirmed for name in pair)
        for first, second in self.confirmed:
            groups.join(second, first, YES)
        return groups

    def _with(self, answer: str) -> tuple[Pair, ...]:
        pairs = [decision.pair for decision in self.by_pair.values() if decision.answer == answer]
        return tuple(sorted(pairs, key=_pair_key))


def read_decisions(path: Path) -> Decisions:
    """The decisions of a file; none where there is no file. Raises DataError for a line that is not one, with its number."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return Decisions()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {getattr(error, 'strerror', None) or error}", path=path) from None
    known = {HEADER, *_EXPLANATION.splitlines()}
    decisions: list[Decision] = []
    notes: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            notes += [] if line in known else [line]
        elif line.strip():
            decisions.append(_decision(line, tuple(notes), path, number))
            notes = []
    try:
        return Decisions.of(decisions, ending=notes)
    except DataError as error:
        raise DataError(error.message, path=path) from None


def write_decisions(decisions: Decisions, path: Path) -> None:
    """Write the file; an existing one is replaced as a whole or not at all."""
    lines = [HEADER, *_EXPLANATION.splitlines()]
    for decision in sorted(decisions.by_pair.values(), key=lambda one: _pair_key(one.pair)):
        (first, first_type), (second, second_type) = decision.pair
        lines += decision.notes
        comment = " ".join(decision.comment.split())
        columns = (decision.answer, first, first_type or "", second, second_type or "", f"# {comment}".rstrip())
        lines.append("\t".join(columns))
    with replacing(path) as partial:
        partial.write_text("\n".join([*lines, *decisions.ending]) + "\n", encoding="utf-8", newline="\n")


def _decision(line: str, notes: tuple[str, ...], path: Path, number: int) -> Decision:
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")):
        raise DataError("a conflict that git has left; keep the lines that you want", path=path, line=number)
    columns = line.split("\t")
    if len(columns) not in (5, 6) or columns[0].strip().casefold() not in _ANSWERS:
        expected = "yes, no or ?, then name, type, name, type and a comment, separated by tabs"
        raise DataError(f"expected {expected}; found {short(line)}", path=path, line=number)
    answer, first, first_type, second, second_type = (column.strip() for column in columns[:5])
    names = (clean_name(first), first_type or None), (clean_name(second), second_type or None)
    if not names[0][0] or not names[1][0] or names[0] == names[1]:
        raise DataError("expected two different names", path=path, line=number)
    comment = columns[5].strip().removeprefix("#").strip() if len(columns) == 6 else ""
    return Decision(*names, answer.casefold(), comment, notes)


def _pair_key(pair: Pair) -> tuple[str, str, str, str]:
    (first, first_type), (second, second_type) = pair
    return first, second, first_type or "", second_type or ""


def _shown(pair: Pair) -> str:
    return " and ".join(f"{name!r} ({type or 'no type'})" for name, type in pair)
