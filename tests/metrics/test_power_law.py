from __future__ import annotations

import pytest

from relknit.metrics.power_law import LearningCurve, LearningPoint


def curve(*f1: float, sizes: tuple[int, ...] = (30, 60, 90, 120)) -> LearningCurve:
    return LearningCurve(tuple(LearningPoint(size, one) for size, one in zip(sizes, f1, strict=True)))


def law(sentences: int) -> float:
    return 1 - 3 * sentences**-0.4


def test_points_on_a_power_law_are_continued_on_it() -> None:
    more = curve(*map(law, (30, 60, 90, 120))).forecast()
    assert more is not None
    assert more.sentences == 240
    assert more.f1 == pytest.approx(law(240))
    assert more.low == pytest.approx(more.high)


def test_scatter_widens_the_interval() -> None:
    def width(noise: float) -> float:
        signs = (1, -1, -1, 1)
        points = [law(n) + sign * noise for n, sign in zip((30, 60, 90, 120), signs, strict=True)]
        more = curve(*points).forecast()
        assert more is not None
        assert more.low < more.f1 < more.high
        return more.high - more.low

    assert width(0.001) < width(0.004)


@pytest.mark.parametrize(
    "f1",
    [
        (0.5, 0.5, 0.5, 0.5),  # nothing gained
        (0.6, 0.5, 0.4, 0.3),  # a loss
        (0.2, 0.6, 0.1, 0.5),  # scattered
        (0.0, 0.0, 0.0, 0.3),  # nothing found in most
        (0.7, 0.8, 0.9, 1.0),  # nothing left to gain
    ],
)
def test_nothing_is_forecast_that_the_points_do_not_support(f1: tuple[float, ...]) -> None:
    assert curve(*f1).forecast() is None
    assert "do not support" in curve(*f1).sentence()
    assert curve(*f1).to_dict()["forecast"] is None


def test_three_points_are_too_few() -> None:
    assert curve(0.3, 0.4, 0.5, sizes=(30, 60, 120)).forecast() is None


def test_the_sentence_names_both_sizes_and_the_interval() -> None:
    sentence = curve(*map(law, (30, 60, 90, 120))).sentence()
    for number in ("240", "120", f"{100 * law(120):.1f}", f"{100 * law(240):.0f}", "80 %"):
        assert number in sentence
