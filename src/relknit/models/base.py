"""The protocol that training, prediction, calibration and checkpoints rely on; they know nothing else of a model.

A new model is a folder beside this file (or a package of its own) with a subclass of `JointModel`. It needs

    Settings      its [model] section
    prepare       a Document as an example, with the targets that this model learns
    collate       examples as a batch
    loss          a batch as named parts of the loss
    scores        a batch as whatever the network computes for
    decode        scores as Predictions

and may have a decoding that is chosen on dev (`decoding_type`, `decodings`). The folder names its models in `PARTS`.
`tests/models/outside/toy_parts.py` is a small example that tags nothing and scores no anchors.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from relknit.calibration.confidence import Calibration
from relknit.document import AnchorRule, Document, Entity, Prediction
from relknit.encoders.base import Encoder
from relknit.errors import ConfigError, short
from relknit.models.teacher import Teacher
from relknit.nn.growth import copy_known_weights
from relknit.settings import ModelSettings


@dataclass(frozen=True)
class Labels:
    """What a model can predict: relation types, and entity types (empty = untyped entities).

    Raises ConfigError for a name that is given twice.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    relations: tuple[str, ...]
    entity_types: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for names in (self.relations, self.entity_types):
            if len(set(names)) < len(names):
                raise ConfigError(f"labels: {short(Counter(names).most_common(1)[0][0])} is given twice")

    @staticmethod
    def of(documents: Sequence[Document], *, typed: bool | None = None) -> Labels:
        """All labels of the documents, sorted; entity types where at least half of the entities have one, or as `typed` says."""
        types = [kind for document in documents for kind in document.definite_types]
        if typed is None:
            typed = 2 * types.count(None) <= len(types)
        relations = {relation.type for document in documents for relation in document.relations}
        return Labels(tuple(sorted(relations)), tuple(sorted(filter(None, set(types)))) if typed else ())

    def without(self, others: Labels) -> Labels:
        """These labels in their order, less the others."""
        return Labels(
            tuple(name for name in self.relations if name not in others.relations),
            tuple(name for name in self.entity_types if name not in others.entity_types),
        )

    def joined(self, new: Labels) -> Labels:
        """These labels in their order, then those that are new."""
        return Labels(
            tuple(dict.fromkeys((*self.relations, *new.relations))),
            tuple(dict.fromkeys((*self.entity_types, *new.entity_types))),
        )


@dataclass(frozen=True)
class NoDecoding:
    """The decoding of a model that has nothing to choose on dev."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)


class WeightPart(NamedTuple):
    """Some rows (`dim` 0), columns (`dim` 1) and so on of a weight: those of these numbers, int64."""

    weight: Tensor
    dim: int
    numbers: Tensor

    @torch.no_grad()
    def values(self) -> Tensor:
        """A copy of the part."""
        return self.weight.index_select(self.dim, self.numbers.to(self.weight.device))

    @torch.no_grad()
    def set(self, values: Tensor) -> None:
        """Replace the part."""
        self.weight.index_copy_(self.dim, self.numbers.to(self.weight.device), values)


class ModelBatch(Protocol):
    """What everything but the model itself sees of a batch."""

    def to(self, device: torch.device) -> Self:
        """The same batch on another device."""


class JointModel(nn.Module):
    """Base of all joint models.

    Settings: the class of its [model] section. decoding_type: the class of its decoding, a frozen dataclass (or a pydantic
    model) of plain values that all have a default; stored as JSON. Files: further JSON files that a model folder holds for it,
    with the class that validates each. anchor_rule: which token of an entity the partial score compares.
    """

    Settings: ClassVar[type[ModelSettings]]
    decoding_type: ClassVar[type[Any]] = NoDecoding
    Files: ClassVar[Mapping[str, type[BaseModel]]] = MappingProxyType({})

    learns_scopes: ClassVar[bool] = False
    """Whether `prepare` leaves open what the `scope` of a document says is not annotated."""

    spans: bool = True
    """Whether it predicts the spans of entities. A model that predicts one word of each has no score but the partial one."""

    settings: Any
    encoder: Encoder
    labels: Labels
    decoding: Any
    anchor_rule: AnchorRule = "last"
    calibration: Calibration | None = None
    teacher: Teacher | None = None
    """In fine-tuning: from whose predictions that is learned which the new data does not annotate. Never saved."""

    def __init__(self, settings: Any, encoder: Encoder, labels: Labels) -> None:
        super().__init__()
        self.settings, self.encoder, self.labels = settings, encoder, labels
        self.decoding = self.decoding_type()

    # building and storing

    @classmethod
    def labels_of(cls, settings: Any, documents: Sequence[Document]) -> Labels:
        """The labels that a new model learns from the training documents. Raises ConfigError where they do not fit."""
        return Labels.of(documents)

    @classmethod
    def from_files(cls, settings: Any, encoder: Encoder, labels: Labels, files: Mapping[str, Any]) -> Self:
        """The model of a model folder, from what `files` gave; its weights are loaded afterwards."""
        return cls(settings, encoder, labels)

    def files(self) -> dict[str, BaseModel]:
        """What `from_files` needs beside settings, labels and encoder, by file name."""
        return {}

    def grown(self, documents: Sequence[Document], negatives: Sequence[Document] = ()) -> Self:
        """For fine-tuning: this model with the labels that the documents have and it lacks, and a grown encoder.

        Known labels keep their numbers and weights; what is new keeps its initial weights.
        """
        encoder = self.encoder.grown([*documents, *negatives])
        larger = type(self)(self.settings, encoder, self.labels.joined(Labels.of(documents)))
        larger.copy_known(self)
        larger.decoding = self.decoding
        return larger

    def copy_known(self, known: Self) -> None:
        """Take over the weights of a model that this one is grown from, but for the encoder's."""
        copy_known_weights(self, known, but="encoder.")

    def weights_of(self, labels: Labels) -> list[WeightPart]:
        """The parts of weights by which the model reads or predicts these labels and nothing else.

        In fine-tuning those of labels that are not annotated do not learn: data that says nothing of a label gives them
        small gradients, of which Adam makes steps as long as of large ones.
        """
        return []

    def check_documents(self, documents: Mapping[str, Sequence[Document]]) -> None:
        """Raise ConfigError where sentences of a split (its name -> documents) lack something that the model reads."""
        self.encoder.check_documents(documents)

    def data_warnings(self, documents: Sequence[Document]) -> list[str]:
        """Warnings about what this model cannot learn from the training documents."""
        return []

    # learning

    @abstractmethod
    def prepare(self, document: Document, *, labelled: bool = False) -> Sized:
        """Everything about a document that does not change between epochs; its length is the number of tokens."""

    def prepare_annotated(self, document: Document) -> Sized:
        """A sentence to learn from, by its annotations, and by the predictions of `teacher` where there is one.

        Here the triples that it predicts count as annotated, whatever its weight; a model that can learn from probabilities
        overrides this.
        """
        return self.prepare(self.teacher.completed(document) if self.teacher else document, labelled=True)

    def prepare_negative(self, document: Document) -> Sized:
        """A sentence to learn from that has no triple, and whose entities are not annotated."""
        return self.prepare(document, labelled=True)

    @abstractmethod
    def collate(self, examples: Sequence[Any]) -> ModelBatch:
        """Prepared documents as one batch."""

    @abstractmethod
    def loss(self, batch: Any, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The parts of the loss of a labelled batch by name, each () and a mean over its sentences; their sum is minimised.

        The names are the same for every batch. generator: where dropout and any sampling draw from; None is torch's own.
        """

    def training_cost(self, words: int) -> int:
        """The work of a sentence relative to others, by which a batch is cut into shards.

        Here in pairs of words: LSTM and GRU cells take as long for a word as the rest for about eight pairs.
        """
        return words * (words + 8)

    # predicting

    @abstractmethod
    def scores(self, batch: Any) -> Any:
        """What the network computes for `decode`: tensors of any form, on the model's device."""

    @abstractmethod
    def decode(self, batch: Any, scores: Any) -> list[Prediction]:
        """Entities, triples and (if the model scores pairs of words) anchors of every sentence, under `self.decoding`.

        A model that finds one word of each entity and not its span predicts entities of that word with `tagged` false.
        """

    @torch.no_grad()
    def predict(self, batch: Any, *, anchors: bool = True) -> list[Prediction]:
        """`decode` of the `scores`; a model overrides this where it saves work by interleaving the two.

        anchors: false leaves `Prediction.anchors` None, so that all that no entity or triple needs may be skipped.
        """
        found = self.decode(batch, self.scores(batch))
        return found if anchors else without_anchors(found)

    def relations_between(self, batch: Any, entities: Sequence[Sequence[Entity]]) -> list[Prediction]:
        """The entities given for every sentence, in their order, with the relations that the model finds between them.

        Raises ConfigError for a model that cannot score given entities, as here.
        """
        message = "finds entities and relations together and cannot score given entities"
        raise ConfigError(f"the model {self.settings.name!r} {message}; leave the entities to it")

    def trace(self, batch: Any) -> list[list[Prediction]]:
        """What would be predicted of every sentence after each round of interaction, 0 to K, the last as `predict` has it.

        A model without rounds has one.
        """
        return [self.predict(batch, anchors=False)]

    @contextmanager
    def evaluating(self, **attributes: Any) -> Iterator[None]:
        """The model in evaluation mode with these attributes, such as another decoding; afterwards it is as it was."""
        before, was_training = {name: getattr(self, name) for name in attributes}, self.training
        for name, value in attributes.items():
            setattr(self, name, value)
        self.eval()
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(self, name, value)
            self.train(was_training)

    # tuning the decoding on dev

    def decodings(self, *, thresholds: bool = True) -> Sequence[Any]:
        """The decodings worth trying on dev, in the order of preference among equals.

        thresholds: false keeps those of the present decoding.
        """
        return (self.decoding,)

    def broadest_decoding(self, options: Sequence[Any]) -> Any | None:
        """A decoding from whose predictions `redecode` can derive those of every option.

        None: dev is predicted again for each option.
        """
        return None

    def redecode(self, document: Document, prediction: Prediction, decoding: Any) -> Prediction:
        """The prediction under `decoding`, derived from the one under `broadest_decoding`."""
        raise NotImplementedError(f"{type(self).__name__} has a broadest_decoding and no redecode")

    # resources

    def set_workspace(self, size: int | None) -> None:
        """Bytes that the model's own loops may take in each thread; None is what runs fastest. Changes no result."""

    @property
    def bytes_per_token(self) -> int:
        """About how many bytes `predict` takes for each token of its batch, the workspace left aside."""
        return 4 * self.encoder.values_per_token

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


def without_anchors(predictions: Sequence[Prediction]) -> list[Prediction]:
    """The same entities and triples."""
    return [replace(prediction, anchors=None) for prediction in predictions]
