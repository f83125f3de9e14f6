"""Fine-tuning: what the model that a training starts from teaches the new one, and what the new one keeps of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch

from relknit.checkpoint import SavedModel
from relknit.config import TrainingConfig
from relknit.document import Document, Prediction
from relknit.errors import ConfigError, short
from relknit.evaluation import score_quickly
from relknit.models.base import JointModel, Labels
from relknit.models.teacher import Teacher
from relknit.predict import predict
from relknit.runtime import Runtime


@dataclass(frozen=True)
class Parent:
    """The model that a training starts from.

    unannotated: those of its labels that the new data does not annotate. old: labelled sentences of its own data, on which
    it is compared with the new model.
    """

    folder: Path
    saved: SavedModel
    unannotated: Labels
    old: tuple[Document, ...] = ()

    def teacher(self, config: TrainingConfig) -> Teacher | None:
        """The model as the teacher of the labels that are not annotated; None where there are none, or it is not asked for."""
        if config.distil is None or not (self.unannotated.relations or self.unannotated.entity_types):
            return None
        return Teacher(self.saved.model, self.unannotated, config.distil)


class KnownWeights:
    """The weights that a fine-tuned model has from its teacher: they make a fraction of each step, new ones all of it.

    Adam's steps do not depend on the scale of the gradient, so it is the step that is shortened. What is known is what the
    teacher's tensors, which may be smaller, hold of the model's, but for the weights of new labels. The weights of
    unannotated labels make no step at all.
    """

    def __init__(self, model: JointModel, teacher: Teacher, fraction: float, *, with_encoder: bool = True) -> None:
        shapes = {name: weights.shape for name, weights in teacher.model.named_parameters()}
        self.fraction = fraction
        self.known = [
            weights.detach()[tuple(map(slice, shapes[name]))]
            for name, weights in model.named_parameters()
            if weights.requires_grad and (with_encoder or not name.startswith("encoder."))
        ]
        self.new = model.weights_of(model.labels.without(teacher.model.labels))
        self.fixed = model.weights_of(teacher.unannotated)

    @contextmanager
    def slowed(self) -> Iterator[None]:
        """While a step is made."""
        before, fixed = [part.clone() for part in self.known], [part.values() for part in self.fixed]
        yield
        new = [part.values() for part in self.new]
        torch._foreach_lerp_(self.known, before, 1 - self.fraction)
        for part, values in zip([*self.new, *self.fixed], [*new, *fixed], strict=True):
            part.set(values)


@dataclass(frozen=True, slots=True)
class Retention:
    """What a fine-tuned model keeps of what its parent knew.

    measured_on: "old data": `before` and `after` are the F1 of parent and new model on labelled sentences of the parent's own
    data, by score, 0 to 1. "agreement": no such data was given; `after` is the F1 of the new model on the sentences of dev if
    the triples of unannotated relations that the parent predicts there were gold, and `before` that of the parent, 1.
    triples: how many those gold triples are; without any nothing is known, and both are empty.
    """

    measured_on: Literal["old data", "agreement"]
    sentences: int
    triples: int
    before: dict[str, float]
    after: dict[str, float]


def unannotated_labels(parent: JointModel, train: Sequence[Document], annotates: Sequence[str] | None) -> Labels:
    """The labels of the parent that the training documents do not annotate.

    annotates: the labels that they do; None is those that occur in them. Raises ConfigError for one that is unknown.
    """
    found = Labels.of(train)
    if annotates is None:
        return parent.labels.without(found)
    known = {*parent.labels.relations, *parent.labels.entity_types, *found.relations, *found.entity_types}
    for name in annotates:
        if name not in known:
            message = f"training.annotates has {short(name)}, which is a label neither of the model nor of train"
            raise ConfigError(f"{message}; correct or remove it")
    names = tuple(annotates)
    return parent.labels.without(Labels(names, names))


def measure_retention(parent: Parent, tuned: SavedModel, dev: Sequence[Document], runtime: Runtime) -> Retention:
    """Compare the new model with its parent: on the parent's own data, else by agreement on the sentences of dev.

    Triples of relations that the parent does not know are left aside: its data does not annotate them.
    """
    documents, relations = parent.old or dev, parent.saved.model.labels.relations
    if not parent.old:
        relations = parent.unannotated.relations
    known, new = (_predicted(one, documents, relations, runtime) for one in (parent.saved, tuned))
    gold = (
        documents if parent.old else [document.with_prediction(one) for document, one in zip(dev, known, strict=True)]
    )
    triples = sum(len(document.relations) for document in gold)
    measured_on: Literal["old data", "agreement"] = "old data" if parent.old else "agreement"
    if not triples:
        return Retention(measured_on, len(documents), 0, {}, {})
    words: dict[str, Any] = {"rule": tuned.model.anchor_rule, "spans": tuned.model.spans}
    before, after = (score_quickly(gold, found, **words) for found in (known, new))
    if measured_on == "agreement":  # the new model finds entities that the other does not know
        before.pop("entities", None), after.pop("entities", None)
    return Retention(measured_on, len(documents), triples, before, after)


def _predicted(
    saved: SavedModel, documents: Sequence[Document], relations: Sequence[str], runtime: Runtime
) -> list[Prediction]:
    """Predictions with the triples of these relations alone."""
    with saved.model.evaluating():
        found = predict(saved.model, documents, max_tokens=saved.trained_on.max_tokens, runtime=runtime, anchors=False)
    return [
        replace(one, relations=tuple(relation for relation in one.relations if relation.type in relations))
        for one in found
    ]
