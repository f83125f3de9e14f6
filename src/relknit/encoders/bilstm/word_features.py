"""What one word looks like to the BiLSTM encoder: its own vector, characters, shape and part of speech, concatenated.

The paper uses a word vector of 100 and a part-of-speech vector of 10. Characters (a convolution over the spelling) and
shape give every word a vector, also one that was never seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict
from torch import Tensor, nn

from relknit.data.vectors import WordVectors
from relknit.document import Document
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.encoders.bilstm.vocabulary import (
    PAD,
    SPECIAL,
    UNKNOWN,
    Vocabulary,
    character_vocabulary,
    look_up_form,
    pos_vocabulary,
    shape_vocabulary,
    word_counts,
    word_shape,
    word_vocabulary,
)
from relknit.errors import DataError

KEPT_WORDS = 20_000  # words whose numbers are cached, about 8 MB of them
LONGEST_KEPT = 40  # characters; longer words are seldom seen twice, and may be of any size
_TABLES = ("words", "characters", "shapes", "pos")
MAX_CHARACTERS = 20  # longer words are read at both ends, where prefixes and endings are


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len({*SPECIAL, *names}) < len(SPECIAL) + len(names):
        raise ValueError("a name is given twice")
    return names


Names = Annotated[tuple[str, ...], AfterValidator(_distinct)]


class VocabularyFile(BaseModel):
    """vocabulary.json: the names of every table, without the special ones."""

    model_config = ConfigDict(extra="forbid", strict=True)

    words: Names
    characters: Names
    shapes: Names
    pos: Names


@dataclass(frozen=True)
class WordTables:
    """The vocabularies of a BiLSTM encoder; empty ones belong to parts of width 0."""

    words: Vocabulary
    characters: Vocabulary
    shapes: Vocabulary
    pos: Vocabulary

    def joined(self, new: WordTables) -> WordTables:
        """All that these tables know, in their order, then what is new."""
        return WordTables(**{name: getattr(self, name).joined(getattr(new, name)) for name in _TABLES})

    def to_file(self) -> VocabularyFile:
        """As stored in a model folder."""
        return VocabularyFile(**{name: getattr(self, name).own for name in _TABLES})

    @staticmethod
    def of_file(file: VocabularyFile) -> WordTables:
        """What `to_file` gave."""
        return WordTables(**{name: Vocabulary.of(getattr(file, name)) for name in _TABLES})


def build_word_tables(
    documents: Sequence[Document], config: BiLSTMSettings, vectors: WordVectors | None
) -> tuple[WordTables, NDArray[np.float32] | None]:
    """Vocabularies from the training documents and the vectors, and the (words, d) initial word table.

    The table is None without vectors. Words of train without a vector of their own are looked up in lower case, then
    drawn from a normal distribution of the vectors' standard deviation (seeded by torch's generator). A train word
    rarer than `min_count` counts as one outside train: it has a row only if it has a vector.
    """
    counts = word_counts(documents, repair=config.repair)
    if vectors is not None and config.vector_scale is not None:
        vectors = vectors.rescaled(config.vector_scale)
    forms: dict[str, int] = {}
    for row, word in enumerate(vectors.words if vectors is not None else ()):
        forms.setdefault(look_up_form(word, repair=config.repair), row)
    extra = [form for form in forms if counts[form] < config.min_count][: config.max_vectors]
    tables = WordTables(
        words=word_vocabulary(counts, min_count=config.min_count, extra=extra),
        characters=character_vocabulary(counts) if config.char_dim else Vocabulary.of(()),
        shapes=shape_vocabulary(counts) if config.shape_dim else Vocabulary.of(()),
        pos=pos_vocabulary(documents) if config.pos_dim else Vocabulary.of(()),
    )
    return tables, None if vectors is None else _initial_table(tables.words, forms, vectors)


def _initial_table(words: Vocabulary, forms: dict[str, int], vectors: WordVectors) -> NDArray[np.float32]:
    std = float(vectors.vectors.std())
    table: NDArray[np.float32] = (torch.randn(len(words), vectors.dim) * std).numpy()
    for number, word in enumerate(words.names):
        row = forms.get(word, forms.get(word.lower()))
        if row is not None:
            table[number] = vectors.vectors[row]
    table[PAD] = 0.0
    return table


class CharacterCNN(nn.Module):
    """A word from its spelling: character vectors, a convolution of width 3, ReLU, maximum over positions."""

    def __init__(self, num_characters: int, dim: int, filters: int) -> None:
        super().__init__()
        self.table = nn.Embedding(num_characters, dim, padding_idx=PAD)
        self.convolution = nn.Linear(3 * dim, filters)

    def forward(self, characters: Tensor) -> Tensor:
        """characters: (T, MAX_CHARACTERS) int64, padded with 0   returns: (T, filters).

        On a CPU each distinct spelling is computed once; on a GPU to find them would take longer, and wait.
        """
        if characters.is_cuda:
            return self._spellings(characters)
        distinct, place = torch.unique(characters, dim=0, return_inverse=True)
        return self._spellings(distinct)[place]

    def _spellings(self, characters: Tensor) -> Tensor:
        vectors = nn.functional.pad(self.table(characters), (0, 0, 1, 1))
        windows = torch.cat([vectors[:, :-2], vectors[:, 1:-1], vectors[:, 2:]], dim=-1)
        inside = (characters != PAD).unsqueeze(-1)
        return (torch.relu(self.convolution(windows)) * inside).amax(dim=1)


class WordEmbedding(nn.Module):
    """word ⊕ characters ⊕ shape ⊕ part of speech, each part optional."""

    def __init__(self, config: BiLSTMSettings, tables: WordTables, initial: NDArray[np.float32] | None) -> None:
        super().__init__()
        self.tables = tables
        self.repair = config.repair
        self.word_dropout = config.word_dropout
        self.words = _embedding(len(tables.words), config.word_dim, initial)
        self.characters = (
            CharacterCNN(len(tables.characters), config.char_dim, config.char_filters) if config.char_dim else None
        )
        self.shapes = _embedding(len(tables.shapes), config.shape_dim) if config.shape_dim else None
        self.pos = _embedding(len(tables.pos), config.pos_dim) if config.pos_dim else None
        self.columns = 3 + (MAX_CHARACTERS if config.char_dim else 0)
        self._row = lru_cache(maxsize=KEPT_WORDS)(self._token_row)
        character_width = config.char_filters if config.char_dim else 0
        self.output_dim = config.word_dim + character_width + config.shape_dim + config.pos_dim

    def numbers(self, tokens: Sequence[str], pos: Sequence[str] | None) -> Tensor:
        """One row per token: word, shape, part of speech, then characters (only if used).

        returns: (n, 3) or (n, 3 + MAX_CHARACTERS) int64. Raises DataError when there are not as many tags as tokens.
        """
        tags = pos if pos is not None else [""] * len(tokens)
        if len(tags) != len(tokens):
            raise DataError(f"pos has {len(tags)} tags for {len(tokens)} tokens; give one a token or leave pos out")
        table = np.zeros((len(tokens), self.columns), dtype=np.int64)
        for i, (token, tag) in enumerate(zip(tokens, tags, strict=True)):
            table[i] = self._row(token) if len(token) <= LONGEST_KEPT else self._token_row(token)
            table[i, 2] = self.tables.pos[tag]
        return torch.from_numpy(table)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_row"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._row = lru_cache(maxsize=KEPT_WORDS)(self._token_row)

    def _token_row(self, token: str) -> NDArray[np.int64]:
        """A token's row of `numbers`, its part of speech left open."""
        form = look_up_form(token, repair=self.repair)
        row = np.zeros(self.columns, dtype=np.int64)
        row[:2] = self.tables.words.of_any_case(form), self.tables.shapes[word_shape(form)]
        if self.characters is not None:
            spelling = [self.tables.characters[character] for character in _both_ends(form)]
            row[3 : 3 + len(spelling)] = spelling
        return row

    def forward(self, table: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """table: (T, columns) as `numbers` makes it   returns: (T, output_dim).

        Drops whole words in training, as drawn from `generator` (None: torch's own).
        """
        words = table[:, 0]
        if self.training and self.word_dropout:
            dropped = torch.rand(words.shape, device=words.device, generator=generator) < self.word_dropout
            words = words.masked_fill(dropped, UNKNOWN)
        parts = (
            (self.words, words),
            (self.characters, table[:, 3:]),
            (self.shapes, table[:, 1]),
            (self.pos, table[:, 2]),
        )
        return torch.cat([part(numbers) for part, numbers in parts if part is not None], dim=-1)


def _both_ends(word: str) -> str:
    half = MAX_CHARACTERS // 2
    return word if len(word) <= MAX_CHARACTERS else word[:half] + word[-half:]


def _embedding(rows: int, dim: int, initial: NDArray[np.float32] | None = None) -> nn.Embedding:
    table = nn.Embedding(rows, dim, padding_idx=PAD)
    if initial is not None:
        with torch.no_grad():
            table.weight.copy_(torch.from_numpy(initial))
    return table
