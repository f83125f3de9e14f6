"""H^0 = BiLSTM(dropout(word features)): the paper's encoder, with optional depth and dropout between layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from relknit.data.vectors import load_vectors
from relknit.document import Document
from relknit.encoders.base import Encoded, Encoder, EncoderInput, Sentence
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.encoders.bilstm.vocabulary import look_up_form
from relknit.encoders.bilstm.word_features import VocabularyFile, WordEmbedding, WordTables, build_word_tables
from relknit.errors import ConfigError
from relknit.nn.dropout import dropout
from relknit.nn.growth import copy_known_weights
from relknit.ops.devices import to_device

_VOCABULARY = "vocabulary.json"
_MANY_WORDS = 5_000  # with fewer, most texts in the same language have many words that are not known


class PackedOrder(NamedTuple):
    """The position of every token in a packed sequence, for sentences end to end, and back."""

    packed: Tensor  # (T,) int64: token at every packed position
    flat: Tensor  # (T,) int64: packed position of every token
    batch_sizes: Tensor  # (longest,) int64 on the CPU: sentences that have a first, second, … token
    sentences: Tensor  # (sentences with a token,) int64: their numbers, the longest first


def packed_order(lengths: Sequence[int]) -> PackedOrder:
    """Time by time, longest sentence first, from the lengths alone: no padding, and no waiting for a device."""
    present = np.asarray([number for number, length in enumerate(lengths) if length], dtype=np.int64)
    sizes = np.asarray([length for length in lengths if length], dtype=np.int64)
    order = np.argsort(-sizes, kind="stable")
    starts = np.cumsum(sizes) - sizes
    time = np.arange(sizes.max(initial=0))[:, None]
    real = time < sizes[order][None]
    packed = (starts[order][None] + time)[real]
    flat = np.empty_like(packed)
    flat[packed] = np.arange(len(packed))
    arrays = (packed, flat, real.sum(1), present[order])
    return PackedOrder(*map(torch.from_numpy, arrays))


class BiLSTMEncoder(Encoder):
    """Word features (see `WordEmbedding`), dropout, and a bidirectional LSTM with zero initial state.

    The LSTM runs on packed sequences: no step is spent on padding, and a sentence's features do not depend on its
    neighbours.
    """

    Settings = BiLSTMSettings
    Files = MappingProxyType({_VOCABULARY: VocabularyFile})

    def __init__(
        self, settings: BiLSTMSettings, tables: WordTables, initial: NDArray[np.float32] | None = None
    ) -> None:
        super().__init__()
        self.settings = settings
        self.words = WordEmbedding(settings, tables, initial)
        self.input_dropout = settings.input_dropout
        self.layer_dropout = settings.layer_dropout if settings.num_layers > 1 else 0.0
        self.lstm = nn.LSTM(
            self.words.output_dim, settings.hidden, settings.num_layers, bidirectional=True, dropout=self.layer_dropout
        )
        self.output_dim = 2 * settings.hidden

    @classmethod
    def from_documents(cls, settings: BiLSTMSettings, documents: Sequence[Document]) -> BiLSTMEncoder:
        """With the words of the documents, and the pretrained vectors that the settings name.

        Raises ConfigError where those have another width, and DataError where they cannot be read.
        """
        vectors = load_vectors(settings.vectors) if settings.vectors else None
        if vectors is not None and vectors.dim != settings.word_dim:
            raise ConfigError(
                f"encoder.word_dim = {settings.word_dim}, but {settings.vectors} has {vectors.dim}; make them equal"
            )
        return cls(settings, *build_word_tables(documents, settings, vectors))

    @classmethod
    def from_files(cls, settings: BiLSTMSettings, files: Mapping[str, Any]) -> BiLSTMEncoder:
        """With the words of vocabulary.json."""
        return cls(settings, WordTables.of_file(files[_VOCABULARY]))

    def files(self) -> dict[str, BaseModel]:
        """vocabulary.json."""
        return {_VOCABULARY: self.words.tables.to_file()}

    def grown(self, documents: Sequence[Document]) -> BiLSTMEncoder:
        """With the words, characters, shapes and tags that only the documents have.

        Rows for new words begin with the standard deviation of the known ones.
        """
        tables = self.words.tables.joined(build_word_tables(documents, self.settings, None)[0])
        larger = BiLSTMEncoder(self.settings, tables)
        if len(tables.words) > len(self.words.tables.words):
            with torch.no_grad():
                larger.words.words.weight.mul_(self.words.words.weight.std())
        copy_known_weights(larger, self)
        return larger

    def knows(self, word: str) -> bool | None:
        """Whether the word, in this or in lower case, has a vector of its own; None where too few words have one to tell."""
        form, words = look_up_form(word, repair=self.settings.repair), self.words.tables.words
        return None if len(words) < _MANY_WORDS else form in words or form.lower() in words

    @property
    def has_capitals(self) -> bool:
        """Whether any known word has a capital letter."""
        return any(word != word.lower() for word in self.words.tables.words.own)

    def check_documents(self, documents: Mapping[str, Sequence[Document]]) -> None:
        """Raises ConfigError where parts of speech are read and a sentence has none."""
        for split, sentences in documents.items():
            if self.settings.pos_dim and any(document.pos is None for document in sentences):
                raise ConfigError(
                    f"encoder.pos_dim = {self.settings.pos_dim}, but {split} has sentences without pos; "
                    "add pos to all of them, or train a model with encoder.pos_dim = 0"
                )

    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> Sentence:
        """Numbers of words, shapes, tags and characters."""
        return Sentence(self.words.numbers(tokens, pos))

    @property
    def word_vector_dim(self) -> int:
        """Width of the word features that the LSTM reads."""
        return self.words.output_dim

    @property
    def state_dim(self) -> int:
        """LSTM units a direction."""
        return self.lstm.hidden_size

    def forward(self, batch: EncoderInput, generator: torch.Generator | None = None) -> Tensor:
        """Features of every token, (T, 2 * hidden)."""
        return self.encode(batch, generator).features

    def encode(self, batch: EncoderInput, generator: torch.Generator | None = None) -> Encoded:
        """Features of every token, word features, and the mean of the final states of both directions of the last layer."""
        start = next(self.lstm.parameters()).new_zeros(len(batch.lengths), self.state_dim)
        if not sum(batch.lengths):
            return Encoded(start.new_zeros(0, self.output_dim), start.new_zeros(0, self.word_vector_dim), start, start)
        order, device = packed_order(batch.lengths), batch.table.device
        words = self.words(batch.table, generator)
        x = dropout(words, self.input_dropout, training=self.training, generator=generator)
        x, hidden, cell = self._layers(x[to_device(order.packed, device)], order.batch_sizes, generator)
        x = dropout(x, self.layer_dropout, training=self.training, generator=generator)
        sentences = to_device(order.sentences, device)
        states = (start.index_copy(0, sentences, both.mean(0).to(start.dtype)) for both in (hidden, cell))
        return Encoded(x[to_device(order.flat, device)], words, *states)

    def _layers(
        self, x: Tensor, batch_sizes: Tensor, generator: torch.Generator | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The LSTM over packed data, (T, d) -> (T, 2 * hidden), and the final states and cells of its last layer, (2, S, hidden).

        Layer by layer where the dropout between them is ours.
        """
        if generator is None or self.lstm.num_layers == 1:
            output, (hidden, cell) = self.lstm(PackedSequence(x, batch_sizes))
            return output.data, hidden[-2:], cell[-2:]
        start = x.new_zeros(2, int(batch_sizes[0]), self.lstm.hidden_size)
        hidden = cell = start
        for layer in range(self.lstm.num_layers):
            if layer:
                x = dropout(x, self.layer_dropout, training=self.training, generator=generator)
            weights: list[Tensor] = [
                weight for both in self.lstm.all_weights[2 * layer : 2 * layer + 2] for weight in both
            ]
            x, hidden, cell = torch.lstm(x, batch_sizes, (start, start), weights, True, 1, 0.0, self.training, True)
        return x, hidden, cell
