"""Confidences of predictions with their correctness, and precision and recall above every confidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from relknit.document import Prediction
from relknit.metrics.counts import Item, span_key


class Scored(NamedTuple):
    """The confidence (0 to 1) of a predicted triple or entity, and whether it is correct."""

    confidence: float
    correct: bool


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Strict precision and recall (0 to 1) of the predicted triples whose confidence is at least `confidence`."""

    confidence: float
    precision: float
    recall: float


def confidences(prediction: Prediction, *, typed: bool) -> dict[Item, float | None]:
    """The confidence of every triple the strict score counts: the highest of a repeated one, None where any has none."""
    found: dict[Item, float | None] = {}
    ends = [span_key(entity, typed) for entity in prediction.entities]
    for relation in prediction.relations:
        item = (ends[relation.head], relation.type, ends[relation.tail])
        known = found.get(item, 0.0)
        unknown = known is None or relation.confidence is None
        found[item] = None if unknown else max(known or 0.0, relation.confidence or 0.0)
    return found


def most_confident_first(found: Iterable[tuple[float | None, bool]]) -> tuple[Scored, ...] | None:
    """Pairs of confidence and correctness in order; None when any has no confidence."""
    listed = list(found)
    scored = [Scored(confidence, correct) for confidence, correct in listed if confidence is not None]
    return tuple(sorted(scored, reverse=True)) if len(scored) == len(listed) else None


def precision_recall(scored: Sequence[Scored], *, gold: int) -> tuple[OperatingPoint, ...]:
    """The operating point at every confidence that occurs, highest first; `scored` in that order, `gold` triples in all."""
    points: list[OperatingPoint] = []
    correct = 0
    for predicted, (confidence, is_correct) in enumerate(scored, 1):
        correct += is_correct
        point = OperatingPoint(confidence, correct / predicted, correct / gold if gold else 0.0)
        if points and points[-1].confidence == confidence:
            points[-1] = point  # triples of one confidence come together or not at all
        else:
            points.append(point)
    return tuple(points)


def reaching(points: Sequence[OperatingPoint], confidences: Iterable[float]) -> list[tuple[float, OperatingPoint]]:
    """The operating point of the triples of at least each confidence; without those that none reaches."""
    kept = ((least, [point for point in points if point.confidence >= least]) for least in confidences)
    return [(least, left[-1]) for least, left in kept if left]
