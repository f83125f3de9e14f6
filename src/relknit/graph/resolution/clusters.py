"""Disjoint sets of names, some pairs of which must stay apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

Name = tuple[str, str | None]


class Clusters:
    """Disjoint sets with a representative each; sets with a forbidden pair are never joined, also not through other names."""

    def __init__(self, names: Iterable[Name], forbidden: Iterable[tuple[Name, Name]] = ()) -> None:
        self._parent = {name: name for name in names}
        self._apart: dict[Name, set[Name]] = defaultdict(set)
        self.links: dict[Name, tuple[Name, str]] = {}
        """For each joined name the one it was joined to, and why."""
        for first, second in forbidden:
            if first in self._parent and second in self._parent:
                self._apart[first].add(second)
                self._apart[second].add(first)

    def __contains__(self, name: Name) -> bool:
        return name in self._parent

    def root(self, name: Name) -> Name:
        """The representative of the set with this name."""
        while (parent := self._parent[name]) != name:
            self._parent[name] = parent = self._parent[parent]
            name = parent
        return name

    def may_join(self, first: Name, second: Name) -> bool:
        """Whether no forbidden pair keeps the sets of two names apart."""
        one, other = self.root(first), self.root(second)
        apart = self._apart.get(one)
        return one == other or not apart or all(self.root(name) != other for name in apart)

    def join(self, name: Name, target: Name, reason: str) -> bool:
        """Join the set of a name to that of another one, whose representative remains; False where that is forbidden."""
        one, other = self.root(name), self.root(target)
        if one == other:
            return True
        if not self.may_join(one, other):
            return False
        self._parent[one] = other
        if apart := self._apart.pop(one, None):
            self._apart[other] |= apart
        if one not in self.links:
            self.links[one] = (target, reason if one == name else f"through {name[0]}: {reason}")
        return True
