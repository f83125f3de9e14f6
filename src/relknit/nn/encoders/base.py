"""What an encoder is to the models above it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    """A batch of sentences end to end: table (T, columns) int64, and the tokens of each sentence, summing to T.

    noise: where dropout draws from, so that batches computed side by side stay repeatable; None is torch's own generator.
    """

    table: Tensor
    lengths: tuple[int, ...]
    noise: torch.Generator | None = None

    @staticmethod
    def of(sentences: Sequence[Sentence]) -> EncoderInput:
        """Sentences laid end to end, in their order, without padding."""
        tables = [sentence.table for sentence in sentences]
        table = torch.cat(tables) if tables else torch.zeros(0, 0, dtype=torch.int64)
        return EncoderInput(table, tuple(len(sentence) for sentence in sentences))

    def to(self, device: torch.device, *, non_blocking: bool = False) -> EncoderInput:
        """The same batch on another device; `noise` stays as it is."""
        return replace(self, table=self.table.to(device, non_blocking=non_blocking))


class Encoder(nn.Module):
    """Base of all encoders: `prepare` tokens once, then `forward` batches of prepared sentences."""

    output_dim: int

    @abstractmethod
    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> Sentence:
        """What this encoder needs to know of a sentence, computed once."""

    @abstractmethod
    def forward(self, batch: EncoderInput) -> Tensor:
        """Features of every token, (T, output_dim), sentences end to end."""
