"""Learning rates, and the moving average of the weights."""

from __future__ import annotations

import math
from typing import Final, Literal

import torch
from torch import nn

WARM_UP: Final = 0.15
LOWEST: Final = 0.002


def learning_rate(
    schedule: Literal["constant", "one_cycle"], highest: float, step: float, total: int, *, warm_up: float = WARM_UP
) -> float:
    """The rate of step `step` (from 0; it may lie between two) of `total`.

    "constant" is `highest` throughout. "one_cycle" rises linearly to `highest` over the first `warm_up` of the steps (a
    fraction of them, at least one), then falls along half a cosine, never below `LOWEST` of it.
    """
    if schedule == "constant":
        return highest
    warm = max(1, round(warm_up * total))
    if step < warm:
        return highest * (step + 1) / warm
    return highest * max(LOWEST, 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm))))


class MovingAverage:
    """Exponential moving average (EMA) of all weights: after step t, average += (1 - decay) (weights - average).

    At the start the decay is lower, so that the average does not lag: min(decay, (1 + t) / (10 + t)), t from 1.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the model's present weights."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        current = model.state_dict()
        names = list(self.weights)
        torch._foreach_lerp_([self.weights[n] for n in names], [current[n] for n in names], 1 - decay)

    @torch.no_grad()
    def swap(self, model: nn.Module) -> None:
        """Exchange the model's weights with the averaged ones; a second call undoes the first."""
        for name, value in model.state_dict().items():
            kept = value.clone()
            value.copy_(self.weights[name])
            self.weights[name].copy_(kept)
