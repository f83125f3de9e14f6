from __future__ import annotations

import numpy as np
import pytest

from relknit.errors import ConfigError, DataError
from relknit.metrics import bootstrap
from relknit.metrics.bootstrap import paired_bootstrap, percentile_interval, resampled_f1
from relknit.metrics.scores import micro_score


def random_counts(sentences: int, seed: int = 0, rate: float = 0.7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    gold = rng.integers(1, 5, sentences)
    correct = rng.binomial(gold, rate)
    return np.stack([correct, correct + rng.integers(0, 2, sentences), gold], axis=1)


def bootstrap_interval(counts, *, samples=1000, seed=0, level=0.95):
    return percentile_interval(resampled_f1([counts], samples=samples, seed=seed)[0], level)


def test_interval_holds_the_score_of_the_sample():
    counts = random_counts(300)
    interval = bootstrap_interval(counts)
    assert interval.low < micro_score(counts).f1 < interval.high
    assert interval.high - interval.low < 0.1


def test_interval_equals_one_that_draws_sentences_one_by_one():
    counts = random_counts(60)
    rng = np.random.default_rng(5)
    slow = [micro_score(counts[rng.integers(0, 60, 60)]).f1 for _ in range(4000)]
    expected = percentile_interval(np.array(slow))
    interval = bootstrap_interval(counts, samples=4000)
    assert interval.low == pytest.approx(expected.low, abs=0.01)
    assert interval.high == pytest.approx(expected.high, abs=0.01)


def test_interval_shrinks_with_more_sentences_and_widens_with_the_level():
    few, many = random_counts(40), random_counts(4000)

    def width(interval) -> float:
        return interval.high - interval.low

    assert width(bootstrap_interval(many, samples=200)) < width(bootstrap_interval(few, samples=200)) / 3
    assert width(bootstrap_interval(few, level=0.99)) > width(bootstrap_interval(few, level=0.5))


def test_same_seed_gives_the_same_interval_and_another_seed_another():
    counts = random_counts(50)
    assert bootstrap_interval(counts, seed=3) == bootstrap_interval(counts, seed=3)
    assert bootstrap_interval(counts, seed=3) != bootstrap_interval(counts, seed=4)


def test_every_sentence_perfect_leaves_no_doubt():
    interval = bootstrap_interval(np.array([[2, 2, 2], [1, 1, 1]]))
    assert (interval.low, interval.high) == (1.0, 1.0)


def test_empty_data_and_empty_sentences_give_zero():
    for counts in (np.zeros((0, 3), dtype=np.int64), np.zeros((4, 3), dtype=np.int64)):
        interval = bootstrap_interval(counts, samples=20)
        assert (interval.low, interval.high) == (0.0, 0.0)


def test_drawing_in_parts_keeps_shape_and_range(monkeypatch):
    counts = random_counts(30)
    monkeypatch.setattr(bootstrap, "_WEIGHTS_AT_ONCE", 70)  # two resamples at once, the last part smaller
    values = resampled_f1([counts, counts], samples=7, seed=1)
    assert values.shape == (2, 7)
    assert np.array_equal(values[0], values[1])
    assert len(np.unique(values[0])) > 1
    assert ((values > 0) & (values < 1)).all()


def test_a_better_system_wins_the_paired_comparison():
    worse, better = random_counts(400, seed=1, rate=0.6), random_counts(400, seed=2, rate=0.8)
    result = paired_bootstrap(better, worse)
    assert result.difference == pytest.approx(micro_score(better).f1 - micro_score(worse).f1)
    assert 0 < result.interval.low < result.difference < result.interval.high
    assert result.a_wins > 0.99
    mirrored = paired_bootstrap(worse, better)
    assert mirrored.difference == pytest.approx(-result.difference)
    assert mirrored.a_wins < 0.01


def test_a_system_never_beats_itself():
    counts = random_counts(50)
    result = paired_bootstrap(counts, counts)
    assert (result.difference, result.interval.low, result.interval.high, result.a_wins) == (0, 0, 0, 0)
    assert result.p_value == 1.0


def test_a_p_value_is_the_same_from_both_sides_and_never_zero():
    worse, better = random_counts(400, seed=1, rate=0.6), random_counts(400, seed=2, rate=0.8)
    for pair in ((better, worse), (worse, better)):
        assert paired_bootstrap(*pair, samples=99).p_value == pytest.approx(2 / 100)


def test_a_p_value_says_whether_the_interval_holds_zero():
    counts = random_counts(200, seed=3)
    for seed in range(4, 12):
        result = paired_bootstrap(counts, random_counts(200, seed=seed), samples=400)
        holds_zero = result.interval.low <= 0 <= result.interval.high
        assert (result.p_value > 0.06) <= holds_zero
        assert (result.p_value < 0.04) <= (not holds_zero)


def test_pairing_is_tighter_than_two_intervals_apart():
    counts = random_counts(300)
    slightly_better = counts.copy()
    missing = np.flatnonzero(counts[:, 0] < counts[:, 2])[:20]
    slightly_better[missing, :2] += 1
    alone = bootstrap_interval(counts)
    result = paired_bootstrap(slightly_better, counts)
    assert result.interval.low > 0
    assert result.interval.high - result.interval.low < alone.high - alone.low


def test_different_numbers_of_sentences_are_refused():
    with pytest.raises(DataError, match=r"scored on \[3, 4\] sentences"):
        paired_bootstrap(random_counts(3), random_counts(4))


@pytest.mark.parametrize("level", [0, 1, 95, -0.1])
def test_level_must_be_a_fraction(level):
    with pytest.raises(ConfigError, match=r"such as 0\.95"):
        bootstrap_interval(random_counts(5), level=level)


def test_samples_must_be_at_least_one():
    with pytest.raises(ConfigError, match="samples is 0"):
        bootstrap_interval(random_counts(5), samples=0)
