"""What is chosen after training on sentences that the weights were not trained on: dev, or the folds of cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relknit.calibration.confidence import Calibration
from relknit.config import TrainingConfig
from relknit.evaluation import score_quickly
from relknit.training.calibration import calibration_of
from relknit.training.tune import HeldOut, choose_decoding_of


@dataclass(frozen=True, slots=True)
class HeldOutChoice:
    """The decoding and calibration of a model, and their F1 under every score (0 to 1) on the sentences they were chosen on."""

    decoding: Any
    calibration: Calibration
    scores: dict[str, float]


def choose_held_out(
    parts: Sequence[HeldOut], renamed: Sequence[HeldOut], config: TrainingConfig, **limits: Any
) -> HeldOutChoice:
    """Choose the decoding on all parts and renamed parts, then fit the calibration on the parts and score them.

    limits: `max_tokens` and `runtime`, as for `relknit.predict.predict`.
    """
    decoding = choose_decoding_of([*parts, *renamed], select_by=config.select_by, tune=config.tune_thresholds, **limits)
    documents = [document for part in parts for document in part.documents]
    predictions = [prediction for part in parts for prediction in part.predictions(decoding, **limits)]
    scores = score_quickly(documents, predictions, rule=parts[0].model.anchor_rule)
    return HeldOutChoice(decoding, calibration_of(documents, predictions), scores)
