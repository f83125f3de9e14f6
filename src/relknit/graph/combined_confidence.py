"""One confidence for a fact that several sentences state."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from relknit.display import CONFIDENCE_DIGITS

MOST: Final = 0.9999


def combined_confidence(confidences: Iterable[float]) -> float | None:
    """Of the confidences of different sentences that state a fact: 1 - prod(1 - p), at most `MOST`; None for no sentence.

    The order does not matter, to the last bit.
    """
    found = list(confidences)
    if not found:
        return None
    if len(found) == 1:
        return found[0]
    doubt = math.fsum(math.log1p(-min(p, MOST)) for p in found)
    return round(max(max(found), min(MOST, -math.expm1(doubt))), CONFIDENCE_DIGITS)


class CombinedConfidence:
    """`combined_confidence` as an aggregate of SQLite: combined(confidence, sentence_hash), the best of each sentence."""

    def __init__(self) -> None:
        self._best: dict[str, float] = {}

    def step(self, confidence: float | None, sentence: str) -> None:
        """One place."""
        if confidence is not None:
            self._best[sentence] = max(confidence, self._best.get(sentence, 0.0))

    def finalize(self) -> float | None:
        """The combined confidence of all sentences; None where none has one."""
        return combined_confidence(self._best.values())
