"""Confidence that means what it says: from the model's probabilities to shares of what is right, as dev showed them.

A triple is right when its relation and both its spans are, so the probability to start from is the product

    p = p(relation) · p(head) · p(tail)          an entity that is head and tail counts once

and Platt's curve, fitted on dev, turns it into a confidence. The curve keeps the order, and nothing here decides which
triples there are: the decoding's thresholds look at the model's own probabilities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from relknit.document import Prediction
from relknit.metrics.platt import Curve
from relknit.metrics.precision import PrecisionTable


@dataclass(frozen=True, slots=True)
class Calibration:
    """What dev taught about a model's probabilities, stored with it.

    triples, entities: the curves of the confidence of a triple and of a tagged entity.
    dev: how often triples of each relation and confidence were right, from which `min_precision` picks its cuts.
    """

    triples: Curve
    entities: Curve
    dev: PrecisionTable

    def __call__(self, prediction: Prediction) -> Prediction:
        """The same entities and triples with calibrated confidence.

        One-word stand-ins and anchors keep the model's own probability, an unknown confidence stays unknown.
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
        """JSON-ready, see `of_json`."""
        return {"triples": asdict(self.triples), "entities": asdict(self.entities), "dev": self.dev.to_json()}

    @staticmethod
    def of_json(values: Mapping[str, Any], relations: Iterable[str]) -> Calibration:
        """What `to_json` wrote, for a model of these relations.

        Raises KeyError, TypeError, ValueError or ConfigError for anything else.
        """
        dev = values["dev"]
        if not isinstance(dev, dict) or not all(isinstance(text, str) for text in dev.values()):
            raise TypeError("calibration.dev should be an object of strings")
        if unknown := sorted(dev.keys() - set(relations)):
            raise ValueError(f"calibration.dev has {unknown[0]!r}, which is no relation of the model")
        return Calibration(_curve(values, "triples"), _curve(values, "entities"), PrecisionTable.of_json(dev))


def with_joint_probability(prediction: Prediction) -> Prediction:
    """The prediction with p(relation) · p(head) · p(tail) as the confidence of its triples; unknown ones count as 1."""
    known = [1.0 if entity.confidence is None else entity.confidence for entity in prediction.entities]
    relations = []
    for relation in prediction.relations:
        ends = known[relation.head] * (known[relation.tail] if relation.head != relation.tail else 1.0)
        confidence = None if relation.confidence is None else relation.confidence * ends
        relations.append(replace(relation, confidence=confidence))
    return replace(prediction, relations=tuple(relations))


def _curve(values: Mapping[str, Any], name: str) -> Curve:
    found = values[name]["slope"], values[name]["shift"]
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in found):
        raise TypeError(f"calibration.{name} should have a slope and a shift, both numbers")
    return Curve(*map(float, found))
