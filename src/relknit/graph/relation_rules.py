"""What is known of relations in general: which are symmetric, which two are each other's inverse, and which are functional."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from relknit.data.everyday import load_relations
from relknit.errors import DataError, short

RelationRow = tuple[str, str | None, bool, bool]
"""Name, inverse, symmetric, functional."""


@dataclass(frozen=True, slots=True)
class RelationRules:
    """Rules by the name of the relation.

    symmetric: hold in both directions. inverse: relation -> the one with head and tail exchanged; facts that are shown once are
    shown with the first. functional: have at most one tail, such as the date of birth.
    """

    symmetric: frozenset[str] = frozenset()
    inverse: Mapping[str, str] = field(default_factory=dict)
    functional: frozenset[str] = frozenset()

    @classmethod
    def everyday(cls) -> Self:
        """Those of the inventory of everyday text, which has the labels of Wikidata."""
        return cls._of(load_relations(), "the inventory")

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """From a TOML file with a table for each relation: `label` (else the table's name), `symmetric`, `inverse`, `functional`.

        Raises DataError for a file that is not like that.
        """
        try:
            content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"cannot be read as TOML: {error}", path=path) from None
        return cls._of(content, path)

    @classmethod
    def _of(cls, content: Mapping[str, Any], path: str | Path) -> Self:
        symmetric: set[str] = set()
        functional: set[str] = set()
        inverse: dict[str, str] = {}
        for name, about in content.items():
            if not isinstance(about, dict):
                raise DataError(f"{name} is {short(about)}, expected a table such as [spouse]", path=path)
            label = _string(about.get("label", name), f"the label of {name}", path)
            if "inverse" in about:
                inverse[label] = _string(about["inverse"], f"the inverse of {name}", path)
            for key, kind in (("symmetric", symmetric), ("functional", functional)):
                if not isinstance(about.get(key, False), bool):
                    raise DataError(f"{key} of {name} is {short(about[key])}, expected true or false", path=path)
                if about.get(key, False):
                    kind.add(label)
        return cls(frozenset(symmetric), inverse, frozenset(functional))

    def rows(self) -> list[RelationRow]:
        """As the table `relations` has them."""
        names = sorted(self.symmetric | self.functional | self.inverse.keys())
        return [(name, self.inverse.get(name), name in self.symmetric, name in self.functional) for name in names]


def _string(value: Any, what: str, path: str | Path) -> str:
    if not isinstance(value, str) or not value:
        raise DataError(f"{what} is {short(value)}, expected a name", path=path)
    return value
