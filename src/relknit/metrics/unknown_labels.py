"""Labels of gold data that a model does not have, and so can never predict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from relknit.document import Document
from relknit.nearest import nearest


@dataclass(frozen=True, slots=True)
class UnknownLabel:
    """A label in gold that the model does not have, how often gold has it, and the model's label that is most like it."""

    kind: Literal["relation", "entity type"]
    label: str
    count: int
    nearest: str | None

    def __str__(self) -> str:
        hint = "" if self.nearest is None else f"; its nearest one is {self.nearest!r:.80}"
        return f"{self.kind} {self.label!r:.80} (used {self.count}x in gold) is not one of the model{hint}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def unknown_labels(
    gold: Sequence[Document], relations: Sequence[str], entity_types: Sequence[str]
) -> tuple[UnknownLabel, ...]:
    """The labels of gold that are not among these, the most frequent first.

    entity_types: those of the model; empty for one of untyped entities, for which no type is unknown.
    """
    used = Counter(relation.type for document in gold for relation in document.relations)
    types = Counter(e.type for document in gold for e in document.entities if e.type is not None)
    found = _unknown("relation", used, relations)
    return found if not entity_types else found + _unknown("entity type", types, entity_types)


def _unknown(
    kind: Literal["relation", "entity type"], used: Counter[str], known: Iterable[str]
) -> tuple[UnknownLabel, ...]:
    names = tuple(known)
    absent = sorted((used.keys() - set(names)), key=lambda label: (-used[label], label))
    return tuple(UnknownLabel(kind, label, used[label], nearest(label, names)) for label in absent)
