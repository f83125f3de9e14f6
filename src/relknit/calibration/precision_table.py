"""Thresholds for a wanted precision: for each relation the lowest confidence above which it is reached on dev.

The estimate of precision is careful where examples are few:

    P(c)   = the lower end of the one-sided 95 % Wilson interval of the precision of all relations' triples from c on
    P_t(c) = (correct_t(c) + WEIGHT · P(c)) / (predicted_t(c) + WEIGHT)

correct_t(c) and predicted_t(c) count the triples of relation t from confidence c on. So a relation with few examples is
judged by all relations together, and one with many by its own; a relation without any example by P alone. As the best of
many thresholds is in part the luckiest one, all triples that the thresholds leave have to reach the wanted precision
together, too, at the lower end of their interval; if they don't, the thresholds are those for the next higher one that
makes them.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from relknit.errors import ConfigError

STEPS: Final = 1000  # confidences are distinguished in steps of 1/STEPS
WEIGHT: Final = 80  # examples of its own that a relation needs to be judged by them as much as by all
Z: Final = 1.645  # one-sided 95 %
_ENTRY: Final = re.compile(r"([01]\.\d{3}) (\d{1,9})/(\d{1,9})", re.ASCII)
_SLACK: Final = 1e-9  # 0.29 * 1000 is a little less than 290


@dataclass(frozen=True, slots=True)
class PrecisionThresholds:
    """The lowest confidence that counts for every relation with examples, and for any other; None suppresses it."""

    wanted: float
    by_relation: Mapping[str, float | None]
    others: float | None

    def keeps(self, relation: str, confidence: float | None) -> bool:
        """Whether a triple counts; one without confidence never does."""
        least = self.by_relation.get(relation, self.others)
        return least is not None and confidence is not None and _level(confidence) >= _level(least)

    def suppressed(self, relations: Iterable[str]) -> list[str]:
        """The relations, of those given, that do not reach the wanted precision."""
        return [relation for relation in relations if self.by_relation.get(relation, self.others) is None]


@dataclass(frozen=True, slots=True)
class PrecisionTable:
    """For each relation how many dev triples of each confidence, in 1/STEPS, there were, and how many were correct.

    by_relation: relation -> level -> (correct, predicted).
    """

    by_relation: Mapping[str, Mapping[int, tuple[int, int]]]

    @staticmethod
    def of(triples: Iterable[tuple[str, float, bool]]) -> PrecisionTable:
        """From the relation, the confidence (0 to 1) and whether it is correct, of every triple predicted on dev."""
        predicted: Counter[tuple[str, int]] = Counter()
        correct: Counter[tuple[str, int]] = Counter()
        for relation, confidence, is_correct in triples:
            predicted[relation, _level(confidence)] += 1
            correct[relation, _level(confidence)] += is_correct
        table: dict[str, dict[int, tuple[int, int]]] = {}
        for relation, level in sorted(predicted):
            table.setdefault(relation, {})[level] = (correct[relation, level], predicted[relation, level])
        return PrecisionTable(table)

    @property
    def triples(self) -> int:
        """How many dev triples it counts."""
        return sum(predicted for levels in self.by_relation.values() for _, predicted in levels.values())

    def thresholds(self, wanted: float) -> PrecisionThresholds:
        """The lowest threshold of every relation that reaches the wanted precision, as the module says.

        Raises ConfigError unless 0 < wanted < 1, and when no relation reaches it.
        """
        if not 0 < wanted < 1:
            raise ConfigError(f"min_precision is {wanted}, expected a fraction between 0 and 1, such as 0.95")
        evidence = _Evidence(self.by_relation)
        found = evidence.thresholds(wanted)
        if found is None:
            most = bisect_left(range(1, STEPS), True, key=lambda level: evidence.thresholds(level / STEPS) is None)
            raise ConfigError(
                f"min_precision {wanted}: no relation reaches it on the {self.triples} dev triples; "
                + (f"ask for at most {most / STEPS:g}, or calibrate" if most else "calibrate")
                + " on more sentences"
            )
        return found

    def to_json(self) -> dict[str, str]:
        """For each relation its confidences with correct/predicted, such as "0.731 0/1, 0.950 2/3"."""
        return {
            relation: ", ".join(
                f"{level / STEPS:.3f} {correct}/{predicted}" for level, (correct, predicted) in sorted(levels.items())
            )
            for relation, levels in self.by_relation.items()
        }

    @staticmethod
    def from_json(values: Any) -> PrecisionTable:
        """The table that `to_json` wrote; raises ValueError for anything else."""
        if not isinstance(values, dict) or not all(isinstance(text, str) for text in values.values()):
            raise ValueError("expected an object of strings")
        return PrecisionTable({relation: _levels(relation, text) for relation, text in values.items()})


class _Evidence:
    """counts: (relations, STEPS + 1, 2) correct and predicted from each level on; estimate: (relations + 1, STEPS + 1) P_t, and
    P in the last row."""

    def __init__(self, table: Mapping[str, Mapping[int, tuple[int, int]]]) -> None:
        counts = np.zeros((len(table), STEPS + 1, 2))
        for own, levels in zip(counts, table.values(), strict=True):
            for level, pair in levels.items():
                own[level] = pair
        self.relations, self.counts = tuple(table), counts[:, ::-1].cumsum(axis=1)[:, ::-1]
        pooled = wilson_bound(self.counts.sum(axis=0))
        own_estimates = (self.counts[..., 0] + WEIGHT * pooled) / (self.counts[..., 1] + WEIGHT)
        self.estimate = np.concatenate([own_estimates, pooled[None]])

    def thresholds(self, wanted: float) -> PrecisionThresholds | None:
        """The lowest thresholds that reach the wanted precision, each and together; None if no relation does."""
        higher = (level / STEPS for level in range(_level(wanted) + 1, STEPS))
        for inner in chain([wanted], higher):
            reached = self.estimate >= inner
            level = np.where(reached.any(axis=1), reached.argmax(axis=1), STEPS + 1)
            kept_relations = np.flatnonzero(level[:-1] <= STEPS)
            kept = self.counts[kept_relations, level[kept_relations]].sum(axis=0)
            if wilson_bound(kept) >= wanted:
                lowest = [None if k > STEPS else k / STEPS for k in level.tolist()]
                return PrecisionThresholds(wanted, dict(zip(self.relations, lowest, strict=False)), lowest[-1])
        return None


def wilson_bound(counts: NDArray[np.float64], z: float = Z) -> NDArray[np.float64]:
    """The lower end of the Wilson interval of correct / predicted, z std wide, for (..., 2) counts of them; 0 of nothing."""
    correct, predicted = counts[..., 0], np.maximum(counts[..., 1], 1)
    precision = correct / predicted
    spread = z * np.sqrt(precision * (1 - precision) / predicted + z**2 / (4 * predicted**2))
    bound = (precision + z**2 / (2 * predicted) - spread) / (1 + z**2 / predicted)
    return np.asarray(np.maximum(bound, 0) * (counts[..., 1] > 0))


def _level(confidence: float) -> int:
    return math.floor(confidence * STEPS + _SLACK)


def _levels(relation: str, text: str) -> dict[int, tuple[int, int]]:
    levels: dict[int, tuple[int, int]] = {}
    for entry in text.split(", "):
        found = _ENTRY.fullmatch(entry)
        if found is None:
            raise ValueError(
                f"{relation}: {entry[:40]!r} is not a confidence with correct/predicted, such as 0.950 2/3"
            )
        level, correct, predicted = _level(float(found[1])), int(found[2]), int(found[3])
        if level > STEPS or not 0 <= correct <= predicted or predicted == 0 or level in levels:
            raise ValueError(f"{relation}: {entry!r} is not valid, or is given twice")
        levels[level] = (correct, predicted)
    return levels
