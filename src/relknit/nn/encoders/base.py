"""What an encoder is to the models above it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as the encoder reads it: an int64 table (n, columns), one row per token, columns of its own."""

    table: Tensor

    def __len__(self) -> int:
        return self.table.shape[0]


@dataclass(frozen=True, slots=True)
class EncoderInput:
    """A batch of sentences end to end: table (T, columns) int64, and the tokens of each sentence, summing to T."""

    table: Tensor
    lengths: tuple[int, ...]

    @staticmethod
    def of(sentences: Sequence[Sentence]) -> EncoderInput:
        """Sentences laid end to end, in their order, without padding."""
        tables = [sentence.table for sentence in sentences]
        table = torch.cat(tables) if tables else torch.zeros(0, 0, dtype=torch.int64)
        return EncoderInput(table, tuple(len(sentence) for sentence in sentences))

    def to(self, device: torch.device) -> EncoderInput:
        """The same batch on another device."""
        return EncoderInput(self.table.to(device), self.lengths)


class Encoder(nn.Module):
    """Base of all encoders: `prepare` tokens once, then `forward` batches of prepared sentences."""

    output_dim: int

    @abstractmethod
    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> Sentence:
        """What this encoder needs to know of a sentence, computed once."""

    @abstractmethod
    def forward(self, batch: EncoderInput) -> Tensor:
        """Features of every token, (T, output_dim), sentences end to end."""
