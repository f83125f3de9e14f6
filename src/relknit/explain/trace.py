"""The interaction trace of one text, from what would have been its result after each round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, TypeVar

from relknit.display import rounded_confidence
from relknit.document import Document, Span
from relknit.document.layout import lay_out

Change: TypeAlias = Literal["appeared", "vanished", "rose", "fell", "stayed", "absent"]
STEADY: Final = 0.005  # a smaller change of a confidence counts as none
STYLE: Final = "explain/explain.css"
"""The style sheet of the tables; it touches nothing else in a page."""

SIGNS: Final[Mapping[Change, str]] = MappingProxyType(
    {"appeared": "+", "vanished": "×", "rose": "▲", "fell": "▼", "stayed": "", "absent": ""}
)
_HEADING: Final = 80  # characters of the text
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Course:
    """The confidence (0 to 1) of an entity or triple after each round 0 to K, None where it was not predicted.

    A prediction without a confidence counts as 1.
    """

    confidences: tuple[float | None, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """What each round 1 to K did to it."""
        return tuple(_change(*pair) for pair in zip(self.confidences, self.confidences[1:], strict=False))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: `confidence` of the rounds 0 to K (null where absent), `changes` of the rounds 1 to K."""
        return {"confidence": [rounded_confidence(p) for p in self.confidences], "changes": list(self.changes)}


@dataclass(frozen=True, slots=True)
class EntityTrace:
    """An entity that was tagged after any round."""

    span: Span
    course: Course

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the span and its confidence after each round."""
        return self.span.to_dict() | self.course.to_dict()


@dataclass(frozen=True, slots=True)
class TripleTrace:
    """A triple that was found after any round."""

    head: Span
    relation: str
    tail: Span
    course: Course

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: head, relation, tail and their course."""
        ends = {"head": self.head.to_dict(), "relation": self.relation, "tail": self.tail.to_dict()}
        return ends | self.course.to_dict()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A Document and the effect of each round of interaction on it; everything in the order of the text."""

    document: Document
    rounds: int
    entities: tuple[EntityTrace, ...]
    triples: tuple[TripleTrace, ...]

    @staticmethod
    def of(stages: Sequence[Document]) -> Explanation:
        """From one text as it was annotated after each round 0 to K; raises ValueError when there is none."""
        if not stages:
            raise ValueError("an explanation needs the document after at least one round")
        document = stages[-1]
        entities, triples = [_entities(stage) for stage in stages], [_triples(stage) for stage in stages]
        return Explanation(
            document,
            len(stages) - 1,
            tuple(EntityTrace(*thing, course) for thing, course in _courses(entities)),
            tuple(TripleTrace(*thing, course) for thing, course in _courses(triples)),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Headings of the rounds 0 to K; "confidence" alone for a model without rounds."""
        return ("encoder alone", *(f"round {k + 1}" for k in range(self.rounds))) if self.rounds else ("confidence",)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: `rounds` (K), and every entity and triple with its `confidence` and `changes`."""
        return {
            "rounds": self.rounds,
            "entities": [entity.to_dict() for entity in self.entities],
            "triples": [triple.to_dict() for triple in self.triples],
        }

    def to_html(self) -> str:
        """A whole page: the text, and a table each of entities and triples; no script, no address, light and dark."""
        from relknit.page import render

        text = lay_out(self.document, ()).text
        heading = text if len(text) <= _HEADING else text[: _HEADING - 1] + "…"
        return render(
            "explain/explanation_page.html",
            explanation=self,
            text=text,
            signs=SIGNS,
            heading=heading or "an empty text",
        )

    def tables_html(self) -> str:
        """The tables alone, to follow the text in a page that has `STYLE`."""
        from relknit.page import render

        return render("explain/tables.html", explanation=self, text=None, style=False, signs=SIGNS)

    def _repr_html_(self) -> str:
        """What a notebook shows: the tables with their own style."""
        from relknit.page import render

        text = lay_out(self.document, ()).text
        return render("explain/tables.html", explanation=self, text=text, style=True, signs=SIGNS)


_Key: TypeAlias = tuple[Any, ...]
"""Tokens and names, with "" for no type, so that keys can be sorted."""


def _entities(stage: Document) -> dict[_Key, tuple[tuple[Span], float]]:
    return {
        (e.token_start, e.token_end, e.type or ""): ((stage.span(e),), _known(e.confidence))
        for e in stage.entities
        if e.tagged
    }


def _triples(stage: Document) -> dict[_Key, tuple[tuple[Span, str, Span], float]]:
    found: dict[_Key, tuple[tuple[Span, str, Span], float]] = {}
    for relation in stage.relations:
        head, tail = stage.entities[relation.head], stage.entities[relation.tail]
        ends = (head.token_start, head.token_end, tail.token_start, tail.token_end)
        key = (*ends, relation.type, head.type or "", tail.type or "")
        found[key] = ((stage.span(head), relation.type, stage.span(tail)), _known(relation.confidence))
    return found


def _known(confidence: float | None) -> float:
    return 1.0 if confidence is None else confidence


def _courses(stages: Sequence[Mapping[_Key, tuple[_Thing, float]]]) -> list[tuple[_Thing, Course]]:
    """Everything that is there in any stage, with its confidence in all of them, in the order of the text."""
    things = {key: thing for stage in stages for key, (thing, _) in stage.items()}
    confidences = [{key: confidence for key, (_, confidence) in stage.items()} for stage in stages]
    return [(things[key], Course(tuple(stage.get(key) for stage in confidences))) for key in sorted(things)]


def _change(before: float | None, after: float | None) -> Change:
    if before is None:
        return "absent" if after is None else "appeared"
    if after is None:
        return "vanished"
    if abs(after - before) < STEADY:
        return "stayed"
    return "rose" if after > before else "fell"
