"""What an encoder is to the models above it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from relknit.ops.devices import to_device


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as the encoder reads it: an int64 table (n, columns), one row per token, columns of its own.

    pieces: (p,) int64, for encoders that read words in pieces, those of all words in their order.
    """

    table: Tensor
    pieces: Tensor | None = None

    def __len__(self) -> int:
        return self.table.shape[0]


@dataclass(frozen=True, slots=True)
class EncoderInput:
    """A batch of sentences end to end: table (T, columns) int64, and the tokens of each sentence, summing to T.

    noise: where dropout draws from, so that batches computed side by side stay repeatable; None is torch's own generator.
    pieces: (P,) int64, those of all sentences end to end, and how many each sentence has; None where there are none.
    """

    table: Tensor
    lengths: tuple[int, ...]
    noise: torch.Generator | None = None
    pieces: Tensor | None = None
    piece_counts: tuple[int, ...] = ()

    @staticmethod
    def of(sentences: Sequence[Sentence]) -> EncoderInput:
        """Sentences laid end to end, in their order, without padding."""
        tables = [sentence.table for sentence in sentences]
        table = torch.cat(tables) if tables else torch.zeros(0, 0, dtype=torch.int64)
        pieces = [sentence.pieces for sentence in sentences if sentence.pieces is not None]
        return EncoderInput(
            table,
            tuple(len(sentence) for sentence in sentences),
            pieces=torch.cat(pieces) if pieces else None,
            piece_counts=tuple(len(own) for own in pieces),
        )

    def to(self, device: torch.device) -> EncoderInput:
        """The same batch on another device; `noise` stays as it is."""
        pieces = None if self.pieces is None else to_device(self.pieces, device)
        return replace(self, table=to_device(self.table, device), pieces=pieces)


class Encoder(nn.Module):
    """Base of all encoders: `prepare` tokens once, then `forward` batches of prepared sentences.

    draws_own_noise: some of its dropout ignores `EncoderInput.noise` and draws from torch's own generator, so that
        batches computed side by side would not be repeatable; a training step is then computed in one share.
    """

    output_dim: int
    draws_own_noise: bool = False

    @property
    def values_per_token(self) -> int:
        """About how many numbers `forward` holds for each token at once, without gradients."""
        return 8 * self.output_dim

    @abstractmethod
    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> Sentence:
        """What this encoder needs to know of a sentence, computed once."""

    @abstractmethod
    def forward(self, batch: EncoderInput) -> Tensor:
        """Features of every token, (T, output_dim), sentences end to end."""
