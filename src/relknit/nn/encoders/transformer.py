"""H^0 = a pretrained transformer: word pieces in, one row per word out, for any encoder that Hugging Face knows.

Windows over long texts are made above, in tokens, as for every encoder. Where one still has more pieces than the
transformer has positions, its pieces are read in overlapping sequences, cut by the same `text.windows`, and each piece
is taken from the sequence in which it stands farther from a cut end: nothing is dropped, in training or afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from relknit.config import TransformerConfig
from relknit.errors import ConfigError
from relknit.nn.dropout import dropout
from relknit.nn.encoders.base import Encoder, EncoderInput, Sentence
from relknit.nn.encoders.own_noise import OwnNoise
from relknit.nn.encoders.word_pieces import PieceRules, WordPieces, extra
from relknit.text.windows import windows

_NOT_KEPT: Final = ("architectures", "auto_map", "dtype", "quantization_config", "torch_dtype", "transformers_version")
_NOT_KEPT_LIKE: Final = re.compile(r"^_|_implementation")  # a kernel may be fetched by its name and run
PIECES_PER_WORD: Final = 2  # with the special and the padding ones, rounded up
LEAST_LENGTH: Final = 0.75  # of the longest sequence beside it: a CPU pays for padding, and hardly for calls


@dataclass(frozen=True)
class TransformerParts:
    """What a transformer encoder is built from, beside its settings.

    architecture: the values of a Hugging Face configuration. tokenizer: what tokenizer.json holds. weights: initial
    ones; None leaves them to chance, for a model whose own are loaded next.
    """

    architecture: dict[str, Any]
    tokenizer: dict[str, Any]
    rules: PieceRules
    weights: dict[str, Tensor] | None = None


class TransformerEncoder(Encoder):
    """Pieces of words through the transformer, then the first piece or the mean of the pieces of each word.

    Raises ConfigError for parts that do not fit together or that the installed transformers cannot build.
    """

    def __init__(self, config: TransformerConfig, parts: TransformerParts) -> None:
        super().__init__()
        self.parts = replace(parts, weights=None)
        self.pieces = WordPieces(parts.tokenizer, parts.rules, repair=config.repair)
        self.mean, self.dropout, self.frozen = config.words == "mean", config.dropout, config.frozen
        self.backbone = _backbone(parts)
        self.output_dim = int(self.backbone.config.hidden_size)
        rows = self.backbone.get_input_embeddings().weight.shape[0]
        if self.pieces.count > rows:
            raise ConfigError(
                f"the tokenizer has pieces up to {self.pieces.count - 1}, the transformer {rows} in all; "
                "use the tokenizer that belongs to it"
            )
        self.backbone.requires_grad_(not config.frozen)
        if config.gradient_checkpointing:
            self.draws_own_noise = True  # what is computed again must draw the same noise, and torch sees to that
            _compute_twice(self.backbone)

    @property
    def values_per_token(self) -> int:
        """Of each piece: features, keys, queries and values of a layer, and the wide middle of its second half, twice."""
        inner = getattr(self.backbone.config, "intermediate_size", 4 * self.output_dim)
        return PIECES_PER_WORD * (8 * self.output_dim + 2 * inner)

    def train(self, mode: bool = True) -> TransformerEncoder:
        """As for any module, but a frozen transformer keeps its dropout off."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def prepare(self, tokens: Sequence[str], pos: Sequence[str] | None = None) -> Sentence:
        """Pieces of all words; the table holds how many each word has, (n, 1)."""
        pieces, counts = self.pieces(tokens)
        table = torch.tensor(counts, dtype=torch.int64).reshape(-1, 1)
        return Sentence(table, torch.tensor(pieces, dtype=torch.int64))

    def forward(self, batch: EncoderInput) -> Tensor:
        """Features of every word, (T, hidden size)."""
        if batch.pieces is None or not sum(batch.lengths):
            weight: Tensor = next(self.backbone.parameters())
            return weight.new_zeros(0, self.output_dim)
        hidden = self._read(batch.pieces, batch.piece_counts, batch.noise)
        words = self._words(hidden, batch.table[:, 0])
        return dropout(words, self.dropout, training=self.training, noise=batch.noise)

    def _read(self, pieces: Tensor, counts: Sequence[int], noise: torch.Generator | None) -> Tensor:
        """(P,) pieces of all sentences, counts[s] of each -> (P, d) features."""
        rules = self.pieces.rules

        def there(values: NDArray[Any]) -> Tensor:
            return torch.from_numpy(values).to(pieces.device, non_blocking=True)

        found = layout(counts, rules, least=0.0 if pieces.is_cuda else LEAST_LENGTH)
        special = np.array([*rules.before, *rules.after, rules.padding], dtype=np.int64)
        known = torch.cat([pieces, there(special)])
        with self._noise(noise):
            outputs = [
                self.backbone(input_ids=known[there(g.pieces)], attention_mask=there(g.inside).long())
                for g in found.groups
            ]
        hidden: Tensor = torch.cat([output.last_hidden_state.flatten(0, 1) for output in outputs])
        return hidden[there(found.place)]

    def _noise(self, noise: torch.Generator | None) -> AbstractContextManager[Any]:
        return nullcontext() if noise is None or not self.training or self.draws_own_noise else OwnNoise(noise)

    def _words(self, hidden: Tensor, counts: Tensor) -> Tensor:
        """(P, d) features of pieces -> (T, d) features of words, of which the t-th has counts[t] pieces."""
        first: Tensor = counts.cumsum(0) - counts
        if not self.mean:
            return hidden[first]
        words = torch.arange(len(counts), device=counts.device)
        owner = words.repeat_interleave(counts, output_size=len(hidden))
        total = hidden.new_zeros(len(counts), hidden.shape[1]).index_add(0, owner, hidden)
        return total / counts[:, None]


class Sequences(NamedTuple):
    """Sequences of about one length for the transformer, S of them."""

    pieces: NDArray[np.int64]  # (S, longest) which of P pieces stands there; from P on those before, after, the padding
    inside: NDArray[np.bool_]  # (S, longest) false for padding


class Layout(NamedTuple):
    """All sequences of a batch, and where each of its pieces is taken from."""

    groups: tuple[Sequences, ...]
    place: NDArray[np.int64]  # (P,) counted over all elements of all groups, end to end


def layout(counts: Sequence[int], rules: PieceRules, *, least: float) -> Layout:
    """One sequence per sentence that has pieces, or overlapping ones of a sentence with more than there is room for.

    counts: pieces of each sentence. Each piece is taken from where it is farther from a cut, at a tie from the first.
    least: the shortest sequence of a group, as a share of its longest.
    """
    ranges: list[tuple[int, int]] = []
    first = 0
    for count in counts:
        ranges += [(first + start, first + end) for start, end in windows([(0, count)], rules.room)]
        first += count
    place, margin = np.zeros(first, dtype=np.int64), np.full(first, -1)
    groups: list[Sequences] = []
    offset = 0
    for members in _groups(ranges, least):
        group = _sequences(members, first, rules)
        for row, (start, end) in enumerate(members):
            inside = np.arange(end - start)
            own = np.minimum(inside, inside[::-1])
            better = own > margin[start:end]
            place[start:end][better] = offset + row * group.pieces.shape[1] + len(rules.before) + inside[better]
            margin[start:end][better] = own[better]
        groups.append(group)
        offset += group.pieces.size
    return Layout(tuple(groups), place)


def _groups(ranges: Sequence[tuple[int, int]], least: float) -> list[list[tuple[int, int]]]:
    """The ranges from the longest to the shortest, a new group wherever one is too short for the last."""
    groups: list[list[tuple[int, int]]] = []
    longest = 0
    for start, end in sorted(ranges, key=lambda span: (span[0] - span[1], span)):
        if not groups or end - start < least * longest:
            groups.append([])
            longest = end - start
        groups[-1].append((start, end))
    return groups


def _sequences(ranges: Sequence[tuple[int, int]], total: int, rules: PieceRules) -> Sequences:
    """The pieces of these ranges, of `total` in all, each between the special ones, filled up to the longest."""
    before = list(range(total, total + len(rules.before)))
    after = list(range(total + len(before), total + len(before) + len(rules.after)))
    padding = total + len(before) + len(after)
    rows = [[*before, *range(start, end), *after] for start, end in ranges]
    width = max(map(len, rows))
    pieces = np.array([row + [padding] * (width - len(row)) for row in rows], dtype=np.int64)
    return Sequences(pieces, pieces < padding)


def _backbone(parts: TransformerParts) -> Any:
    """The transformer itself, float32, on the CPU or wherever torch makes tensors at present."""
    transformers = extra("transformers")
    try:
        settings = transformers.AutoConfig.for_model(**plain_architecture(parts.architecture))
        backbone = without_pooler(transformers.AutoModel.from_config(settings, trust_remote_code=False))
    except Exception as error:  # of many classes, some of them in packages that transformers brings
        version = transformers.__version__
        raise ConfigError(f"no encoder that transformers {version} can build ({error}); try another version") from error
    if parts.weights is not None:
        backbone.load_state_dict(parts.weights, assign=True)
    return backbone.float()


def _compute_twice(backbone: Any) -> None:
    """Let each layer compute its activations again for the gradient, instead of keeping them."""
    if not getattr(backbone, "supports_gradient_checkpointing", False):
        raise ConfigError("encoder.gradient_checkpointing = true: this transformer does not support it; leave it out")
    enable = getattr(backbone, "activation_checkpointing_enable", None)  # its name in newer versions of transformers
    (enable or backbone.gradient_checkpointing_enable)({"use_reentrant": False})


def plain_architecture(values: Mapping[str, Any]) -> dict[str, Any]:
    """Sizes and kinds alone, in the order of their names: nothing that names code to run, a machine, or a number format."""
    kept = {key: value for key, value in sorted(values.items()) if not (key in _NOT_KEPT or _NOT_KEPT_LIKE.search(key))}
    return {key: plain_architecture(value) if isinstance(value, dict) else value for key, value in kept.items()}


def without_pooler(backbone: Any) -> Any:
    """The same transformer without the layer that some have on top for whole sentences, which nobody would train."""
    if isinstance(getattr(backbone, "pooler", None), nn.Module):
        backbone.pooler = None
    return backbone
