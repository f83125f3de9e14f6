"""The second phase: every relation is a graph whose edges are the probabilities that the first phase found."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from relknit.nn.dropout import dropout


class RelationGraphs(nn.Module):
    """A graph convolution over the graphs of all relations, "none" among them   (GraphRel eq. 4).

    The paper: h'_u = ReLU(Σ_v Σ_r P_r(u, v) (W_r h_v + b_r)) + h_u. As its code does, here each relation has a ReLU and dropout
    of its own, and half of the features follows the edges backwards:

        h'_u = h_u + Σ_r dropout([ReLU(P_r (H W→_r + b→_r)) ; ReLU(P_rᵀ (H W←_r + b←_r))]_u)

    P_r is not normalised over v. `dim` is even; relations are rows of the weights in the order of P.
    """

    def __init__(self, dim: int, num_relations: int) -> None:
        super().__init__()
        self.num_relations, self.message_dim = num_relations, dim // 2
        self.forward_edges = nn.Linear(dim, num_relations * self.message_dim)
        self.backward_edges = nn.Linear(dim, num_relations * self.message_dim)

    def forward(
        self, h: Tensor, probabilities: Tensor, rate: float = 0.0, generator: torch.Generator | None = None
    ) -> Tensor:
        """h: (n, dim) of one sentence   probabilities: (n, n, relations)   returns: (n, dim)."""
        edges = probabilities.permute(2, 0, 1)
        outgoing = edges @ self._messages(self.forward_edges, h)
        incoming = edges.transpose(1, 2) @ self._messages(self.backward_edges, h)
        both = torch.relu(torch.cat([outgoing, incoming], dim=-1))
        return h + dropout(both, rate, training=self.training, generator=generator).sum(0)

    def _messages(self, layer: nn.Linear, h: Tensor) -> Tensor:
        """H W_r + b_r, (relations, n, dim / 2)."""
        messages: Tensor = layer(h)
        return messages.reshape(len(h), self.num_relations, self.message_dim).transpose(0, 1)
