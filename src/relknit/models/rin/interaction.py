"""One interaction round: what each task predicted corrects the features of every word   (EMNLP eqs. 2 and 4)."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from relknit.models.base import WeightPart
from relknit.ops.sigmoid import sigmoid


class PaperGRUCell(nn.Module):
    """The GRU as EMNLP eq. 4 and v1 eqs. 4 to 7 print it: no biases, reset before W_o, and z the fraction of the NEW value.

    z = σ(W_z(h⊕y)), u = σ(W_u(h⊕y)), ȟ = tanh(W_o((u*h)⊕y)), h' = (1-z)*h + z*ȟ
    """

    def __init__(self, input_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.hidden_dim = hidden_dim
        self.update = nn.Linear(hidden_dim + input_dim, hidden_dim, bias=False)
        self.reset = nn.Linear(hidden_dim + input_dim, hidden_dim, bias=False)
        self.candidate = nn.Linear(hidden_dim + input_dim, hidden_dim, bias=False)

    def input_weights(self, index: Tensor) -> list[WeightPart]:
        """The columns that read these numbers of y."""
        layers = (self.update, self.reset, self.candidate)
        return [WeightPart(layer.weight, 1, self.hidden_dim + index) for layer in layers]

    def forward(self, y: Tensor, h: Tensor) -> Tensor:
        """y: (T, input_dim) predictions   h: (T, hidden_dim) state   returns: (T, hidden_dim)."""
        both = torch.cat([h, y], dim=-1)
        z, u = sigmoid(self.update(both)), sigmoid(self.reset(both))
        new = torch.tanh(self.candidate(torch.cat([u * h, y], dim=-1)))
        return (1 - z) * h + z * new


def input_weights(cell: nn.GRUCell | PaperGRUCell, index: Tensor) -> list[WeightPart]:
    """The columns of a cell that read these numbers of its input."""
    return cell.input_weights(index) if isinstance(cell, PaperGRUCell) else [WeightPart(cell.weight_ih, 1, index)]


class RoundFeatures(NamedTuple):
    """Features after a round, each (T, d): shared H^k, for entities H_e^k, for relations H_r^k."""

    shared: Tensor
    entity: Tensor
    relation: Tensor


class Interaction(nn.Module):
    """H_r = GRU_r(y_r, H), H_e = GRU_e(y_e, H), H' = H_r + H_e + H, the same cells in every round   (EMNLP eq. 2).

    `entity_feedback` / `relation_feedback` false leave H_e / H_r out of H': the paper's w/o ER and w/o RC.
    """

    def __init__(
        self,
        dim: int,
        num_tags: int,
        num_relations: int,
        *,
        gru: Literal["torch", "paper"],
        entity_feedback: bool,
        relation_feedback: bool,
    ) -> None:
        super().__init__()
        cell = nn.GRUCell if gru == "torch" else PaperGRUCell
        self.entity_cell = cell(num_tags, dim)
        self.relation_cell = cell(num_relations, dim)
        self.entity_feedback = entity_feedback
        self.relation_feedback = relation_feedback

    def forward(self, h: Tensor, tags: Tensor, relations: Tensor) -> RoundFeatures:
        """h: (T, d)   tags: (T, tags) probabilities   relations: (T, l) strongest probabilities of each word."""
        entity, relation = self.entity_cell(tags, h), self.relation_cell(relations, h)
        shared = h
        if self.entity_feedback:
            shared = shared + entity
        if self.relation_feedback:
            shared = shared + relation
        return RoundFeatures(shared, entity, relation)
