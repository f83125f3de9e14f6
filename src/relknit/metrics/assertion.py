"""How often a fact that a text only mentions is predicted all the same, beside facts that similar texts assert."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from relknit.display import rounded_confidence
from relknit.document import Document, Relation, Span, Triple

Answer: TypeAlias = tuple[str, bool, Relation | None]
"""Of one text: the family of its construction, whether it asserts its fact, and the relation predicted for the fact."""


@dataclass(frozen=True, slots=True)
class FoundFacts:
    """Of some texts with one fact each, those for which this fact was predicted.

    mean_confidence: of the predicted ones, 0 to 1; None where there is none, or any has no confidence
    """

    texts: int
    found: int
    mean_confidence: float | None

    @property
    def fraction(self) -> float:
        """found / texts, from 0 to 1; 0 without texts."""
        return self.found / self.texts if self.texts else 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the counts, their `fraction` (None without texts) and the mean confidence."""
        ratio = self.fraction if self.texts else None
        return asdict(self) | {"fraction": ratio, "mean_confidence": rounded_confidence(self.mean_confidence)}


@dataclass(frozen=True, slots=True)
class AssertionRates:
    """The facts found where they are not asserted (each one is an error) and in asserted look-alikes (each is correct)."""

    not_asserted: FoundFacts
    look_alikes: FoundFacts

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"not_asserted": self.not_asserted.to_dict(), "look_alikes": self.look_alikes.to_dict()}


@dataclass(frozen=True, slots=True)
class AssertionScore:
    """The rates over all texts, and of each family of constructions in the order of the data."""

    total: AssertionRates
    by_family: dict[str, AssertionRates]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the rates over all texts, and `by_family`."""
        return self.total.to_dict() | {"by_family": {name: rates.to_dict() for name, rates in self.by_family.items()}}


def predicted_relation(triple: Triple, document: Document) -> Relation | None:
    """The relation of a document that states a triple of its text, the most confident of several; None if none does.

    It has the same type, and its head and tail share a character with those of the triple: a boundary error states the fact
    no less. The document may have other tokens than the triple.
    """

    def covers(k: int, span: Span) -> bool:
        entity = document.entities[k]
        if entity.start is None or entity.end is None or span.start is None or span.end is None:
            return False
        return entity.start < span.end and span.start < entity.end

    same = [r for r in document.relations if r.type == triple.relation]
    stating = [r for r in same if covers(r.head, triple.head) and covers(r.tail, triple.tail)]
    return max(stating, key=lambda r: r.confidence or 0.0, default=None)


def assertion_score(answers: Iterable[Answer]) -> AssertionScore:
    """The score of the answers to all texts."""
    listed = list(answers)
    families = dict.fromkeys(family for family, *_ in listed)
    return AssertionScore(
        _rates(listed), {family: _rates([answer for answer in listed if answer[0] == family]) for family in families}
    )


def _rates(answers: Sequence[Answer]) -> AssertionRates:
    not_asserted, look_alikes = ([r for _, its, r in answers if its is asserted] for asserted in (False, True))
    return AssertionRates(_found(not_asserted), _found(look_alikes))


def _found(relations: Sequence[Relation | None]) -> FoundFacts:
    confidences = [relation.confidence for relation in relations if relation is not None]
    known = [confidence for confidence in confidences if confidence is not None]
    mean = sum(known) / len(known) if known and len(known) == len(confidences) else None
    return FoundFacts(len(relations), len(confidences), mean)
