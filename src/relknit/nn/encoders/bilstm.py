"""H^0 = BiLSTM(dropout(word features)): the paper's encoder, with optional depth and dropout between layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence, pad_packed_sequence

from relknit.config import EncoderConfig
from relknit.nn.encoders.base import Encoder, EncoderInput, Sentence
from relknit.nn.encoders.words import WordEmbedding, WordTables


class BiLSTMEncoder(Encoder):
    """Word features (see `WordEmbedding`), dropout, and a bidirectional LSTM with zero initial state.

    The LSTM runs on packed sequences: no step is spent on padding, and a sentence's features do not depend on its
    neighbours.
    """

    def __init__(self, config: EncoderConfig, tables: WordTables, initial: NDArray[np.float32] | None = None) -> None:
        super().__init__()
        self.words = WordEmbedding(config, tables, initial)
        self.dropout = nn.Dropout(config.input_dropout)
        self.lstm = nn.LSTM(
            self.words.output_dim,
            config.hidden,
            config.num_layers,
            bidirectional=True,
            dropout=config.layer_dropout if config.num_layers > 1 else 0.0,
        )
        self.output_dropout = nn.Dropout(config.layer_dropout if config.num_layers > 1 else 0.0)
        self.output_dim = 2 * config.hidden

    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> Sentence:
        """Numbers of words, shapes, tags and characters."""
        return Sentence(self.words.numbers(tokens, pos))

    def forward(self, batch: EncoderInput) -> Tensor:
        """Features of every token, (T, 2 * hidden)."""
        lengths = [length for length in batch.lengths if length]
        if not lengths:
            return self.words.words.weight.new_zeros(0, self.output_dim)
        features = self.dropout(self.words(batch.table))
        packed = pack_sequence(list(features.split(lengths)), enforce_sorted=False)
        output: PackedSequence = self.lstm(packed)[0]
        padded, _ = pad_packed_sequence(output, batch_first=True)
        real = torch.arange(padded.shape[1])[None] < torch.tensor(lengths)[:, None]
        result: Tensor = self.output_dropout(padded[real.to(padded.device)])
        return result
