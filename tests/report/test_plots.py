import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.metrics.curves import Bin, OperatingPoint, Scored, equal_width, precision_recall
from relknit.report.plots import precision_recall_plot, reliability_plot
from tests.page.reading import read

POINTS = (OperatingPoint(0.9, 1.0, 0.25), OperatingPoint(0.5, 0.75, 0.5))


def test_the_curve_runs_through_every_point_and_ends_in_a_dot():
    svg = precision_recall_plot(POINTS)
    assert re.findall(r'points="(.*?)"', svg) == ["109.0,14.0 174.0,79.0"]
    assert 'cx="174.0" cy="79.0"' in svg
    assert "all kept: precision 75.0, recall 50.0" in read(svg).text


def test_points_that_fall_together_are_drawn_once():
    svg = precision_recall_plot([OperatingPoint(0.9 - k / 1e6, 0.5, 0.5) for k in range(1000)])
    assert re.findall(r'points="(.*?)"', svg) == ["174.0,144.0"]


def test_a_plot_can_be_read_aloud():
    for svg in (precision_recall_plot(POINTS), reliability_plot((Bin(0.5, 0.6, 3, 0.55, 1.0),), shown="s")):
        (label,) = read(svg).values("aria-label")
        assert ";" in label
        assert read(svg).values("role") == ["img"]


def test_a_bar_is_as_high_as_the_share_that_is_right():
    svg = reliability_plot((Bin(0.5, 0.6, 4, 0.52, 0.25), Bin(0.9, 1.0, 12345, 0.98, 1.0)), shown="an error of 3")
    assert re.findall(r'class="bar".*? height="(.*?)"', svg) == ["65.0", "260.0"]
    assert "4 triples of confidence 0.52, 25.0 % right" in svg
    assert re.findall(r'class="count".*?>(.*?)<', svg) == ["4", "12k"]
    assert "an error of 3" in read(svg).text


scored = st.lists(st.tuples(st.floats(0, 1), st.booleans()).map(lambda pair: Scored(*pair)), min_size=1, max_size=30)


@settings(max_examples=20, deadline=None)
@given(scored)
def test_nothing_is_drawn_outside_the_picture(triples):
    triples = sorted(triples, reverse=True)
    points = precision_recall(triples, gold=max(1, sum(triple.right for triple in triples)))
    for svg in (precision_recall_plot(points), reliability_plot(equal_width(triples), shown="")):
        (box,) = read(svg).values("viewbox")
        _, _, width, height = map(float, box.split())
        for name, most in (("cx", width), ("cy", height), ("x", width), ("y", height), ("width", width)):
            assert all(0 <= float(value) <= most for value in read(svg).values(name))


@pytest.mark.parametrize(
    "svg", [precision_recall_plot(POINTS), reliability_plot((Bin(0.0, 0.1, 1, 0.0, 0.0),), shown="s")]
)
def test_colours_come_from_the_page_alone(svg):
    assert not {"style", "fill", "stroke"} & {name for name, _ in read(svg).attributes}
