"""H^0 = BiLSTM(dropout(word features)): the paper's encoder, with optional depth and dropout between layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from relknit.config import EncoderConfig
from relknit.nn.dropout import dropout
from relknit.nn.encoders.base import Encoder, EncoderInput, Sentence
from relknit.nn.encoders.words import WordEmbedding, WordTables
from relknit.ops.devices import to_device


class PackedOrder(NamedTuple):
    """Where the tokens of sentences laid end to end stand in a packed sequence, and back."""

    packed: Tensor  # (T,) int64: token of every packed place
    flat: Tensor  # (T,) int64: packed place of every token
    batch_sizes: Tensor  # (longest,) int64 on the CPU: sentences that have a first, second, … token


def packed_order(lengths: Sequence[int]) -> PackedOrder:
    """Time by time, longest sentence first, from the lengths alone: no padding, and no look at a device."""
    sizes = np.asarray([length for length in lengths if length], dtype=np.int64)
    order = np.argsort(-sizes, kind="stable")
    starts = np.cumsum(sizes) - sizes
    time = np.arange(sizes.max(initial=0))[:, None]
    real = time < sizes[order][None]
    packed = (starts[order][None] + time)[real]
    flat = np.empty_like(packed)
    flat[packed] = np.arange(len(packed))
    return PackedOrder(torch.from_numpy(packed), torch.from_numpy(flat), torch.from_numpy(real.sum(1)))


class BiLSTMEncoder(Encoder):
    """Word features (see `WordEmbedding`), dropout, and a bidirectional LSTM with zero initial state.

    The LSTM runs on packed sequences: no step is spent on padding, and a sentence's features do not depend on its
    neighbours.
    """

    def __init__(self, config: EncoderConfig, tables: WordTables, initial: NDArray[np.float32] | None = None) -> None:
        super().__init__()
        self.words = WordEmbedding(config, tables, initial)
        self.input_dropout = config.input_dropout
        self.layer_dropout = config.layer_dropout if config.num_layers > 1 else 0.0
        self.lstm = nn.LSTM(
            self.words.output_dim, config.hidden, config.num_layers, bidirectional=True, dropout=self.layer_dropout
        )
        self.output_dim = 2 * config.hidden

    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> Sentence:
        """Numbers of words, shapes, tags and characters."""
        return Sentence(self.words.numbers(tokens, pos))

    def forward(self, batch: EncoderInput) -> Tensor:
        """Features of every token, (T, 2 * hidden)."""
        if not sum(batch.lengths):
            return self.words.words.weight.new_zeros(0, self.output_dim)
        order, device = packed_order(batch.lengths), batch.table.device
        x = self.words(batch.table, batch.noise)
        x = dropout(x, self.input_dropout, training=self.training, noise=batch.noise)
        x = self._layers(x[to_device(order.packed, device)], order.batch_sizes, batch.noise)
        x = dropout(x, self.layer_dropout, training=self.training, noise=batch.noise)
        return x[to_device(order.flat, device)]

    def _layers(self, x: Tensor, batch_sizes: Tensor, noise: torch.Generator | None) -> Tensor:
        """The LSTM over packed data, (T, d) -> (T, 2 * hidden); layer by layer where the dropout between them is ours."""
        if noise is None or self.lstm.num_layers == 1:
            output: PackedSequence = self.lstm(PackedSequence(x, batch_sizes))[0]
            return output.data
        start = x.new_zeros(2, int(batch_sizes[0]), self.lstm.hidden_size)
        for layer in range(self.lstm.num_layers):
            if layer:
                x = dropout(x, self.layer_dropout, training=self.training, noise=noise)
            weights: list[Tensor] = [
                weight for both in self.lstm.all_weights[2 * layer : 2 * layer + 2] for weight in both
            ]
            x = torch.lstm(x, batch_sizes, (start, start), weights, True, 1, 0.0, self.training, True)[0]
        return x
