from __future__ import annotations

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.calibration.platt import PlattScaling, fit_platt
from relknit.checkpoint.json_files import parse_json
from relknit.errors import CheckpointError, ConfigError
from relknit.metrics.curves import Scored
from relknit.metrics.reliability import equal_mass
from relknit.training.calibration import LEAST_EXAMPLES, choose_scaling

CURVES = st.builds(PlattScaling, st.floats(0.01, 10), st.floats(-5, 5))
PROBABILITIES = st.floats(0, 1)


def drawn(curve: PlattScaling, count: int, seed: int = 0) -> list[Scored]:
    """Examples whose probability p is right in a share curve(p) of the cases."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        p = chance.uniform(0.3, 1.0)
        found.append(Scored(p, chance.random() < curve(p)))
    return found


def sentences(scored: list[Scored], size: int = 3) -> list[list[Scored]]:
    return [scored[k : k + size] for k in range(0, len(scored), size)]


def test_the_plain_curve_changes_no_bit():
    assert all(PlattScaling()(p) == p for p in (0.0, 0.1, 1 / 3, 0.9999999999, 1.0))


def test_a_curve_is_the_logistic_of_the_logit():
    assert PlattScaling(2.0, 0.5)(0.7) == pytest.approx(1 / (1 + math.exp(-(2 * math.log(0.7 / 0.3) + 0.5))))
    assert PlattScaling(1.0, -1.0)(0.5) == pytest.approx(1 / (1 + math.e))


@given(CURVES, PROBABILITIES, PROBABILITIES)
def test_a_curve_keeps_the_order_and_stays_a_share(curve, p, q):
    assert 0 <= curve(p) <= 1
    if p < q:
        assert curve(p) <= curve(q)


@given(CURVES)
def test_probabilities_that_differ_visibly_stay_apart(curve):
    values = [curve(p / 100) for p in range(1, 100)]
    assert values == sorted(values)
    if curve.slope < 2 and abs(curve.shift) < 2:
        assert len(set(values)) == 99


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("slope", value) for value in (0.0, -1.0, math.nan, math.inf, 1e9)),  # 0 or less would change the order
        *(("shift", value) for value in (math.nan, -math.inf, 101.0)),
    ],
)
def test_a_stored_scaling_out_of_range_is_refused(key, value):
    with pytest.raises(CheckpointError, match=key):
        parse_json(PlattScaling, json.dumps({key: value}).encode(), Path("model.json"))


@pytest.mark.parametrize("slope", [0.0, -1.0, math.nan, math.inf, 1e9])
def test_a_slope_that_would_turn_the_order_around_is_refused(slope):
    with pytest.raises(ConfigError, match="slope is .*, expected a number above 0"):
        PlattScaling(slope)


@pytest.mark.parametrize("shift", [math.nan, -math.inf, 101.0])
def test_a_shift_out_of_range_is_refused(shift):
    with pytest.raises(ConfigError, match="shift is .*, expected a number from -100 to 100"):
        PlattScaling(1.0, shift)


def test_the_largest_scalings_do_not_overflow():
    assert PlattScaling(100.0, 100.0)(1.0) == 1.0
    assert PlattScaling(100.0, -100.0)(0.0) == 0.0


@pytest.mark.parametrize("true", [PlattScaling(0.5, -0.3), PlattScaling(2.0, 0.4), PlattScaling()])
def test_the_curve_that_made_the_examples_is_found_again(true):
    curve = fit_platt(drawn(true, 6000))
    assert curve.slope == pytest.approx(true.slope, abs=0.15)
    assert curve.shift == pytest.approx(true.shift, abs=0.15)


def test_the_fit_is_the_lowest_point_of_its_loss():
    scored = drawn(PlattScaling(0.6, -0.2), 200)
    best = fit_platt(scored)

    def loss(slope: float, shift: float) -> float:
        total = 0.5 * ((slope - 1) ** 2 + shift**2)
        for p, right in scored:
            z = slope * math.log(p / (1 - p)) + shift
            total += np.logaddexp(0, z) - right * z
        return float(total)

    least = loss(best.slope, best.shift)
    for step in (-0.01, 0.01):
        assert loss(best.slope + step, best.shift) > least
        assert loss(best.slope, best.shift + step) > least


def test_few_examples_change_little_and_none_change_nothing():
    assert fit_platt([]) == PlattScaling()
    one = fit_platt([Scored(0.9, True)])
    assert abs(one(0.9) - 0.9) < 0.05


def test_examples_that_are_all_right_have_an_answer():
    curve = fit_platt([Scored(0.8, True)] * 500)
    assert 0.98 < curve(0.8) < 1


def test_probabilities_of_zero_and_one_can_be_fitted():
    curve = fit_platt([Scored(1.0, True)] * 30 + [Scored(1.0, False)] * 3 + [Scored(0.0, False)] * 10)
    assert 0 <= curve(1.0) <= 1


def test_a_probability_that_says_the_opposite_is_left_alone():
    backwards = [Scored(0.95, False)] * 300 + [Scored(0.05, True)] * 300
    assert fit_platt(backwards) == PlattScaling()


def test_a_curve_that_helps_on_sentences_it_has_not_seen_is_chosen():
    too_sure = drawn(PlattScaling(0.5, -1.0), 900)
    curve = choose_scaling(sentences(too_sure))
    assert not curve.changes_nothing
    again = drawn(PlattScaling(0.5, -1.0), 900, seed=1)
    after = equal_mass([Scored(curve(one.confidence), one.correct) for one in again])
    assert after.error < 0.5 * equal_mass(again).error


def test_too_few_examples_choose_no_curve():
    too_sure = [Scored(0.9, k % 2 == 0) for k in range(LEAST_EXAMPLES - 1)]
    assert choose_scaling(sentences(too_sure)) == PlattScaling()
    assert choose_scaling([]) == PlattScaling()
    assert choose_scaling([(), ()]) == PlattScaling()
    assert choose_scaling(sentences([*too_sure, *too_sure])) != PlattScaling()


def test_a_curve_that_does_not_help_is_left_out():
    exact = [Scored(p, k < round(40 * p)) for p in (0.25, 0.5, 0.75) for k in range(40)]
    random.Random(3).shuffle(exact)
    assert equal_mass(exact).error == pytest.approx(0)
    assert choose_scaling(sentences(exact)) == PlattScaling()
