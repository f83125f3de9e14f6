from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.document import Entity, Prediction, Relation
from relknit.metrics.curves import (
    OperatingPoint,
    Scored,
    confidences,
    precision_recall,
    reaching,
)

ENDS = (Entity(0, 1, "a"), Entity(1, 2, "b"), Entity(0, 1, "c"))


def prediction(*relations):
    return Prediction(ENDS, tuple(Relation(*relation) for relation in relations))


def test_a_triple_predicted_twice_keeps_its_highest_confidence():
    found = confidences(prediction((0, 1, "r", 0.4), (2, 1, "r", 0.9), (0, 1, "r", 0.6)), typed=False)
    assert found == {((0, 1, None), "r", (1, 2, None)): 0.9}


def test_other_types_make_another_triple_where_types_count():
    found = confidences(prediction((0, 1, "r", 0.4), (2, 1, "r", 0.9)), typed=True)
    assert found == {((0, 1, "a"), "r", (1, 2, "b")): 0.4, ((0, 1, "c"), "r", (1, 2, "b")): 0.9}


@pytest.mark.parametrize("order", [(None, 0.9), (0.9, None)])
def test_a_triple_without_a_confidence_has_none_whatever_its_copy_has(order):
    found = confidences(prediction(*((0, 1, "r", confidence) for confidence in order)), typed=False)
    assert list(found.values()) == [None]


def test_nothing_predicted_is_an_empty_curve():
    assert precision_recall((), gold=3) == ()


def test_precision_and_recall_at_every_confidence():
    scored = (Scored(0.9, True), Scored(0.8, False), Scored(0.8, True), Scored(0.3, False))
    assert precision_recall(scored, gold=4) == (
        OperatingPoint(0.9, 1.0, 0.25),
        OperatingPoint(0.8, 2 / 3, 0.5),
        OperatingPoint(0.3, 0.5, 0.5),
    )


triples = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.99, 1.0]), st.booleans()), min_size=1)


@settings(deadline=None)
@given(triples, st.integers(0, 5))
def test_every_point_is_the_score_of_what_is_at_least_as_confident(pairs, more_gold):
    scored = sorted((Scored(*pair) for pair in pairs), reverse=True)
    gold = sum(triple.correct for triple in scored) + more_gold
    points = precision_recall(scored, gold=gold)
    assert {point.confidence for point in points} == {triple.confidence for triple in scored}
    for point in points:
        kept = [triple.correct for triple in scored if triple.confidence >= point.confidence]
        assert point.precision == sum(kept) / len(kept)
        assert point.recall == (sum(kept) / gold if gold else 0)
    assert all(a.confidence > b.confidence and a.recall <= b.recall for a, b in pairwise(points))


def test_the_point_of_each_confidence_that_a_triple_reaches():
    points = precision_recall([Scored(0.9, True), Scored(0.6, False), Scored(0.6, True)], gold=4)
    found = reaching(points, (0.95, 0.9, 0.7, 0.5))
    assert [(least, point.precision, point.recall) for least, point in found] == [
        (0.9, 1.0, 0.25),
        (0.7, 1.0, 0.25),
        (0.5, 2 / 3, 0.5),
    ]
    assert reaching([], (0.5,)) == []
