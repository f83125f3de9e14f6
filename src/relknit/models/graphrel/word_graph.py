"""A graph of words, given by the head of every word, and the convolution over it.

A word that has no head is its own. Without other edges all words are roots; in a chain the head is the word before.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def chain_heads(words: int) -> tuple[int, ...]:
    """Every word depends on the one before."""
    return tuple(max(word - 1, 0) for word in range(words))


def no_heads(words: int) -> tuple[int, ...]:
    """Every word is a root: the graph has self-loops alone."""
    return tuple(range(words))


def joined_heads(heads: Sequence[Tensor]) -> Tensor:
    """The heads of sentences laid end to end, (T,) int64, counted from the start of the batch."""
    if not heads:
        return torch.zeros(0, dtype=torch.int64)
    starts = torch.tensor([0, *map(len, heads)]).cumsum(0)
    return torch.cat([own + start for own, start in zip(heads, starts, strict=False)])


def mean_with_children(x: Tensor, heads: Tensor) -> Tensor:
    """A→ x, (T, d): for each word the mean of its row and those of the words whose head it is."""
    children = (heads != torch.arange(len(heads), device=heads.device)).nonzero().squeeze(1)
    total = x.index_add(0, heads[children], x[children])
    counts = 1 + torch.bincount(heads[children], minlength=len(heads))
    return total / counts[:, None]


def mean_with_head(x: Tensor, heads: Tensor) -> Tensor:
    """A← x, (T, d): for each word the mean of its row and that of its head."""
    return (x + x[heads]) / 2


class GraphConvolution(nn.Module):
    """ReLU(A→(H W→ + b→)) ⊕ ReLU(A←(H W← + b←))   (GraphRel eq. 1).

    A→ has an edge from a word to each word that depends on it, A← the same reversed, both with self-loops. Rows are divided by
    their sum, as in the code; the paper sums.
    """

    def __init__(self, input_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.outgoing = nn.Linear(input_dim, hidden_dim)
        self.incoming = nn.Linear(input_dim, hidden_dim)

    def forward(self, h: Tensor, heads: Tensor) -> Tensor:
        """h: (T, input_dim), sentences end to end   heads: (T,) of the batch   returns: (T, 2 * hidden_dim)."""
        outgoing = mean_with_children(self.outgoing(h), heads)
        incoming = mean_with_head(self.incoming(h), heads)
        return torch.relu(torch.cat([outgoing, incoming], dim=-1))
