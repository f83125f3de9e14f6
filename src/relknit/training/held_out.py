"""What is chosen after training on sentences that the weights were not trained on: dev, or the folds of cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relknit.calibration.confidence import Calibration
from relknit.config import TrainingConfig
from relknit.evaluation import score_quickly
from relknit.runtime import Runtime
from relknit.training.calibration import calibration_of
from relknit.training.tune import HeldOut, choose_decoding_of, choose_window_of


@dataclass(frozen=True, slots=True)
class HeldOutChoice:
    """What is chosen for a model, and its F1 under every score (0 to 1) on the sentences it was chosen on.

    max_tokens: how much text is read at a time.
    """

    decoding: Any
    max_tokens: int
    calibration: Calibration
    scores: dict[str, float]


def choose_held_out(
    parts: Sequence[HeldOut], renamed: Sequence[HeldOut], config: TrainingConfig, *, max_tokens: int, runtime: Runtime
) -> HeldOutChoice:
    """Choose the decoding on all parts and renamed parts, then the window and the calibration on the parts, and score them.

    max_tokens: the window of the training sentences, which stays where `tune_window` is false.
    """
    by: dict[str, Any] = {"select_by": config.select_by, "runtime": runtime}
    decoding = choose_decoding_of([*parts, *renamed], tune=config.tune_thresholds, max_tokens=max_tokens, **by)
    if config.tune_window:
        max_tokens = choose_window_of(parts, decoding, max_tokens=max_tokens, **by)
    limits: dict[str, Any] = {"max_tokens": max_tokens, "runtime": runtime}
    documents = [document for part in parts for document in part.documents]
    predictions = [prediction for part in parts for prediction in part.predictions(decoding, **limits)]
    words: dict[str, Any] = {"rule": parts[0].model.anchor_rule, "spans": parts[0].model.spans}
    scores = score_quickly(documents, predictions, **words)
    return HeldOutChoice(decoding, max_tokens, calibration_of(documents, predictions, **words), scores)
