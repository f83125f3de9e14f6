"""The protocol that training, prediction and checkpoints rely on; a rival system implements the same."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import torch
from torch import Tensor, nn

from relknit.data.vocab import entity_labels, relation_labels
from relknit.document import AnchorRule, Document, Prediction
from relknit.errors import ConfigError
from relknit.models.confidence import Calibration
from relknit.nn.encoders import Encoder, EncoderInput, Sentence
from relknit.ops.devices import to_device
from relknit.ops.pair_scores import PairLabels
from relknit.tags import tag_names


@dataclass(frozen=True)
class Labels:
    """What a model can say: relation types, and entity types (empty = untyped entities)."""

    relations: tuple[str, ...]
    entity_types: tuple[str, ...] = ()

    @staticmethod
    def of(documents: Sequence[Document], *, typed: bool | None = None) -> Labels:
        """All labels of the documents; entity types where at least half of the entities have one, or as `typed` says."""
        if typed is None:
            types = [entity.type for document in documents for entity in document.entities]
            typed = 2 * types.count(None) <= len(types)
        return Labels(relation_labels(documents), entity_labels(documents) if typed else ())

    @property
    def tags(self) -> tuple[str, ...]:
        """The tag set, "O" first."""
        return tag_names(self.entity_types or (None,))


Mentions: TypeAlias = Literal["all", "name", "word"]
MENTIONS: Final[tuple[Mentions, ...]] = ("all", "name", "word")


@dataclass(frozen=True)
class Decoding:
    """How scores become triples; chosen on dev and stored with the model.

    A pair counts from probability `threshold`. A predicted anchor outside any tagged entity stays as an entity of
    one word when `keep_untagged`, else its triples are dropped. A pair with a word that no tagged entity has for its
    anchor counts from `loose_threshold` alone, where that is given (1: such a pair never counts). `mentions` says where a
    pair stands whose words stand in the sentence more than once: "all": where it was found; "name": an entity stands
    where its whole name does first; "word": every word where it does first, as in data that knows words alone.
    Raises ConfigError unless 0 < threshold < 1, 0 < loose_threshold <= 1 and `mentions` is one of the three.
    """

    threshold: float = 0.5
    keep_untagged: bool = False
    loose_threshold: float | None = None
    mentions: Mentions = "all"

    def __post_init__(self) -> None:
        if self.mentions not in MENTIONS:
            raise ConfigError(f"mentions is {self.mentions!r}, expected one of {', '.join(MENTIONS)}")
        if self.loose_threshold is not None and not 0 < self.loose_threshold <= 1:
            raise ConfigError(f"loose_threshold is {self.loose_threshold}, expected a probability, or 1 for never")
        if not 0 < self.threshold < 1:
            raise ConfigError(f"threshold is {self.threshold}, expected a probability between 0 and 1, such as 0.5")


@dataclass(frozen=True, slots=True)
class Example:
    """A document made ready once: encoder input, and (labelled) tags (n,) int64 and the gold pairs.

    The pairs count tokens from the start of the sentence. `first` has for each token the first that is equal to it.
    """

    sentence: Sentence
    first: tuple[int, ...]
    tags: Tensor | None = None
    labels: PairLabels | None = None

    def without_tags(self) -> Example:
        """The same with its pairs alone to learn from: in a sentence without a fact there may be names all the same."""
        tags = None if self.tags is None else torch.full_like(self.tags, UNJUDGED_TAG)
        return replace(self, tags=tags)


UNJUDGED_TAG: Final = -100
"""A word whose tag nobody knows: it takes no part in the loss of the tagger (torch's own number for that)."""


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
    def of(examples: Sequence[Example]) -> Batch:
        """Lay examples end to end; labels only if every example has them."""
        inputs = EncoderInput.of([example.sentence for example in examples])
        firsts = tuple(example.first for example in examples)
        tags = [example.tags for example in examples if example.tags is not None]
        labels = [example.labels for example in examples if example.labels is not None]
        if not examples or min(len(tags), len(labels)) < len(examples):
            return Batch(inputs, firsts, None, None)
        return Batch(inputs, firsts, torch.cat(tags), PairLabels.joined(labels, inputs.lengths))

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device; nobody waits for it on its way to a GPU."""
        tags = None if self.tags is None else to_device(self.tags, device)
        labels = None if self.labels is None else self.labels.to(device)
        return Batch(self.inputs.to(device), self.firsts, tags, labels)


@dataclass(frozen=True, slots=True)
class LossParts:
    """Loss of a batch: the two sums divided by the number of sentences; `total` is what to minimise."""

    total: Tensor
    entity: Tensor
    relation: Tensor


class JointModel(nn.Module):
    """Base of all joint models."""

    encoder: Encoder
    labels: Labels
    anchor_rule: AnchorRule
    decoding: Decoding
    calibration: Calibration | None = None

    @abstractmethod
    def prepare(self, document: Document, *, labelled: bool = False) -> Example:
        """Everything about a document that does not change between epochs."""

    @abstractmethod
    def loss(self, batch: Batch) -> LossParts:
        """Loss of a labelled batch, differentiable."""

    @abstractmethod
    def predict(self, batch: Batch, *, anchors: bool = True) -> list[Prediction]:
        """Entities, anchors and triples of every sentence of the batch.

        anchors: false leaves `Prediction.anchors` None, and lets the model skip all that no entity or triple needs.
        """

    def trace(self, batch: Batch) -> list[list[Prediction]]:
        """What would be predicted of every sentence after each round of interaction, 0 to K, the last as `predict` has it.

        A model without rounds has one.
        """
        return [self.predict(batch, anchors=False)]

    @abstractmethod
    def set_threads(self, threads: int) -> None:
        """How many worker threads the model's own loops may use (1 = none)."""

    @abstractmethod
    def set_workspace(self, size: int | None) -> None:
        """Bytes that each thread of the model's own loops may take; None is what runs fastest. Never changes a result."""

    @property
    @abstractmethod
    def bytes_per_token(self) -> int:
        """About how many bytes `predict` takes for each token of its batch, the workspace left aside."""

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device
