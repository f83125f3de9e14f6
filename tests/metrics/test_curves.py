from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.document import Document, Entity, Prediction, Relation
from relknit.errors import ConfigError
from relknit.metrics import compare_sentences
from relknit.metrics.curves import (
    Bin,
    OperatingPoint,
    Scored,
    confidences,
    equal_width,
    precision_recall,
    scored_triples,
)

ENDS = (Entity(0, 1, "a"), Entity(1, 2, "b"), Entity(0, 1, "c"))
GOLD = Document("1", ("x", "y"), ENDS[:2], (Relation(0, 1, "r"), Relation(1, 0, "r")))


def prediction(*relations):
    return Prediction(ENDS, tuple(Relation(*relation) for relation in relations))


def test_a_triple_said_twice_keeps_its_highest_confidence():
    found = confidences(prediction((0, 1, "r", 0.4), (2, 1, "r", 0.9), (0, 1, "r", 0.6)), typed=False)
    assert found == {((0, 1, None), "r", (1, 2, None)): 0.9}


def test_other_types_make_another_triple_where_types_count():
    found = confidences(prediction((0, 1, "r", 0.4), (2, 1, "r", 0.9)), typed=True)
    assert found == {((0, 1, "a"), "r", (1, 2, "b")): 0.4, ((0, 1, "c"), "r", (1, 2, "b")): 0.9}


@pytest.mark.parametrize("order", [(None, 0.9), (0.9, None)])
def test_a_triple_without_a_confidence_has_none_whatever_is_said_of_it_again(order):
    found = confidences(prediction(*((0, 1, "r", confidence) for confidence in order)), typed=False)
    assert list(found.values()) == [None]


def test_triples_come_the_surest_first_with_whether_they_are_right():
    said = [prediction((0, 1, "r", 0.5), (0, 1, "s", 0.7)), prediction((1, 0, "r", 1.0))]
    comparisons = compare_sentences([GOLD, GOLD], said, rule="last")
    expected = (Scored(1.0, True), Scored(0.7, False), Scored(0.5, True))
    assert scored_triples(comparisons, said, typed=True) == expected


def test_one_triple_without_a_confidence_leaves_no_curve():
    said = [prediction((0, 1, "r", 0.5)), prediction((0, 1, "r"))]
    comparisons = compare_sentences([GOLD, GOLD], said, rule="last")
    assert scored_triples(comparisons, said, typed=True) is None


def test_nothing_predicted_is_an_empty_curve():
    comparisons = compare_sentences([GOLD], [Prediction()], rule="last")
    assert scored_triples(comparisons, [Prediction()], typed=True) == ()
    assert precision_recall((), gold=3) == ()
    assert equal_width(()) == ()


def test_precision_and_recall_at_every_confidence():
    scored = (Scored(0.9, True), Scored(0.8, False), Scored(0.8, True), Scored(0.3, False))
    assert precision_recall(scored, gold=4) == (
        OperatingPoint(0.9, 1.0, 0.25),
        OperatingPoint(0.8, 2 / 3, 0.5),
        OperatingPoint(0.3, 0.5, 0.5),
    )


def test_without_gold_recall_is_nought():
    assert precision_recall((Scored(0.9, False),), gold=0) == (OperatingPoint(0.9, 0.0, 0.0),)


def test_bins_hold_their_lower_end_and_the_last_one_both():
    scored = [Scored(c, right) for c, right in ((1.0, True), (0.5, True), (0.5, False), (0.49, False), (0.0, True))]
    assert equal_width(scored, bins=2) == (Bin(0.0, 0.5, 2, 0.245, 0.5), Bin(0.5, 1.0, 3, 2 / 3, 2 / 3))


def test_bins_without_a_triple_are_left_out():
    assert [(b.low, b.triples) for b in equal_width((Scored(0.95, True), Scored(0.15, False)))] == [(0.1, 1), (0.9, 1)]


def test_there_is_at_least_one_bin():
    with pytest.raises(ConfigError, match="bins is 0"):
        equal_width((), bins=0)


triples = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.99, 1.0]), st.booleans()), min_size=1)


@settings(deadline=None)
@given(triples, st.integers(0, 5))
def test_every_point_is_the_score_of_what_is_at_least_as_sure(pairs, more_gold):
    scored = sorted((Scored(*pair) for pair in pairs), reverse=True)
    gold = sum(triple.right for triple in scored) + more_gold
    points = precision_recall(scored, gold=gold)
    assert {point.confidence for point in points} == {triple.confidence for triple in scored}
    for point in points:
        kept = [triple.right for triple in scored if triple.confidence >= point.confidence]
        assert point.precision == sum(kept) / len(kept)
        assert point.recall == (sum(kept) / gold if gold else 0)
    assert all(a.confidence > b.confidence and a.recall <= b.recall for a, b in pairwise(points))


@settings(deadline=None)
@given(triples, st.integers(1, 12))
def test_the_bins_hold_every_triple_once_and_where_it_belongs(pairs, bins):
    scored = [Scored(*pair) for pair in pairs]
    groups = equal_width(scored, bins=bins)
    assert sum(group.triples for group in groups) == len(scored)
    assert sum(group.triples * group.right for group in groups) == pytest.approx(sum(t.right for t in scored))
    for group in groups:
        assert group.low - 1e-12 <= group.confidence <= group.high + 1e-12
        assert group.triples > 0
