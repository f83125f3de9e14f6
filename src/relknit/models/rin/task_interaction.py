"""The rounds of the first version of the paper: task features that are states, updated by what INT sees   (v1 eqs. 1 to 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor, nn

from relknit.models.rin.interaction import PaperGRUCell

Cell = Literal["gru", "paper_gru", "rnn"]
CELLS: Final = {"gru": nn.GRUCell, "paper_gru": PaperGRUCell, "rnn": nn.RNNCell}


class TaskFeatures(NamedTuple):
    """Features of every word for each task, (T, d): h̄ for entities, h̃ for relations."""

    entity: Tensor
    relation: Tensor


class TaskMaps(nn.Module):
    """f_g and f_r: h̄ = ReLU(W_g h + b_g), h̃ = ReLU(W_r h + b_r)   (v1 eq. 11); as wide as h, the paper gives no width."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.entity = nn.Linear(dim, dim)
        self.relation = nn.Linear(dim, dim)

    def forward(self, h: Tensor) -> TaskFeatures:
        """h: (T, d)."""
        return TaskFeatures(torch.relu(self.entity(h)), torch.relu(self.relation(h)))


class TaskInteraction(nn.Module):
    """x = ReLU(W_a(ŷ ⊕ ȳ ⊕ h) + b_a); h̃' = GRU_r(x, h̃), h̄' = GRU_g(x, h̄)   (v1 eqs. 3 to 7): the features are the states.

    input_dim: width of what INT sees of a word, whichever of the three parts those are. x is as wide as the states.
    cell: "gru" is torch's, with biases; "paper_gru" is eqs. 4 to 7 as printed; "rnn" is h' = tanh(W x + b + U h + c).
    """

    def __init__(self, input_dim: int, dim: int, *, cell: Cell) -> None:
        super().__init__()
        self.alignment = nn.Linear(input_dim, dim)
        self.entity_cell = CELLS[cell](dim, dim)
        self.relation_cell = CELLS[cell](dim, dim)

    def forward(self, features: TaskFeatures, seen: Sequence[Tensor]) -> TaskFeatures:
        """features: the states   seen: the parts of INT's input, each (T, …)   returns: the new states."""
        x = torch.relu(self.alignment(torch.cat(list(seen), dim=-1)))
        return TaskFeatures(self.entity_cell(x, features.entity), self.relation_cell(x, features.relation))


class LinearUpdate(nn.Module):
    """h̃' = W_r h̃ + b_r, h̄' = W_g h̄ + b_g in place of INT and its cells: the paper's ablation −γ.

    The paper says no more than "two separate linear transformations to update" both. We give each its own task's features
    and nothing else, so the tasks never meet, and no ReLU.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.entity = nn.Linear(dim, dim)
        self.relation = nn.Linear(dim, dim)

    def forward(self, features: TaskFeatures, seen: Sequence[Tensor] = ()) -> TaskFeatures:
        """features: the states   seen: not used   returns: the new states."""
        return TaskFeatures(self.entity(features.entity), self.relation(features.relation))
