from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics import evaluate_predictions
from relknit.metrics.counts import compare_sentences
from relknit.metrics.curves import Scored
from relknit.metrics.reliability import BINS, equal_mass
from relknit.metrics.verdicts import judge, scored

SCORED = st.lists(
    st.builds(Scored, st.one_of(st.floats(0, 1), st.sampled_from([0.5, 0.9, 1.0])), st.booleans()),
    min_size=1,
    max_size=80,
)
GOLD = Document(
    "1",
    ("Ada", "Holm", "left", "Bo"),
    (Entity(0, 2, "Person"), Entity(3, 4, "Place")),
    (Relation(0, 1, "left"),),
)


def found(*entities: Entity, relations: tuple[Relation, ...] = ()) -> Prediction:
    return Prediction(entities, relations)


def test_the_error_is_the_mean_gap_between_confidence_and_accuracy():
    scored = [Scored(0.2, False)] * 5 + [Scored(0.8, True)] * 3 + [Scored(0.8, False)] * 2
    reliability = equal_mass(scored, bins=2)
    assert [(b.count, b.confidence, b.accuracy) for b in reliability.bins] == [
        (5, pytest.approx(0.2), 0.0),
        (5, pytest.approx(0.8), 0.6),
    ]
    assert reliability.error == pytest.approx(0.5 * 0.2 + 0.5 * 0.2)


def test_calibrated_confidences_have_no_error():
    scored = [Scored(0.75, k % 4 != 0) for k in range(40)] + [Scored(1.0, True)] * 40
    assert equal_mass(scored).error == pytest.approx(0)


def test_being_confident_and_wrong_is_the_largest_error():
    assert equal_mass([Scored(1.0, False)] * 30).error == 1.0
    assert equal_mass([Scored(0.0, True)] * 30).error == 1.0


def test_bins_hold_as_many_as_can_be():
    scored = [Scored(k / 1000, k % 2 == 0) for k in range(1000)]
    assert [b.count for b in equal_mass(scored).bins] == [100] * BINS
    assert [b.count for b in equal_mass(scored[:7], bins=3).bins] == [2, 2, 3]


def test_equal_confidences_are_never_separated():
    scored = [Scored(0.5, k < 3) for k in range(9)] + [Scored(0.9, True)]
    reliability = equal_mass(scored, bins=5)
    assert [(b.low, b.high, b.count) for b in reliability.bins] == [(0.5, 0.5, 9), (0.9, 0.9, 1)]


def test_fewer_examples_than_bins_make_a_bin_each():
    assert [b.count for b in equal_mass([Scored(0.1, True), Scored(0.2, False), Scored(0.3, True)]).bins] == [1, 1, 1]


@pytest.mark.parametrize("nothing", [None, (), []])
def test_without_confidences_there_is_no_reliability(nothing):
    assert equal_mass(nothing) is None


@given(SCORED, st.integers(1, 12))
def test_every_example_is_in_one_bin_and_the_error_is_a_fraction(scored, bins):
    reliability = equal_mass(scored, bins=bins)
    assert reliability.count == len(scored)
    assert len(reliability.bins) <= bins
    assert 0 <= reliability.error <= 1 + 1e-9
    assert all(below.high < above.low for below, above in zip(reliability.bins, reliability.bins[1:], strict=False))
    assert sum(b.accuracy * b.count for b in reliability.bins) == pytest.approx(sum(one.correct for one in scored))


@given(SCORED, st.randoms())
def test_the_order_of_examples_changes_nothing(scored, chance):
    shuffled = list(scored)
    chance.shuffle(shuffled)
    assert equal_mass(shuffled) == equal_mass(scored)


def test_the_dictionary_holds_what_a_plot_shows():
    record = equal_mass([Scored(random.Random(k).random(), k % 3 > 0) for k in range(50)]).to_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["count"] == 50
    assert set(record["bins"][0]) == {"low", "high", "count", "confidence", "accuracy"}
    gap = sum(b["count"] * abs(b["confidence"] - b["accuracy"]) for b in record["bins"]) / 50
    assert record["expected_calibration_error"] == pytest.approx(gap, abs=1e-4)


def test_entities_are_scored_by_span_and_type_and_untagged_ones_are_none():
    prediction = found(Entity(0, 2, "Person", 0.9), Entity(3, 4, "Person", 0.8), Entity(2, 3, None, 0.7, tagged=False))
    (comparison,) = compare_sentences([GOLD], [prediction], rule="last")
    assert scored(judge(comparison).entities) == (Scored(0.9, True), Scored(0.8, False))
    unknown = found(Entity(0, 2, "Person", 0.9), Entity(3, 4, "Place"))
    (comparison,) = compare_sentences([GOLD], [unknown], rule="last")
    assert scored(judge(comparison).entities) is None


def test_every_report_has_the_error_of_triples_and_entities():
    prediction = found(
        Entity(0, 2, "Person", 0.9), Entity(3, 4, "Place", 0.7), relations=(Relation(0, 1, "left", 0.6),)
    )
    report = evaluate_predictions([GOLD], [prediction], rule="last", bootstrap_samples=0)
    assert report.reliability.error == pytest.approx(0.4)
    assert report.entity_reliability.error == pytest.approx((0.1 + 0.3) / 2)
    record = report.to_dict()["reliability"]
    assert record["triples"]["expected_calibration_error"] == pytest.approx(0.4)
    assert record["entities"]["count"] == 2


def test_a_report_of_predictions_without_confidence_says_none():
    report = evaluate_predictions([GOLD], [GOLD.prediction], rule="last", bootstrap_samples=0)
    assert report.reliability is None
    assert report.to_dict()["reliability"] == {"triples": None, "entities": None}
    nothing = evaluate_predictions([GOLD], [Prediction()], rule="last", bootstrap_samples=0)
    assert nothing.reliability is None


def test_the_bins_of_a_record_have_the_four_digits_of_every_confidence():
    (its,) = equal_mass([Scored(0.123456, True), Scored(0.123456, False), Scored(0.123456, True)]).to_dict()["bins"]
    assert its == {"low": 0.1235, "high": 0.1235, "count": 3, "confidence": 0.1235, "accuracy": 0.6667}
