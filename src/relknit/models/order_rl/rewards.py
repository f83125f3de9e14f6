"""What sampled actions earn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relknit.models.copy_re.triples import NA, PARTS, STEPS

CORRECT: Final = 1.0
NOTHING_LEFT: Final = 0.5
"""The reward of NA in place of a triple, where no gold triple is left."""


def rewards(actions: Sequence[int], gold: Sequence[int]) -> list[float]:
    """The reward of each action of a sentence, given its gold actions; the three actions of a triple have the same.

    With K gold triples, the first K triples of the actions earn 1 if they are gold and were not predicted before, else 0; the
    others earn 0.5 if all three of their actions are NA, else 0.
    """
    none = (NA,) * PARTS
    left = set(_triples(gold)) - {none}
    count, found = len(left), []
    for number, triple in enumerate(_triples(actions)):
        if number < count:
            reward = CORRECT if triple in left else 0.0
            left.discard(triple)
        else:
            reward = NOTHING_LEFT if triple == none else 0.0
        found += [reward] * PARTS
    return found


def _triples(actions: Sequence[int]) -> list[tuple[int, ...]]:
    return [tuple(actions[start : start + PARTS]) for start in range(0, STEPS, PARTS)]
