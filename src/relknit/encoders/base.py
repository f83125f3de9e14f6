"""What an encoder is to the models above it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, Self

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from relknit.document import Document
from relknit.ops.devices import to_device
from relknit.settings import EncoderSettings


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
        return EncoderInput(table, tuple(map(len, sentences)))

    def to(self, device: torch.device) -> Self:
        """The same batch on another device."""
        return replace(self, table=to_device(self.table, device))


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a decoder that predicts one step after the other reads of S sentences with T tokens.

    features: (T, output_dim). words: (T, word_vector_dim), the vector of each word without its context. hidden, cell:
    (S, state_dim), from which the state of the decoder begins; zeros for a sentence without a token.
    """

    features: Tensor
    words: Tensor
    hidden: Tensor
    cell: Tensor


class Encoder(nn.Module):
    """Base of all encoders: `prepare` tokens once, `collate` prepared sentences, then `forward` the batch.

    Settings: the class of its [encoder] section. Files: the JSON files that a model folder holds for it, with the class
    that validates each. ignores_generator: some of its dropout draws from torch's own generator whatever `forward` is
    given, so that shards computed side by side would not be repeatable; a training step is then computed in one shard.
    """

    Settings: ClassVar[type[EncoderSettings]]
    Files: ClassVar[Mapping[str, type[BaseModel]]] = MappingProxyType({})
    settings: Any
    output_dim: int
    ignores_generator: bool = False

    @classmethod
    @abstractmethod
    def from_documents(cls, settings: Any, documents: Sequence[Document]) -> Self:
        """A new encoder for these training documents; its weights come from torch's random state."""

    @classmethod
    @abstractmethod
    def from_files(cls, settings: Any, files: Mapping[str, Any]) -> Self:
        """The encoder of a model folder, from what `files` gave; its weights are loaded afterwards."""

    def files(self) -> dict[str, BaseModel]:
        """What `from_files` needs beside the settings, by file name."""
        return {}

    def grown(self, documents: Sequence[Document]) -> Encoder:
        """For fine-tuning: an encoder with this one's weights that also knows what only the documents have."""
        return self

    def check_documents(self, documents: Mapping[str, Sequence[Document]]) -> None:
        """Raise ConfigError where sentences of a split (its name -> documents) lack something that the encoder reads."""

    def knows(self, word: str) -> bool | None:
        """Whether the training data, or word vectors, had the word in this or in lower case; None where that is not known."""
        return None

    @property
    def has_capitals(self) -> bool:
        """Whether it was trained on words with capital letters, and so may read a text without them less well."""
        return True

    @property
    def word_vector_dim(self) -> int:
        """Width of `Encoded.words`."""
        return self.output_dim

    @property
    def state_dim(self) -> int:
        """Width of `Encoded.hidden` and `Encoded.cell`; `output_dim`, or half of it where features join two directions."""
        return self.output_dim

    @property
    def values_per_token(self) -> int:
        """About how many numbers `forward` holds for each token at once, without gradients."""
        return 8 * self.output_dim

    @abstractmethod
    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> Sentence:
        """What this encoder needs to know of a sentence, computed once."""

    def collate(self, sentences: Sequence[Sentence]) -> EncoderInput:
        """Prepared sentences as one batch."""
        return EncoderInput.of(sentences)

    @abstractmethod
    def forward(self, batch: Any, generator: torch.Generator | None = None) -> Tensor:
        """Features of every token, (T, output_dim), sentences end to end.

        generator: where dropout draws from; None is torch's own. A generator of their own keeps batches that are computed
        side by side repeatable.
        """

    def encode(self, batch: Any, generator: torch.Generator | None = None) -> Encoded:
        """Features, word vectors and final states of the sentences.

        Here, for encoders without word vectors and states, the features serve as word vectors and their mean as the state.
        """
        features = self(batch, generator)
        sizes = torch.tensor(batch.lengths, device=features.device)
        owner = torch.arange(len(sizes), device=features.device).repeat_interleave(sizes, output_size=len(features))
        total = features.new_zeros(len(sizes), features.shape[1]).index_add(0, owner, features)
        mean = total / sizes.clamp(min=1)[:, None]
        return Encoded(features, features, mean, mean)
