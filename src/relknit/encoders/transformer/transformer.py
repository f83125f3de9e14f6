"""H^0 = a pretrained transformer: word pieces in, one row per word out (see `architecture` for which ones).

Long texts are read in windows of tokens, as for every encoder. Where a window has more pieces than the transformer has
positions, its pieces are read in overlapping sequences (see `sequences`): nothing is dropped, in training or afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, JsonValue, RootModel
from torch import Tensor

from relknit.document import Document
from relknit.encoders.base import Encoder, EncoderInput, Sentence
from relknit.encoders.transformer.architecture import TransformerParts, build_backbone, lowest_parts, positions
from relknit.encoders.transformer.own_generator import OwnGenerator
from relknit.encoders.transformer.pretrained import read_transformer
from relknit.encoders.transformer.sequences import LEAST_LENGTH, layout
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.encoders.transformer.word_pieces import PieceRules, WordPieces
from relknit.errors import ConfigError
from relknit.nn.dropout import dropout
from relknit.ops.devices import to_device

PIECES_PER_WORD: Final = 2  # with the special and the padding ones, rounded up


class EncoderFile(BaseModel):
    """encoder.json."""

    model_config = ConfigDict(extra="forbid", strict=True)

    architecture: dict[str, JsonValue]
    pieces: PieceRules


class TokenizerFile(RootModel[dict[str, JsonValue]]):
    """tokenizer.json, as the library `tokenizers` writes it."""


@dataclass(frozen=True, slots=True)
class PieceSentence(Sentence):
    """The table has how many pieces each word has, (n, 1); pieces: (p,) int64, those of all words in their order."""

    pieces: Tensor


@dataclass(frozen=True, slots=True)
class PieceInput(EncoderInput):
    """pieces: (P,) int64, those of all sentences end to end, and how many each sentence has."""

    pieces: Tensor
    piece_counts: tuple[int, ...]

    def to(self, device: torch.device) -> PieceInput:
        """The same batch on another device."""
        return replace(self, table=to_device(self.table, device), pieces=to_device(self.pieces, device))


class TransformerEncoder(Encoder):
    """Pieces of words through the transformer, then the first piece or the mean of the pieces of each word.

    Raises ConfigError for parts that do not fit together or that the installed transformers cannot build.
    """

    Settings = TransformerSettings
    Files = MappingProxyType({"encoder.json": EncoderFile, "tokenizer.json": TokenizerFile})

    def __init__(self, settings: TransformerSettings, parts: TransformerParts) -> None:
        super().__init__()
        self.settings = settings
        self.parts = replace(parts, weights=None)
        self.pieces = WordPieces(parts.tokenizer, parts.rules, repair=settings.repair)
        self.mean, self.dropout, self.frozen = settings.words == "mean", settings.dropout, settings.frozen
        self.backbone = build_backbone(parts.architecture)
        if parts.weights is not None:
            self.backbone.load_state_dict(parts.weights, assign=True)
        self.output_dim = int(self.backbone.config.hidden_size)
        rows = self.backbone.get_input_embeddings().weight.shape[0]
        if self.pieces.count > rows:
            raise ConfigError(
                f"the tokenizer has pieces up to {self.pieces.count - 1}, the transformer {rows} in all; "
                "use the tokenizer that belongs to it"
            )
        known = positions(self.backbone)
        if known is not None and parts.rules.most > known:
            raise ConfigError(
                f"up to {parts.rules.most} pieces are read at once, the transformer has {known} positions"
            )
        self.backbone.requires_grad_(not settings.frozen)
        self._frozen_parts = (
            [] if settings.frozen_layers is None else lowest_parts(self.backbone, settings.frozen_layers)
        )
        for part in self._frozen_parts:
            part.requires_grad_(False)
        if settings.gradient_checkpointing:
            self.ignores_generator = (
                True  # a layer computed again must draw the same numbers: torch restores its own state
            )
            _checkpoint_activations(self.backbone)

    @classmethod
    def from_documents(cls, settings: TransformerSettings, documents: Sequence[Document]) -> TransformerEncoder:
        """The pretrained transformer that the settings name; nothing in it depends on the documents.

        Raises ConfigError where it cannot be read.
        """
        if not settings.source:
            raise ConfigError("encoder.source is not set; give a Hugging Face encoder: its folder, or hf:NAME")
        return cls(settings, read_transformer(settings.source))

    @classmethod
    def from_files(cls, settings: TransformerSettings, files: Mapping[str, Any]) -> TransformerEncoder:
        """From encoder.json and tokenizer.json."""
        description = files["encoder.json"]
        return cls(
            settings, TransformerParts(description.architecture, files["tokenizer.json"].root, description.pieces)
        )

    def files(self) -> dict[str, BaseModel]:
        """encoder.json and tokenizer.json."""
        parts = self.parts
        return {
            "encoder.json": EncoderFile(architecture=parts.architecture, pieces=parts.rules),
            "tokenizer.json": TokenizerFile(parts.tokenizer),
        }

    @property
    def values_per_token(self) -> int:
        """Of each piece: features, keys, queries and values of a layer, and the wide middle of its second half, twice."""
        inner = getattr(self.backbone.config, "intermediate_size", 4 * self.output_dim)
        return PIECES_PER_WORD * (8 * self.output_dim + 2 * inner)

    def train(self, mode: bool = True) -> TransformerEncoder:
        """As for any module, but what is frozen keeps its dropout off."""
        super().train(mode)
        for part in [self.backbone] if self.frozen else self._frozen_parts:
            part.eval()
        return self

    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> PieceSentence:
        """Pieces of all words."""
        pieces, counts = self.pieces(tokens)
        table = torch.tensor(counts, dtype=torch.int64).reshape(-1, 1)
        return PieceSentence(table, torch.tensor(pieces, dtype=torch.int64))

    def collate(self, sentences: Sequence[PieceSentence]) -> PieceInput:  # type: ignore[override]
        """Sentences and their pieces end to end."""
        plain = EncoderInput.of(sentences)
        pieces = [sentence.pieces for sentence in sentences]
        joined = torch.cat(pieces) if pieces else torch.zeros(0, dtype=torch.int64)
        return PieceInput(plain.table, plain.lengths, joined, tuple(map(len, pieces)))

    def forward(self, batch: PieceInput, generator: torch.Generator | None = None) -> Tensor:
        """Features of every word, (T, hidden size)."""
        if not sum(batch.lengths):
            weight: Tensor = next(self.backbone.parameters())
            return weight.new_zeros(0, self.output_dim)
        hidden = self._read(batch.pieces, batch.piece_counts, generator)
        words = self._words(hidden, batch.table[:, 0])
        return dropout(words, self.dropout, training=self.training, generator=generator)

    def _read(self, pieces: Tensor, counts: Sequence[int], generator: torch.Generator | None) -> Tensor:
        """(P,) pieces of all sentences, counts[s] of each -> (P, d) features."""
        rules = self.pieces.rules

        def on_device(values: NDArray[Any]) -> Tensor:
            return torch.from_numpy(values).to(pieces.device, non_blocking=True)

        found = layout(counts, rules, least=0.0 if pieces.is_cuda else LEAST_LENGTH)
        special = np.array([*rules.before, *rules.after, rules.padding], dtype=np.int64)
        known = torch.cat([pieces, on_device(special)])
        own = None if self.ignores_generator or not self.training else generator
        with nullcontext() if own is None else OwnGenerator(own):
            outputs = [
                self.backbone(input_ids=known[on_device(g.pieces)], attention_mask=on_device(g.inside).long())
                for g in found.groups
            ]
        hidden: Tensor = torch.cat([output.last_hidden_state.flatten(0, 1) for output in outputs])
        return hidden[on_device(found.place)]

    def _words(self, hidden: Tensor, counts: Tensor) -> Tensor:
        """(P, d) features of pieces -> (T, d) features of words, of which the t-th has counts[t] pieces."""
        first: Tensor = counts.cumsum(0) - counts
        if not self.mean:
            return hidden[first]
        words = torch.arange(len(counts), device=counts.device)
        owner = words.repeat_interleave(counts, output_size=len(hidden))
        total = hidden.new_zeros(len(counts), hidden.shape[1]).index_add(0, owner, hidden)
        return total / counts[:, None]


def _checkpoint_activations(backbone: Any) -> None:
    """Let each layer compute its activations again for the gradient, instead of keeping them."""
    if not getattr(backbone, "supports_gradient_checkpointing", False):
        raise ConfigError("encoder.gradient_checkpointing = true: this transformer does not support it; leave it out")
    enable = getattr(backbone, "activation_checkpointing_enable", None)  # its name in newer versions of transformers
    (enable or backbone.gradient_checkpointing_enable)({"use_reentrant": False})
