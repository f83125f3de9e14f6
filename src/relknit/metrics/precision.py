"""Which triples to believe: for each relation the lowest confidence above which precision reaches what is wanted.

The estimate of precision is careful where examples are few:

    P(c)   = the lower end of the one-sided 95 % Wilson interval of the precision of all relations' triples from c on
    P_t(c) = (right_t(c) + WEIGHT · P(c)) / (said_t(c) + WEIGHT)

right_t(c) and said_t(c) count the triples of relation t from confidence c on. So a relation with few examples is
judged by all relations together, and one with many by its own; a relation without any example by P alone. As the best of
many cuts is in part the luckiest one, all triples that the cuts leave have to reach the wanted precision together, too, at
the lower end of their interval; if they don't, the cuts are those for the next higher one that makes them.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from relknit.errors import ConfigError

LEVELS: Final = 1000  # confidences are told apart in steps of 1/LEVELS
WEIGHT: Final = 80  # examples of its own that a relation needs to be judged by them as much as by all
Z: Final = 1.645  # one-sided 95 %
_ENTRY: Final = re.compile(r"([01]\.\d{3}) (\d{1,9})/(\d{1,9})", re.ASCII)
_SLACK: Final = 1e-9  # 0.29 * 1000 is a little less than 290


@dataclass(frozen=True, slots=True)
class Cuts:
    """The lowest confidence that counts for every relation with examples, and for any other; None silences it."""

    wanted: float
    by_relation: Mapping[str, float | None]
    others: float | None

    def keeps(self, relation: str, confidence: float | None) -> bool:
        """Whether a triple counts; one without confidence never does."""
        cut = self.by_relation.get(relation, self.others)
        return cut is not None and confidence is not None and _level(confidence) >= _level(cut)

    def silent(self, relations: Iterable[str]) -> list[str]:
        """Those of the relations that can't reach the wanted precision, in the given order."""
        return [relation for relation in relations if self.by_relation.get(relation, self.others) is None]


@dataclass(frozen=True, slots=True)
class PrecisionTable:
    """For each relation how many dev triples of each confidence, in 1/LEVELS, there were, and how many were right.

    by_relation: relation -> level -> (right, said).
    """

    by_relation: Mapping[str, Mapping[int, tuple[int, int]]]

    @staticmethod
    def of(triples: Iterable[tuple[str, float, bool]]) -> PrecisionTable:
        """From the relation, the confidence (0 to 1) and whether it is right, of every triple predicted on dev."""
        said: Counter[tuple[str, int]] = Counter()
        right: Counter[tuple[str, int]] = Counter()
        for relation, confidence, is_right in triples:
            said[relation, _level(confidence)] += 1
            right[relation, _level(confidence)] += is_right
        table: dict[str, dict[int, tuple[int, int]]] = {}
        for relation, level in sorted(said):
            table.setdefault(relation, {})[level] = (right[relation, level], said[relation, level])
        return PrecisionTable(table)

    @property
    def triples(self) -> int:
        """How many dev triples it counts."""
        return sum(said for levels in self.by_relation.values() for _, said in levels.values())

    def cuts(self, wanted: float) -> Cuts:
        """The lowest cut of every relation that makes good the wanted precision, as the module says.

        Raises ConfigError unless 0 < wanted < 1, and when no relation reaches it.
        """
        if not 0 < wanted < 1:
            raise ConfigError(f"min_precision is {wanted}, expected a share between 0 and 1, such as 0.95")
        evidence = _Evidence.of(self.by_relation)
        found = evidence.cuts(wanted)
        if found is None:
            most = bisect_left(range(1, LEVELS), True, key=lambda level: evidence.cuts(level / LEVELS) is None)
            raise ConfigError(
                f"min_precision {wanted}: no relation reaches it on the {self.triples} dev triples; "
                + (f"ask for at most {most / LEVELS:g}, or calibrate" if most else "calibrate")
                + " on more sentences"
            )
        return found

    def to_json(self) -> dict[str, str]:
        """For each relation its confidences with right/said, such as "0.731 0/1, 0.950 2/3"."""
        return {
            relation: ", ".join(
                f"{level / LEVELS:.3f} {right}/{said}" for level, (right, said) in sorted(levels.items())
            )
            for relation, levels in self.by_relation.items()
        }

    @staticmethod
    def of_json(values: Mapping[str, str]) -> PrecisionTable:
        """The table that `to_json` wrote; raises ValueError for anything else."""
        return PrecisionTable({relation: _levels(relation, text) for relation, text in values.items()})


@dataclass(frozen=True, slots=True)
class _Evidence:
    """relations: names; counts: (relations, LEVELS + 1, 2) right and said from each level on; estimate: (relations + 1,
    LEVELS + 1) P_t, the last row P."""

    relations: tuple[str, ...]
    counts: NDArray[np.float64]
    estimate: NDArray[np.float64]

    @staticmethod
    def of(table: Mapping[str, Mapping[int, tuple[int, int]]]) -> _Evidence:
        counts = np.zeros((len(table), LEVELS + 1, 2))
        for own, levels in zip(counts, table.values(), strict=True):
            for level, pair in levels.items():
                own[level] = pair
        counts = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
        pooled = wilson_bound(counts.sum(axis=0))
        own_estimates = (counts[..., 0] + WEIGHT * pooled) / (counts[..., 1] + WEIGHT)
        return _Evidence(tuple(table), counts, np.concatenate([own_estimates, pooled[None]]))

    def cuts(self, wanted: float) -> Cuts | None:
        higher = (level / LEVELS for level in range(_level(wanted) + 1, LEVELS))
        for inner in chain([wanted], higher):
            reached = self.estimate >= inner
            level = np.where(reached.any(axis=1), reached.argmax(axis=1), LEVELS + 1)
            heard = np.flatnonzero(level[:-1] <= LEVELS)
            kept = self.counts[heard, level[heard]].sum(axis=0)
            if wilson_bound(kept) >= wanted:
                cuts = [None if k > LEVELS else k / LEVELS for k in level.tolist()]
                return Cuts(wanted, dict(zip(self.relations, cuts, strict=False)), cuts[-1])
        return None


def wilson_bound(counts: NDArray[np.float64], z: float = Z) -> NDArray[np.float64]:
    """The lower end of the Wilson interval of right / said, z deviations wide, for (..., 2) counts of them; 0 of nothing."""
    right, said = counts[..., 0], np.maximum(counts[..., 1], 1)
    share = right / said
    spread = z * np.sqrt(share * (1 - share) / said + z**2 / (4 * said**2))
    bound = (share + z**2 / (2 * said) - spread) / (1 + z**2 / said)
    return np.asarray(np.maximum(bound, 0) * (counts[..., 1] > 0))


def _level(confidence: float) -> int:
    return math.floor(confidence * LEVELS + _SLACK)


def _levels(relation: str, text: str) -> dict[int, tuple[int, int]]:
    levels: dict[int, tuple[int, int]] = {}
    for entry in text.split(", "):
        found = _ENTRY.fullmatch(entry)
        if found is None:
            raise ValueError(f"{relation}: {entry[:40]!r} is not a confidence with right/said, such as 0.950 2/3")
        level, right, said = _level(float(found[1])), int(found[2]), int(found[3])
        if level > LEVELS or not 0 <= right <= said or said == 0 or level in levels:
            raise ValueError(f"{relation}: {entry!r} cannot be, or stands twice")
        levels[level] = (right, said)
    return levels
