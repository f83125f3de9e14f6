"""What a word-pair model learns from and predicts on: a prepared sentence, and a batch of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from relknit.encoders.base import Encoder, EncoderInput, Sentence
from relknit.ops.devices import to_device
from relknit.ops.pair_scores import PairLabels

UNKNOWN_TAG: Final = -100
"""The tag of a word that was not annotated: it takes no part in the loss of the tagger (torch's ignore_index)."""


@dataclass(frozen=True, slots=True)
class Example:
    """A document made ready once: encoder input, and (labelled) tags (n,) int64 and the gold pairs.

    The pairs count tokens from the start of the sentence. `first` has for each token the first that is equal to it.
    `tag_targets` (n, tags) are probabilities that the tagger learns in place of `tags`, 0 for tags that are excluded. `annotated`
    has the numbers of the relations that are learned, None for all, and `unknown` the pairs that are not learned.
    """

    sentence: Sentence
    first: tuple[int, ...]
    tags: Tensor | None = None
    labels: PairLabels | None = None
    tag_targets: Tensor | None = None
    annotated: frozenset[int] | None = None
    unknown: PairLabels | None = None

    def __len__(self) -> int:
        return len(self.sentence)

    def without_tags(self) -> Example:
        """The same without tags to learn: a sentence without a triple may have entities that nobody has annotated."""
        tags = None if self.tags is None else torch.full_like(self.tags, UNKNOWN_TAG)
        return replace(self, tags=tags)


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples end to end: inputs, and (for training) tags (T,) and pair labels, and `tag_targets` if an example has them.

    `firsts` has for each sentence `Example.first`, counted from the start of the sentence, and `annotated` what the example has.
    `unknown` are the pairs that are not learned, None where there is none.
    """

    inputs: EncoderInput
    firsts: tuple[tuple[int, ...], ...]
    tags: Tensor | None
    labels: PairLabels | None
    tag_targets: Tensor | None = None
    annotated: tuple[frozenset[int] | None, ...] = ()
    unknown: PairLabels | None = None

    @staticmethod
    def of(examples: Sequence[Example], encoder: Encoder) -> Batch:
        """Lay examples end to end, as the encoder reads them; labels only if every example has them."""
        inputs = encoder.collate([example.sentence for example in examples])
        firsts = tuple(example.first for example in examples)
        tags = [example.tags for example in examples if example.tags is not None]
        labels = [example.labels for example in examples if example.labels is not None]
        if not examples or len(labels) < len(examples):
            return Batch(inputs, firsts, None, None)
        pairs = PairLabels.joined(labels, inputs.lengths)
        annotated = tuple(example.annotated for example in examples)
        unknown = None
        if any(example.unknown is not None for example in examples):
            none = PairLabels.of([])
            unknown = PairLabels.joined([example.unknown or none for example in examples], inputs.lengths)
        return Batch(inputs, firsts, torch.cat(tags), pairs, _tag_targets(examples), annotated, unknown)

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device; the copy to a GPU is asynchronous."""
        tags = None if self.tags is None else to_device(self.tags, device)
        labels = None if self.labels is None else self.labels.to(device)
        targets = None if self.tag_targets is None else to_device(self.tag_targets, device)
        unknown = None if self.unknown is None else self.unknown.to(device)
        return Batch(self.inputs.to(device), self.firsts, tags, labels, targets, self.annotated, unknown)


def _tag_targets(examples: Sequence[Example]) -> Tensor | None:
    """The tag targets of labelled examples end to end, those of plain tags one-hot; None if every example has plain tags."""
    widths = [example.tag_targets.shape[1] for example in examples if example.tag_targets is not None]
    if not widths:
        return None
    return torch.cat(
        [
            one_hot(example.tags, widths[0]) if example.tag_targets is None else example.tag_targets
            for example in examples
            if example.tags is not None
        ]
    )


def one_hot(tags: Tensor, number: int) -> Tensor:
    """Tags (n,) as probabilities (n, number); of a word without a tag all are 0."""
    return (tags[:, None] == torch.arange(number)).float()
