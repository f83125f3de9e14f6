"""What confidences are worth: precision and recall above every confidence, and how often each confidence is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from relknit.document import Prediction
from relknit.errors import ConfigError
from relknit.metrics.counts import Item, SentenceComparison


class Scored(NamedTuple):
    """A predicted triple's confidence (0 to 1) and whether the strict score has it right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Strict precision and recall (0 to 1) of the predicted triples whose confidence is at least `confidence`."""

    confidence: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Bin:
    """The triples whose confidence lies from `low` to `high`: how many, their mean confidence, the share that is right."""

    low: float
    high: float
    triples: int
    confidence: float
    right: float


def confidences(prediction: Prediction, *, typed: bool) -> dict[Item, float | None]:
    """The confidence of every triple the strict score counts; the highest of a triple said twice, None where one has none."""
    found: dict[Item, float | None] = {}
    ends = [(e.start, e.end, e.type if typed else None) for e in prediction.entities]
    for relation in prediction.relations:
        item = (ends[relation.head], relation.type, ends[relation.tail])
        known = found.get(item, 0.0)
        unknown = known is None or relation.confidence is None
        found[item] = None if unknown else max(known or 0.0, relation.confidence or 0.0)
    return found


def scored_triples(
    comparisons: Sequence[SentenceComparison], predictions: Sequence[Prediction], *, typed: bool
) -> tuple[Scored, ...] | None:
    """Every predicted triple, the surest first; None when any has no confidence. Raises ValueError when lengths differ."""
    scored = []
    for comparison, prediction in zip(comparisons, predictions, strict=True):
        right = comparison["strict"].right
        for item, confidence in confidences(prediction, typed=typed).items():
            if confidence is None:
                return None
            scored.append(Scored(confidence, item in right))
    return tuple(sorted(scored, reverse=True))


def precision_recall(scored: Sequence[Scored], *, gold: int) -> tuple[OperatingPoint, ...]:
    """The operating point at every confidence that occurs, the surest first; `scored` in that order, `gold` triples in all."""
    points: list[OperatingPoint] = []
    right = 0
    for said, (confidence, is_right) in enumerate(scored, 1):
        right += is_right
        point = OperatingPoint(confidence, right / said, right / gold if gold else 0.0)
        if points and points[-1].confidence == confidence:
            points[-1] = point  # triples of one confidence come together or not at all
        else:
            points.append(point)
    return tuple(points)


def equal_width(scored: Sequence[Scored], *, bins: int = 10) -> tuple[Bin, ...]:
    """The triples in bins of equal width, those without a triple left out; raises ConfigError when bins < 1.

    A bin holds the confidences from `low` up to, but without, `high`; the last one holds 1 too.
    """
    if bins < 1:
        raise ConfigError(f"bins is {bins}, expected at least 1; 10 is usual")
    groups: list[list[Scored]] = [[] for _ in range(bins)]
    for triple in scored:
        groups[min(int(triple.confidence * bins), bins - 1)].append(triple)
    return tuple(
        Bin(
            low=k / bins,
            high=(k + 1) / bins,
            triples=len(group),
            confidence=sum(triple.confidence for triple in group) / len(group),
            right=sum(triple.right for triple in group) / len(group),
        )
        for k, group in enumerate(groups)
        if group
    )
