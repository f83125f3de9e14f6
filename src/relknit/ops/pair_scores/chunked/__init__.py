"""The pair operations without the pair tensor: sentence by sentence in blocks that fit the cache.

Same results as `reference` (and the same tie rule). Memory: one block of at most `block_pairs` pairs (times d + l),
whatever the batch; `loss` computes value and gradient in the same pass; `row_max` remembers one index per (i, t),
and its backward computes only pairs that are some maximum.
"""

from relknit.ops.pair_scores.chunked.blocks import BLOCK_PAIRS
from relknit.ops.pair_scores.chunked.loss import loss
from relknit.ops.pair_scores.chunked.row_max import row_max
from relknit.ops.pair_scores.chunked.select import select

__all__ = ["BLOCK_PAIRS", "loss", "row_max", "select"]
