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
    """

    sentence: Sentence
    first: tuple[int, ...]
    tags: Tensor | None = None
    labels: PairLabels | None = None

    def __len__(self) -> int:
        return len(self.sentence)

    def without_tags(self) -> Example:
        """The same without tags to learn: a sentence without a triple may have entities that nobody has annotated."""
        tags = None if self.tags is None else torch.full_like(self.tags, UNKNOWN_TAG)
        return replace(self, tags=tags)


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples end to end: inputs, and (for training) tags (T,) and pair labels.

    `firsts` has for each sentence `Example.first`, counted from the start of the sentence.
    """

    inputs: EncoderInput
    firsts: tuple[tuple[int, ...], ...]
    tags: Tensor | None
    labels: PairLabels | None

    @staticmethod
    def of(examples: Sequence[Example], encoder: Encoder) -> Batch:
        """Lay examples end to end, as the encoder reads them; labels only if every example has them."""
        inputs = encoder.collate([example.sentence for example in examples])
        firsts = tuple(example.first for example in examples)
        tags = [example.tags for example in examples if example.tags is not None]
        labels = [example.labels for example in examples if example.labels is not None]
        if not examples or len(labels) < len(examples):
            return Batch(inputs, firsts, None, None)
        return Batch(inputs, firsts, torch.cat(tags), PairLabels.joined(labels, inputs.lengths))

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device; the copy to a GPU is asynchronous."""
        tags = None if self.tags is None else to_device(self.tags, device)
        labels = None if self.labels is None else self.labels.to(device)
        return Batch(self.inputs.to(device), self.firsts, tags, labels)
