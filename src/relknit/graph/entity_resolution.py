"""Which names mean the same entity: the interface of a resolver, and the simplest one.

A graph is updated in parts: of all names only those are resolved again that share a block with a name of a changed document.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

SAME_NAME: Final = "same name"


@dataclass(frozen=True, slots=True)
class LocalName:
    """A name of one type, as one document uses it: what is grouped to entities.

    name: clean, see `relknit.document.clean.clean_name`. mentions: how often the document has it.
    functional: (relation, name of the tail), sorted, of functional relations that the document states of it, such as the date of
        birth, of which there is one.
    """

    name: str
    type: str | None
    document: str
    mentions: int = 1
    functional: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A local name of an entity. reason: the rule that joined it to the name `joined_to`; "same name" for the entity's own."""

    local: LocalName
    reason: str = SAME_NAME
    joined_to: str = ""


@dataclass(frozen=True, slots=True)
class EntityGroup:
    """The local names of one entity, with the name and type that the entity is shown with.

    qualifier: distinguishes groups of the same name and type, such as "born 1867"; empty where there is only one.
    """

    name: str
    type: str | None
    members: tuple[GroupMember, ...]
    qualifier: str = ""

    @property
    def id(self) -> str:
        """The id of the entity: "e" and 16 hex digits that depend on name, type and qualifier alone."""
        return "e" + _digest(self.name, self.type or "", self.qualifier)


@dataclass(frozen=True, slots=True)
class MergeProposal:
    """Two names that may mean the same entity, and were not joined. Each is (name, type); the smaller one comes first."""

    name: tuple[str, str | None]
    other: tuple[str, str | None]
    reason: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Resolution:
    """Groups that have every given local name once, and proposals to merge some of them."""

    groups: tuple[EntityGroup, ...]
    proposals: tuple[MergeProposal, ...] = ()


class Resolver(Protocol):
    """Groups names to entities, always in the same way.

    The groups of names that are connected through blocks depend on these names alone, and not on their order.
    """

    @property
    def digest(self) -> str:
        """What its decisions depend on, such as its rules, options and decisions of people; a change resolves all names again."""

    def block_keys(self, name: str, type: str | None) -> Iterable[str]:
        """At least one key; names without a key in common, also through other names, never influence each other."""

    def resolve(self, names: Sequence[LocalName]) -> Resolution:
        """The groups of the names; these are all names of one or several blocks that are connected."""


class SameNames:
    """A resolver that joins equal names of equal types."""

    digest: Final = "same names and types"

    def block_keys(self, name: str, type: str | None) -> Iterable[str]:
        """Name and type."""
        return (f"{type or ''}\t{name}",)

    def resolve(self, names: Sequence[LocalName]) -> Resolution:
        """A group for each name and type."""
        groups: dict[tuple[str, str | None], list[LocalName]] = defaultdict(list)
        for local in names:
            groups[local.name, local.type].append(local)
        return Resolution(
            tuple(EntityGroup(name, type, tuple(map(GroupMember, same))) for (name, type), same in groups.items())
        )


def fact_id(head: str, relation: str, tail: str) -> str:
    """The id of a fact between entities with these ids: "f" and 16 hex digits."""
    return "f" + _digest(head, relation, tail)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
