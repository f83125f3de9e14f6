"""In fine-tuning, the model that is started from: what new data does not annotate is learned from its predictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relknit.document import Document, Entity, Prediction, Relation

if TYPE_CHECKING:
    from relknit.models.base import JointModel, Labels


@dataclass(frozen=True, eq=False)
class Teacher:
    """A frozen model, and the labels of it that the new data does not annotate: those are learned from its predictions.

    weight: of what is learned from the predictions; 0 leaves it out of the loss, so that no gradient changes these labels.
    """

    model: JointModel
    unannotated: Labels
    weight: float = 1.0

    def completed(self, document: Document) -> Document:
        """The document with the triples of unannotated relations that the teacher predicts, and their entities."""
        batch = self.model.collate([self.model.prepare(document)]).to(self.model.device)
        found = self.model.predict(batch, anchors=False)[0]
        return with_triples(document, found, self.unannotated.relations)


def with_triples(document: Document, found: Prediction, relations: tuple[str, ...]) -> Document:
    """The document with the predicted triples of these relations, whose entities are added where they are not there."""
    entities = list(document.entities)
    numbers = {(entity.token_start, entity.token_end): number for number, entity in enumerate(entities)}

    def number_of(entity: Entity) -> int:
        span = entity.token_start, entity.token_end
        if span not in numbers:
            numbers[span] = len(entities)
            entities.append(entity)
        return numbers[span]

    known = {(relation.head, relation.tail, relation.type) for relation in document.relations}
    added = []
    for relation in found.relations:
        if relation.type in relations:
            ends = number_of(found.entities[relation.head]), number_of(found.entities[relation.tail])
            if (*ends, relation.type) not in known:
                added.append(Relation(*ends, relation.type))
    return replace(document, entities=tuple(entities), relations=(*document.relations, *added))
