"""What is left of a prediction when only some relations, entity types or type signatures are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from relknit.checkpoint import SavedModel
from relknit.checkpoint.label_counts import Signature
from relknit.document import Entity, Prediction, Relation
from relknit.errors import ConfigError, short
from relknit.nearest import did_you_mean

Signatures: TypeAlias = Literal["training"] | Iterable[Signature]
"""Wanted (head type, relation, tail type); "training": those that occur in the model's training data."""


@dataclass(frozen=True)
class LabelFilter:
    """The labels that are wanted; None wants all. Made by `label_filter`, which checks them against a model."""

    relations: frozenset[str] | None = None
    types: frozenset[str] | None = None
    signatures: frozenset[Signature] | None = None

    def __call__(self, prediction: Prediction, *, given: bool = False) -> Prediction:
        """The triples of wanted relations between wanted entities, and these entities; `given` ones are all kept."""
        entities = prediction.entities
        kept = [r for r in prediction.relations if self._wants(r, entities)]
        if given:
            return Prediction(entities, tuple(kept))
        return prediction.with_relations(kept, keep=lambda entity: self.types is None or entity.type in self.types)

    def _wants(self, relation: Relation, entities: Sequence[Entity]) -> bool:
        head, tail = entities[relation.head].type, entities[relation.tail].type
        return (
            (self.relations is None or relation.type in self.relations)
            and (self.types is None or (head in self.types and tail in self.types))
            and (self.signatures is None or (head, relation.type, tail) in self.signatures)
        )


def label_filter(
    saved: SavedModel,
    *,
    relations: Iterable[str] | None = None,
    types: Iterable[str] | None = None,
    signatures: Signatures | None = None,
) -> LabelFilter | None:
    """The filter for these labels of a model; None where all are wanted.

    Raises ConfigError for a label that the model does not have, naming the nearest one, for types and signatures of a model
    whose entities have none, and for "training" where the model does not record its signatures.
    """
    labels = saved.model.labels
    if relations is None and types is None and signatures is None:
        return None
    if not labels.entity_types and (types is not None or signatures is not None):
        raise ConfigError("the model's entities have no types; leave out types and signatures")
    return LabelFilter(
        None if relations is None else _known(relations, labels.relations, "relation"),
        None if types is None else _known(types, labels.entity_types, "entity type"),
        None if signatures is None else _signatures(signatures, saved),
    )


def _known(wanted: Iterable[str], known: Sequence[str], what: str) -> frozenset[str]:
    if isinstance(wanted, str) or not isinstance(wanted, Iterable):
        raise ConfigError(f"{what}s are given as a list, found {short(wanted)}")
    found = list(wanted)
    for name in found:
        if name not in known:
            hint = did_you_mean(name, known) if isinstance(name, str) else ""
            raise ConfigError(f"the model has no {what} {short(name)}{hint or '; `relknit info` lists its labels'}")
    return frozenset(found)


def _signatures(signatures: Signatures, saved: SavedModel) -> frozenset[Signature]:
    if isinstance(signatures, str):
        if signatures != "training":
            raise ConfigError(f"signatures is {short(signatures)}, expected a list or 'training'")
        if saved.trained_on.labels is None:
            raise ConfigError("the model does not record the signatures of its training data; give them as a list")
        return saved.trained_on.labels.signatures
    found = list(signatures) if isinstance(signatures, Iterable) else [signatures]
    for signature in found:
        if not isinstance(signature, tuple | list) or len(signature) != 3:
            raise ConfigError(f"signature {short(signature)}, expected (head type, relation, tail type)")
    labels = saved.model.labels
    _known([relation for _, relation, _ in found], labels.relations, "relation")
    _known(
        [end for head, _, tail in found for end in (head, tail) if end is not None], labels.entity_types, "entity type"
    )
    return frozenset((head, relation, tail) for head, relation, tail in found)
