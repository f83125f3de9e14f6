"""What the name of an entity type says about the rules for names of that type."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import Final


class EntityKind(Enum):
    """Which rules apply to names of a type. VALUE: dates and numbers. OTHER: any other type, or none."""

    PERSON = "person"
    ORGANIZATION = "organization"
    PLACE = "place"
    VALUE = "value"
    OTHER = "other"


_TYPES: Final = {
    EntityKind.PERSON: "per person people peop human",
    EntityKind.ORGANIZATION: "org organization organisation company institution",
    EntityKind.PLACE: "loc location gpe place country city state geo facility fac region",
    EntityKind.VALUE: "time date num number year quantity money percent ordinal cardinal duration",
}
_KINDS: Final = MappingProxyType({type: kind for kind, types in _TYPES.items() for type in types.split()})


def entity_kind(type: str | None) -> EntityKind:
    """The kind of a type, by its name."""
    return _KINDS.get((type or "").casefold(), EntityKind.OTHER)


def same_type(first: str | None, second: str | None) -> bool:
    """Whether two types mean the same: equal but for letter case, or both names of one kind but for values."""
    if (first or "").casefold() == (second or "").casefold():
        return True
    kind = entity_kind(first)
    return kind is entity_kind(second) and kind not in (EntityKind.OTHER, EntityKind.VALUE)
