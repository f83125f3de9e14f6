import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.errors import DataError
from relknit.metrics.curves import OperatingPoint, Scored, precision_recall
from relknit.metrics.reliability import equal_mass
from relknit.page import render
from relknit.report.plots import precision_recall_plot, reliability_plot, reliability_svg

POINTS = (OperatingPoint(0.9, 1.0, 0.25), OperatingPoint(0.5, 0.75, 0.5))
TRIPLES = equal_mass([Scored(k / 60, k % 3 > 0) for k in range(60)])
ENTITIES = equal_mass([Scored(0.9, True)] * 8)


def numbers(svg, *names):
    return [float(value) for name in names for value in re.findall(rf'\b{name}="(-?[\d.]+)"', svg)]


def test_the_curve_runs_through_every_point_and_ends_in_a_dot():
    plot = precision_recall_plot(POINTS)
    assert plot.curve == ((0.25, 1.0), (0.5, 0.75))
    assert [(dot.x, dot.y) for dot in plot.dots] == [(0.5, 0.75)]
    assert plot.caption == "all kept: precision 75.0, recall 50.0"
    svg = render("report/plots.svg", plots=[plot])
    assert re.findall(r'points="(.*?) ?"', svg) == ["109.0,14.0 174.0,79.0"]
    assert 'cx="174.0" cy="79.0"' in svg


def test_points_that_coincide_are_drawn_once():
    assert precision_recall_plot([OperatingPoint(0.9 - k / 1e6, 0.5, 0.5) for k in range(1000)]).curve == ((0.5, 0.5),)


def test_the_dots_are_the_bins_with_their_intervals():
    plot = reliability_plot("triples", TRIPLES)
    assert [(dot.x, dot.y) for dot in plot.dots] == [(b.confidence, b.accuracy) for b in TRIPLES.bins]
    assert all(dot.low < dot.y < dot.high or dot.y in (dot.low, dot.high) for dot in plot.dots)
    assert plot.dots[0].title.startswith("6 of mean confidence 0.0417, ")
    (certain,) = reliability_plot("entities", ENTITIES).dots
    assert (certain.y, certain.high) == (1.0, 1.0)
    assert certain.low == pytest.approx(8 / (8 + 1.96**2))  # the Wilson bound when all of n are correct: n / (n + z²)


def test_a_file_is_an_svg_with_a_plot_for_each_reliability_and_can_be_read_aloud():
    two, one = reliability_svg({"triples": TRIPLES, "entities": ENTITIES}), reliability_svg({"a": ENTITIES, "b": None})
    for svg, plots in ((two, 2), (one, 1)):
        root = ElementTree.fromstring(svg.encode())
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert svg.count('role="img" aria-label="Reliability of confidence: ') == plots
        assert not re.search(r"url\(|@import|href|<script", svg)
    assert numbers(two, "width")[0] == 2 * numbers(one, "width")[0]


def test_without_any_confidence_there_is_nothing_to_draw():
    with pytest.raises(DataError):
        reliability_svg({"triples": None, "entities": None})


SCORED = st.lists(st.tuples(st.floats(0, 1), st.booleans()).map(lambda pair: Scored(*pair)), min_size=1, max_size=30)


@settings(max_examples=20, deadline=None)
@given(SCORED)
def test_nothing_is_drawn_outside_the_picture(triples):
    triples = sorted(triples, reverse=True)
    points = precision_recall(triples, gold=max(1, sum(triple.correct for triple in triples)))
    svg = render("report/plots.svg", plots=[precision_recall_plot(points), reliability_plot("t", equal_mass(triples))])
    assert all(0 <= value <= 304 for value in numbers(svg, "cx", "x1", "x2"))
    assert all(0 <= value <= 274 for value in numbers(svg, "cy", "y1", "y2"))
