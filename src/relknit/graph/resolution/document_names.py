"""Short forms of names within one document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relknit.graph.resolution.clusters import Name
from relknit.graph.resolution.entity_kinds import EntityKind
from relknit.graph.resolution.name_form import NameForm
from relknit.graph.resolution.name_rules import RuleMatch, short_form

MOST_CANDIDATES: Final = 3
"""A name that fits more full names than these is not even proposed."""


@dataclass(frozen=True, slots=True)
class ShortName:
    """What a name means in a document: one of the names of `fits`, and exactly that one where `joined`."""

    name: Name
    fits: tuple[tuple[Name, RuleMatch], ...]
    joined: bool


def short_names(
    names: Sequence[Name],
    forms: Mapping[Name, NameForm],
    *,
    root: Callable[[Name], Name],
    may_join: Callable[[Name, Name], bool],
) -> list[ShortName]:
    """The names of a document that may be short forms of longer ones of it, longest first, so that chains end in full names.

    root: names with the same root count as one. may_join: false for pairs that are known to differ.
    """
    index = _index(names, forms)
    target: dict[Name, Name] = {}
    found: list[ShortName] = []
    for name in sorted(names, key=lambda n: (-len(forms[n].words), n[0], n[1] or "")):
        fits: dict[Name, tuple[Name, RuleMatch]] = {}
        for other in sorted(set(_candidates(forms[name], index)) - {name}, key=lambda n: (n[0], n[1] or "")):
            if root(other) == root(name) or target.get(other, other) == name:
                continue
            match = short_form(forms[name], forms[other])
            if match is not None:
                full = target.get(other, other)
                fits.setdefault(root(full), (other, match))
        if fits:
            best = tuple(fits.values())
            joined = len(best) == 1 and best[0][1].certain and may_join(name, best[0][0])
            found.append(ShortName(name, best, joined))
            if joined:
                target[name] = target.get(best[0][0], best[0][0])
    return found


def _index(names: Iterable[Name], forms: Mapping[Name, NameForm]) -> dict[tuple[str, str], list[Name]]:
    index: dict[tuple[str, str], list[Name]] = defaultdict(list)
    for name in names:
        form = forms[name]
        if form.kind is EntityKind.PERSON:
            index["surname", form.words[-1]].append(name)
        else:
            index["words", " ".join(form.words)].append(name)
            for acronym in form.acronyms:
                index["acronym", acronym].append(name)
    return index


def _candidates(form: NameForm, index: Mapping[tuple[str, str], Sequence[Name]]) -> Iterable[Name]:
    if form.kind is EntityKind.PERSON:
        yield from index.get(("surname", form.words[-1]), ())
        return
    if form.is_acronym:
        yield from index.get(("acronym", form.words[0]), ())
    yield from index.get(("words", " ".join(form.words)), ())
