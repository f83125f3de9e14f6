"""Calibrated confidence: from a model's probabilities to fractions of what is correct, as measured on dev.

A triple is correct when its relation and both its spans are, so the probability to start from is the product

    p = p(relation) · p(head) · p(tail)          an entity that is head and tail counts once

and Platt scaling, fitted on dev, turns it into a confidence. It keeps the order, and nothing here decides which triples
there are: the decoding's thresholds look at the model's own probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, PlainSerializer, TypeAdapter

from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable
from relknit.document import Prediction

_StoredTable = Annotated[
    PrecisionTable,
    BeforeValidator(lambda value: value if isinstance(value, PrecisionTable) else PrecisionTable.from_json(value)),
    PlainSerializer(lambda table: table.to_json()),
]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured on dev about a model's probabilities, stored with it.

    triples, entities: the scaling of the confidence of a triple and of a tagged entity.
    dev: how often triples of each relation and confidence were correct, from which `min_precision` finds its thresholds.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    triples: PlattScaling
    entities: PlattScaling
    dev: _StoredTable

    def __call__(self, prediction: Prediction) -> Prediction:
        """The same entities and triples with calibrated confidence.

        Untagged entities and anchors keep the model's own probability, an unknown confidence stays unknown.
        """
        joint = with_joint_probability(prediction)
        relations = tuple(
            r if r.confidence is None else replace(r, confidence=self.triples(r.confidence)) for r in joint.relations
        )
        entities = tuple(
            e if e.confidence is None or not e.tagged else replace(e, confidence=self.entities(e.confidence))
            for e in prediction.entities
        )
        return Prediction(entities, relations, prediction.anchors)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, as in model.json."""
        plain: dict[str, Any] = TypeAdapter(Calibration).dump_python(self, mode="json")
        return plain


def with_joint_probability(prediction: Prediction) -> Prediction:
    """The prediction with p(relation) · p(head) · p(tail) as the confidence of its triples; unknown ones count as 1."""
    known = [1.0 if entity.confidence is None else entity.confidence for entity in prediction.entities]
    relations = []
    for relation in prediction.relations:
        ends = known[relation.head] * (known[relation.tail] if relation.head != relation.tail else 1.0)
        confidence = None if relation.confidence is None else relation.confidence * ends
        relations.append(replace(relation, confidence=confidence))
    return replace(prediction, relations=tuple(relations))
