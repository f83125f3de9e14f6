"""One confidence for a fact that several texts state.

Measured by `experiments/graph/combined_confidence.py` with facts that several sentences of WebNLG's dev state (217 facts, model
`webnlg`): 98.2 % are correct. The best sentence alone expects 94.5 %, the mean 88.5 %, the sum of log-odds 96.4 % and
1 - prod(1 - p) 98.4 %, with the smallest log loss. On test (294 facts) 97.3 % are correct and 97.8 % expected; of those in three
sentences or more 1.7 % are wrong, hence the limit, with which 97.2 % are expected. In Re-DocRED too few facts are in several
sentences to decide (13 of 1,746).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from relknit.display import CONFIDENCE_DIGITS

MOST: Final = 0.99
"""No combination is more confident than this, unless one of its sentences is."""


def combined_confidence(confidences: Iterable[float]) -> float | None:
    """Of the confidences of different texts that state a fact: 1 - prod(1 - p), at most `MOST`; None for no text.

    The order does not matter, to the last bit.
    """
    found = list(confidences)
    if len(found) < 2:
        return found[0] if found else None
    doubt = math.fsum(math.log1p(-min(p, MOST)) for p in found)
    return round(max(*found, min(MOST, -math.expm1(doubt))), CONFIDENCE_DIGITS)


class CombinedConfidence:
    """`combined_confidence` as an aggregate of SQLite: combined(confidence, passage, sentence_hash).

    A passage counts once, with the highest confidence in it, because a model gives one confidence to a fact of a text however
    many of its sentences state it. Passages with the same sentences, such as copies of a notice, count once too.
    """

    def __init__(self) -> None:
        self._confidence: dict[int, float] = {}
        self._sentences: dict[int, set[str]] = {}

    def step(self, confidence: float | None, passage: int, sentence: str) -> None:
        """One place."""
        if confidence is not None:
            self._confidence[passage] = max(confidence, self._confidence.get(passage, 0.0))
            self._sentences.setdefault(passage, set()).add(sentence)

    def finalize(self) -> float | None:
        """The combined confidence; None where no place has one."""
        best: dict[frozenset[str], float] = {}
        for passage, confidence in self._confidence.items():
            sentences = frozenset(self._sentences[passage])
            best[sentences] = max(confidence, best.get(sentences, 0.0))
        return combined_confidence(best.values())
