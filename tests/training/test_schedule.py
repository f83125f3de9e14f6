from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from relknit.training.schedule import MovingAverage, learning_rate


def test_a_constant_rate_never_changes() -> None:
    assert {learning_rate("constant", 0.3, step, 7) for step in range(7)} == {0.3}


def test_one_cycle_of_twenty_steps_is_what_the_hand_computes() -> None:
    rates = [learning_rate("one_cycle", 0.6, step, 20) for step in range(20)]
    assert rates[:3] == pytest.approx([0.2, 0.4, 0.6])  # 15 % of 20 steps rise to the highest
    assert rates[3] == pytest.approx(0.6)  # cos 0
    assert rates[3 + 17 // 2] == pytest.approx(0.3 * (1 + math.cos(math.pi * 8 / 17)))
    assert rates[19] == pytest.approx(0.3 * (1 + math.cos(math.pi * 16 / 17)))


def test_the_rate_falls_no_lower_than_a_five_hundredth() -> None:
    assert learning_rate("one_cycle", 1.0, 999, 1000) == 0.002


@given(st.integers(1, 500), st.floats(1e-6, 10))
def test_one_cycle_rises_to_the_highest_rate_and_then_falls(total: int, highest: float) -> None:
    rates = [learning_rate("one_cycle", highest, step, total) for step in range(total)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(highest)
    assert min(rates) > 0
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_the_share_of_warm_up_can_be_chosen() -> None:
    rates = [learning_rate("one_cycle", 0.8, step, 20, warm_up=0.4) for step in range(20)]
    assert rates[:8] == pytest.approx([0.1 * k for k in range(1, 9)])
    assert rates[8] == pytest.approx(0.8)
    assert rates[9] < 0.8
    assert learning_rate("one_cycle", 0.8, 0, 20, warm_up=0.0) == 0.8  # one step at least


def model_with(value: float) -> nn.Linear:
    model = nn.Linear(1, 1)
    set_weights(model, value)
    return model


def set_weights(model: nn.Linear, value: float) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)


def test_the_average_of_three_steps_is_what_the_hand_computes() -> None:
    model = model_with(0.0)
    average = MovingAverage(model, 0.25)
    expected = 0.0
    for value, decay in ((1.0, 2 / 11), (2.0, 3 / 12), (4.0, 0.25)):  # (1 + t) / (10 + t) until it passes 0.25
        set_weights(model, value)
        average.update(model)
        expected += (1 - decay) * (value - expected)
        assert average.weights["weight"].item() == pytest.approx(expected)
        assert average.weights["bias"].item() == pytest.approx(expected)
    assert average.steps == 3


def test_the_decay_grows_towards_its_own_value() -> None:
    model = model_with(0.0)
    average = MovingAverage(model, 0.99)
    average.steps = 10_000
    set_weights(model, 1.0)
    average.update(model)
    assert average.weights["weight"].item() == pytest.approx(0.01)


def test_the_average_does_not_follow_the_model_without_an_update() -> None:
    model = model_with(3.0)
    average = MovingAverage(model, 0.9)
    set_weights(model, 5.0)
    assert average.weights["weight"].item() == 3.0


def test_swapping_twice_leaves_everything_as_it_was() -> None:
    model = model_with(1.0)
    average = MovingAverage(model, 0.9)
    set_weights(model, 2.0)
    average.swap(model)
    assert (model.weight.item(), average.weights["weight"].item()) == (1.0, 2.0)
    average.swap(model)
    assert (model.weight.item(), average.weights["weight"].item()) == (2.0, 1.0)
    assert model.weight.requires_grad
