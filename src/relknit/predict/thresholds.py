"""What is left of a prediction when only triples of a wanted precision count."""

from __future__ import annotations

from relknit.calibration.precision_table import PrecisionThresholds
from relknit.document import Prediction
from relknit.errors import ConfigError, short
from relknit.models.base import JointModel


def thresholds_for(model: JointModel, min_precision: float | None) -> PrecisionThresholds | None:
    """The model's thresholds for a wanted precision (0 to 1), None for None.

    Raises ConfigError for a model that was never calibrated, and for a precision that is not a fraction or that no relation
    reaches.
    """
    if min_precision is None:
        return None
    if isinstance(min_precision, bool) or not isinstance(min_precision, int | float):
        raise ConfigError(f"min_precision is {short(min_precision)}, expected a fraction between 0 and 1, such as 0.95")
    if model.calibration is None:
        raise ConfigError(
            f"min_precision is {min_precision}, but this model was never calibrated; "
            "run `relknit calibrate dev.jsonl --model MODEL` on sentences it was not trained on"
        )
    return model.calibration.dev.thresholds(min_precision)


def filter_by_precision(prediction: Prediction, thresholds: PrecisionThresholds) -> Prediction:
    """The triples that reach their relation's threshold, all tagged entities, and untagged ones of a triple that is left.

    Without anchors: those of dropped triples would still count as found.
    """
    return prediction.with_relations([r for r in prediction.relations if thresholds.keeps(r.type, r.confidence)])
