"""Precision, recall and F1 from counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relknit.metrics.counts import Counts


@dataclass(frozen=True, slots=True)
class Score:
    """Micro-averaged precision, recall and F1 (0 to 1), with the counts that they come from.

    0/0 is 0: with nothing predicted precision is 0, with no gold recall is 0, with neither all three are 0.
    applies: false for a score that the predictions cannot have (see `NOT_APPLICABLE`); its numbers are 0 and mean nothing.
    """

    precision: float
    recall: float
    f1: float
    correct: int
    predicted: int
    gold: int
    applies: bool = True

    @classmethod
    def of(cls, correct: int, predicted: int, gold: int) -> Score:
        """The score of these counts."""
        return cls(
            precision=_ratio(correct, predicted),
            recall=_ratio(correct, gold),
            f1=_ratio(2 * correct, predicted + gold),
            correct=correct,
            predicted=predicted,
            gold=gold,
        )

    @property
    def of_nothing(self) -> bool:
        """Neither gold nor predicted: the zeros say nothing."""
        return not (self.gold or self.predicted)

    @property
    def ratios(self) -> dict[str, float | None]:
        """Precision, recall and F1, ready for JSON; None where the score does not apply."""
        return {name: getattr(self, name) if self.applies else None for name in ("precision", "recall", "f1")}

    @property
    def counts(self) -> dict[str, float | None]:
        """The counts, ready for JSON; None where the score does not apply."""
        return {name: getattr(self, name) if self.applies else None for name in ("correct", "predicted", "gold")}


NOT_APPLICABLE: Final = Score(0.0, 0.0, 0.0, 0, 0, 0, applies=False)
"""A score of spans, for a system that predicts one word of each entity; printed as dashes."""


def micro_score(counts: Counts) -> Score:
    """The Score over all sentences of a (sentences, 3) table of correct, predicted and gold."""
    correct, predicted, gold = (int(total) for total in counts.sum(axis=0))
    return Score.of(correct, predicted, gold)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
