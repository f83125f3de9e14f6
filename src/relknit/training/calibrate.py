"""What is chosen on dev once the weights are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Final

from relknit.document import Document, Prediction
from relknit.evaluation import score_quickly
from relknit.models import Decoding, JointModel
from relknit.models.decoding import decode
from relknit.predict import predict

LOOSE_THRESHOLDS: Final = (None, 0.6, 0.7, 0.8, 0.9, 1.0)


def choose_decoding(
    model: JointModel, dev: Sequence[Document], *, select_by: str, max_tokens: int, threads: int = 1
) -> Decoding:
    """How sure a pair outside the tagged entities has to be, and whether its words are kept, as is best on dev.

    Best is the score that chose the epoch, then strict F1; on a tie what changes least. Dev is predicted once.
    """
    original, was_training = model.decoding, model.training
    model.decoding = Decoding(original.threshold)
    model.eval()
    try:
        found = predict(model, dev, max_tokens=max_tokens, threads=threads)
    finally:
        model.train(was_training)
        model.decoding = original

    def score(decoding: Decoding) -> tuple[float, float]:
        scores = score_quickly(dev, [redecode(one, model, decoding) for one in found], rule=model.anchor_rule)
        return selection_score(scores, select_by), scores["strict"]

    options = [
        replace(original, loose_threshold=loose, keep_untagged=keep)
        for loose, keep in product(LOOSE_THRESHOLDS, (False, True))
    ]
    return max(options, key=score)


def redecode(prediction: Prediction, model: JointModel, decoding: Decoding) -> Prediction:
    """A prediction with anchors, made without any `loose_threshold`, as another decoding would have it."""
    tagged = [entity for entity in prediction.entities if entity.tagged]
    return decode(tagged, prediction.anchors or (), decoding, rule=model.anchor_rule)


def selection_score(scores: dict[str, float], select_by: str) -> float:
    """The number that chooses: one dev F1, or the mean of several joined by "+"."""
    names = select_by.split("+")
    return sum(scores[name] for name in names) / len(names)
