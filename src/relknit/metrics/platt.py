"""From a model's probability to how often it is right: Platt's curve, and how it is fitted.

confidence = σ(slope · logit(p) + shift)        slope > 0, so that the order never changes
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from relknit.errors import ConfigError
from relknit.metrics.curves import Scored
from relknit.metrics.reliability import equal_mass

FOLDS: Final = 10
LEAST_EXAMPLES: Final = 20  # with fewer than this nothing is fitted
_EDGE: Final = 1e-7  # a probability nearer to 0 or 1 counts as this near: float32 knows none between it and 1
_MOST: Final = 100.0
_STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class Curve:
    """A map of probabilities (0 to 1) that keeps their order; the default changes nothing.

    Raises ConfigError unless 0 < slope <= 100 and -100 <= shift <= 100.
    """

    slope: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.slope <= _MOST:
            raise ConfigError(f"slope is {self.slope}, expected a number above 0 and up to {_MOST:g}")
        if not -_MOST <= self.shift <= _MOST:
            raise ConfigError(f"shift is {self.shift}, expected a number from -{_MOST:g} to {_MOST:g}")

    @property
    def changes_nothing(self) -> bool:
        """Whether every probability stays as it is."""
        return self.slope == 1.0 and self.shift == 0.0

    def __call__(self, probability: float) -> float:
        """The confidence of a probability, both 0 to 1."""
        if self.changes_nothing:
            return probability
        inside = min(max(probability, _EDGE), 1 - _EDGE)
        logit = math.log(inside) - math.log1p(-inside)
        return 0.5 + 0.5 * math.tanh((self.slope * logit + self.shift) / 2)


def choose_curve(sentences: Sequence[Sequence[Scored]]) -> Curve:
    """The curve fitted to all sentences if it lowers the expected calibration error on sentences it was not fitted to.

    That is asked by cross-validation over FOLDS parts of the sentences; else, and with fewer than LEAST_EXAMPLES
    examples, the curve that changes nothing.
    """
    everything = list(chain.from_iterable(sentences))
    held_out: list[Scored] = []
    for fold in range(FOLDS):
        curve = fit_curve(list(chain.from_iterable(s for k, s in enumerate(sentences) if k % FOLDS != fold)))
        held_out += [Scored(curve(one.confidence), one.correct) for one in chain.from_iterable(sentences[fold::FOLDS])]
    before, after = equal_mass(everything), equal_mass(held_out)
    if len(everything) < LEAST_EXAMPLES or before is None or after is None or after.error >= before.error:
        return Curve()
    return fit_curve(everything)


def fit_curve(scored: Sequence[Scored]) -> Curve:
    """The most probable curve given the examples, where slope - 1 and shift are standard normal beforehand.

    So a few examples, or examples that are all right, change little, and there always is exactly one answer. Examples
    whose confidence says the opposite of what is true give the curve that changes nothing.
    """
    inside = np.clip(np.array([one.confidence for one in scored], dtype=np.float64), _EDGE, 1 - _EDGE)
    inputs = np.stack([np.log(inside) - np.log1p(-inside), np.ones(len(scored))], axis=1)
    right = np.array([one.correct for one in scored], dtype=np.float64)
    identity = np.array([1.0, 0.0])
    weights, loss = identity, _loss(identity, inputs, right)
    for _ in range(_STEPS):
        p = 0.5 + 0.5 * np.tanh(inputs @ weights / 2)
        gradient = inputs.T @ (p - right) + weights - identity
        step = np.linalg.solve((inputs.T * (p * (1 - p))) @ inputs + np.eye(2), gradient)
        while (after := _loss(weights - step, inputs, right)) > loss:
            step = step / 2
        if loss - after < 1e-9:
            break
        weights, loss = weights - step, after
    slope, shift = (float(value) for value in weights)
    return Curve(min(slope, _MOST), min(max(shift, -_MOST), _MOST)) if slope > 0 else Curve()


def _loss(weights: NDArray[np.float64], inputs: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """-log of likelihood times prior, up to a constant; convex in the weights."""
    logit = inputs @ weights
    likelihood = np.sum(np.logaddexp(0, logit) - right * logit)
    return float(likelihood + 0.5 * ((weights[0] - 1) ** 2 + weights[1] ** 2))
