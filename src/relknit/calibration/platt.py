"""Platt scaling: from a model's probability to how often it is correct, and how it is fitted.

confidence = σ(slope · logit(p) + shift)        slope > 0, so that the order never changes
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from relknit.errors import ConfigError

_EDGE: Final = 1e-7  # a probability nearer to 0 or 1 counts as this near: float32 knows none between it and 1
_MOST: Final = 100.0
_STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class PlattScaling:
    """A map of probabilities (0 to 1) that keeps their order; the default changes nothing.

    Raises ConfigError unless 0 < slope <= 100 and -100 <= shift <= 100.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    slope: Annotated[float, Field(gt=0, le=_MOST)] = 1.0
    shift: Annotated[float, Field(ge=-_MOST, le=_MOST)] = 0.0

    def __post_init__(
        self,
    ) -> None:  # the bounds above are those of a model folder, whose errors name the place in the file
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


def fit_platt(examples: Sequence[tuple[float, bool]]) -> PlattScaling:
    """The most probable scaling given (probability, correct) examples, where slope - 1 and shift are standard normal beforehand.

    So a few examples, or examples that are all correct, change little, and the solution is unique. Where correct examples
    have the lower probabilities (slope <= 0), this is the scaling that changes nothing.
    """
    inside = np.clip(np.array([probability for probability, _ in examples], dtype=np.float64), _EDGE, 1 - _EDGE)
    inputs = np.stack([np.log(inside) - np.log1p(-inside), np.ones(len(examples))], axis=1)
    correct = np.array([is_correct for _, is_correct in examples], dtype=np.float64)
    identity = np.array([1.0, 0.0])
    weights, loss = identity, _loss(identity, inputs, correct)
    for _ in range(_STEPS):
        p = 0.5 + 0.5 * np.tanh(inputs @ weights / 2)
        gradient = inputs.T @ (p - correct) + weights - identity
        step = np.linalg.solve((inputs.T * (p * (1 - p))) @ inputs + np.eye(2), gradient)
        while (after := _loss(weights - step, inputs, correct)) > loss:
            step = step / 2
        if loss - after < 1e-9:
            break
        weights, loss = weights - step, after
    slope, shift = (float(value) for value in weights)
    return PlattScaling(min(slope, _MOST), min(max(shift, -_MOST), _MOST)) if slope > 0 else PlattScaling()


def _loss(weights: NDArray[np.float64], inputs: NDArray[np.float64], correct: NDArray[np.float64]) -> float:
    """-log of likelihood times prior, up to a constant; convex in the weights."""
    logit = inputs @ weights
    likelihood = np.sum(np.logaddexp(0, logit) - correct * logit)
    return float(likelihood + 0.5 * ((weights[0] - 1) ** 2 + weights[1] ** 2))
