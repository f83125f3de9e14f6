"""Scores of all word pairs of a sentence for all relations, and the three things a model needs of them.

`row_max`, `loss` and `select`, each in three forms: `reference` is the definition, `chunked` what CPUs run, `triton` the
fused kernels of accelerators. The names exported here choose by device (see `dispatch`).
"""

from relknit.ops.pair_scores.dispatch import loss, row_max, select
from relknit.ops.pair_scores.types import PairLabels, Pairs, SelectedPairs

__all__ = ["PairLabels", "Pairs", "SelectedPairs", "loss", "row_max", "select"]
