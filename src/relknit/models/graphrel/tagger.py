"""The tags of entities from the features of words."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence, unpack_sequence


class RecurrentTagger(nn.Module):
    """Tag logits W GRU(H) + b, the GRU from left to right   (GraphRel eq. 2). The paper has an LSTM, its code a GRU."""

    def __init__(self, input_dim: int, hidden_dim: int, num_tags: int) -> None:
        super().__init__()
        self.gru = nn.GRU(input_dim, hidden_dim)
        self.output = nn.Linear(hidden_dim, num_tags)

    def forward(self, h: Tensor, lengths: Sequence[int]) -> Tensor:
        """h: (T, input_dim), sentences end to end   returns: (T, num_tags) logits."""
        sentences = [part for part in torch.split(h, list(lengths)) if len(part)]
        states = h.new_zeros(0, self.gru.hidden_size)
        if sentences:
            states = torch.cat(unpack_sequence(self.gru(pack_sequence(sentences, enforce_sorted=False))[0]))
        logits: Tensor = self.output(states)
        return logits
