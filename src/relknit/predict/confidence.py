"""What is left of a prediction when only triples of a wanted precision count."""

from __future__ import annotations

from dataclasses import replace

from relknit.document import Prediction
from relknit.errors import ConfigError, short
from relknit.metrics.precision import Cuts
from relknit.models import JointModel


def cuts_for(model: JointModel, min_precision: float | None) -> Cuts | None:
    """The model's cuts for a wanted precision (0 to 1), None for None.

    Raises ConfigError for a model that was never calibrated, and for a precision that is no share or that no relation
    reaches.
    """
    if min_precision is None:
        return None
    if isinstance(min_precision, bool) or not isinstance(min_precision, int | float):
        raise ConfigError(f"min_precision is {short(min_precision)}, expected a share between 0 and 1, such as 0.95")
    if model.calibration is None:
        raise ConfigError(
            f"min_precision is {min_precision}, but this model was never calibrated; "
            "run `relknit calibrate MODEL --data dev.jsonl` on sentences it was not trained on"
        )
    return model.calibration.dev.cuts(min_precision)


def believed(prediction: Prediction, cuts: Cuts) -> Prediction:
    """The triples that reach their relation's cut, with all tagged entities, and stand-ins as far as a triple is left.

    Without anchors: those of dropped triples would still count as found.
    """
    kept = [r for r in prediction.relations if cuts.keeps(r.type, r.confidence)]
    used = {end for r in kept for end in (r.head, r.tail)}
    stay = [k for k, entity in enumerate(prediction.entities) if entity.tagged or k in used]
    place = {k: position for position, k in enumerate(stay)}
    relations = tuple(replace(r, head=place[r.head], tail=place[r.tail]) for r in kept)
    return Prediction(tuple(prediction.entities[k] for k in stay), relations)
