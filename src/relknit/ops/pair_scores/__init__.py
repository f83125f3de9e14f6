"""Scores of all word pairs of a sentence for all relations, and the three things a model needs of them.

`row_max`, `loss` and `select`, each in three forms: `reference` is the definition, `naive` the dense formulation that benchmarks
compare with, `chunked` what training and use run on. The names exported here are the chunked ones.
"""

from relknit.ops.pair_scores.chunked import loss, row_max, select
from relknit.ops.pair_scores.types import PairLabels, SelectedPairs

__all__ = ["PairLabels", "SelectedPairs", "loss", "row_max", "select"]
