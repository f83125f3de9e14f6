"""Bootstrap of micro F1 over sentences: confidence intervals, and the paired comparison of two systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from relknit.errors import ConfigError, DataError
from relknit.metrics.counts import Counts
from relknit.metrics.scores import micro_score

# Sentence weights drawn at once: 2 million float64 are 16 MB, whatever the size of the data.
_WEIGHTS_AT_ONCE: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedResult:
    """System a against system b on the same sentences.

    difference: F1 of a minus F1 of b; interval: of that difference
    a_wins: fraction of resamples in which a's F1 is higher (a tie is a win of neither)
    p_value: two-sided; twice the fraction of resamples in which the better system is not ahead, at least 2 / (samples + 1)
    """

    difference: float
    interval: Interval
    a_wins: float
    p_value: float


def resampled_f1(tables: Sequence[Counts], *, samples: int, seed: int) -> NDArray[np.float64]:
    """(tables, samples) micro F1 of each table on the same resamples of its sentences.

    tables: (sentences, 3) counts of correct, predicted, gold, all for the same sentences.
    Raises ConfigError when samples < 1, DataError when the tables have different numbers of sentences.
    """
    if samples < 1:
        raise ConfigError(f"samples is {samples}, expected at least 1; 1000 is usual")
    sizes = {len(table) for table in tables}
    if len(sizes) != 1:
        raise DataError(f"the systems were scored on {sorted(sizes)} sentences; score all on the same ones")
    size = sizes.pop()
    if size == 0:
        return np.zeros((len(tables), samples))
    side_by_side = np.concatenate(tables, axis=1).astype(np.float64)
    rng = np.random.default_rng(seed)
    step = max(1, _WEIGHTS_AT_ONCE // size)
    parts = []
    for first in range(0, samples, step):
        weights = rng.multinomial(size, np.full(size, 1 / size), size=min(step, samples - first))
        parts.append(weights.astype(np.float64) @ side_by_side)
    totals = np.concatenate(parts).reshape(samples, len(tables), 3)
    whole = totals[..., 1] + totals[..., 2]
    return np.asarray(2 * totals[..., 0] / np.where(whole == 0, 1, whole)).T


def percentile_interval(values: NDArray[np.float64], level: float = 0.95) -> Interval:
    """The middle `level` of the values; raises ConfigError unless 0 < level < 1."""
    if not 0 < level < 1:
        raise ConfigError(f"level is {level}, expected a fraction between 0 and 1, such as 0.95")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def paired_bootstrap(
    counts_a: Counts, counts_b: Counts, *, samples: int = 1000, seed: int = 0, level: float = 0.95
) -> PairedResult:
    """Compare two systems on the same resamples of the same sentences; raises ConfigError and DataError."""
    f1_a, f1_b = resampled_f1([counts_a, counts_b], samples=samples, seed=seed)
    # The sample itself counts as one resample, so that no p-value is 0.
    not_ahead = 1 + min(int(np.sum(f1_a <= f1_b)), int(np.sum(f1_b <= f1_a)))
    return PairedResult(
        difference=micro_score(counts_a).f1 - micro_score(counts_b).f1,
        interval=percentile_interval(f1_a - f1_b, level),
        a_wins=float(np.mean(f1_a > f1_b)),
        p_value=min(1.0, 2 * not_ahead / (samples + 1)),
    )
