"""What the annotations of a sentence cover, where training mixes sources that annotate different things."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """What is annotated in a sentence, so that training does not take what is not annotated for absent.

    relations: those whose triples are all annotated; None is every relation. Other relations take no part in the loss.
    entities: false where there may be entities that are not annotated; words outside of annotated ones then take no part.
    types: of an entity type that does not say which one of several an entity has, all that it may be. "" is the type of
        entities without a type.
    missing_types: entity types that are not annotated: a word outside of annotated entities may be part of one.
    weight: how often a sentence is trained on in each epoch; 0.5 is every second sentence.
    """

    relations: frozenset[str] | None = None
    entities: bool = True
    types: tuple[tuple[str, tuple[str, ...]], ...] = ()
    missing_types: tuple[str, ...] = ()
    weight: float = 1.0

    def possible_types(self, entity_type: str | None) -> tuple[str, ...] | None:
        """The types that an entity annotated with this one may have; None where it has this one."""
        return dict(self.types).get(entity_type or "")

    def covers(self, relation: str) -> bool:
        """Whether all triples of the relation are annotated."""
        return self.relations is None or relation in self.relations
