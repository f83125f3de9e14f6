from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.metrics.scores import Score, micro_score


def test_precision_recall_and_f1_of_an_example():
    score = Score.of(correct=3, predicted=4, gold=6)
    assert (score.precision, score.recall) == (0.75, 0.5)
    assert score.f1 == pytest.approx(0.6)


def test_only_where_nothing_is_gold_or_predicted_there_is_nothing_to_score():
    assert Score.of(0, 0, 0).of_nothing
    assert not Score.of(0, 1, 0).of_nothing
    assert not Score.of(0, 0, 1).of_nothing


@pytest.mark.parametrize(("predicted", "gold"), [(0, 0), (0, 5), (5, 0)])
def test_nothing_predicted_or_no_gold_gives_zero_and_not_an_error(predicted, gold):
    assert Score.of(0, predicted, gold).ratios == {"precision": 0.0, "recall": 0.0, "f1": 0.0}


def test_micro_average_sums_sentences_before_it_divides():
    score = micro_score(np.array([[1, 1, 1], [0, 9, 1]]))
    assert score == Score.of(1, 10, 2)
    assert score.precision == 0.1


def test_no_sentences_score_zero():
    assert micro_score(np.zeros((0, 3), dtype=np.int64)) == Score.of(0, 0, 0)


def test_counts_are_plain_whole_numbers_ready_for_json():
    counts = micro_score(np.array([[1, 2, 3]])).counts
    assert counts == {"correct": 1, "predicted": 2, "gold": 3}
    assert all(type(value) is int for value in counts.values())


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_f1_is_the_harmonic_mean(correct, spurious, missing):
    score = Score.of(correct, correct + spurious, correct + missing)
    if score.precision + score.recall:
        harmonic = 2 * score.precision * score.recall / (score.precision + score.recall)
        assert score.f1 == pytest.approx(harmonic)
    else:
        assert score.f1 == 0
