"""What is chosen on dev once the weights are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final

from relknit.document import Document, Prediction
from relknit.evaluation import score_quickly
from relknit.models import Decoding, JointModel
from relknit.models.base import MENTIONS
from relknit.models.decoding import decode, first_equal
from relknit.predict import predict

THRESHOLDS: Final = (0.5, 0.6, 0.4, 0.7)
LOOSE_THRESHOLDS: Final = (None, 0.6, 0.7, 0.8, 0.9, 1.0)


def choose_decoding(
    model: JointModel,
    dev: Sequence[Document],
    *,
    select_by: str,
    tune: bool = True,
    max_tokens: int,
    threads: int = 1,
) -> Decoding:
    """How sure pairs have to be, inside and outside the tagged entities, where they stand, and whether words outside are kept.

    Best is the score that chose the epoch, then strict F1, both on dev; on a tie what changes least. One threshold
    for all relations: one for each, fitted on so few examples, gained on dev and lost on test (see the experiments' log).
    tune: false leaves the model's threshold for all pairs, as the paper has it. Dev is predicted once.
    """
    original, was_training = model.decoding, model.training
    thresholds = dict.fromkeys((original.threshold, *THRESHOLDS)) if tune else (original.threshold,)
    model.decoding = Decoding(min(thresholds))
    model.eval()
    try:
        found = predict(model, dev, max_tokens=max_tokens, threads=threads)
    finally:
        model.train(was_training)
        model.decoding = original

    def score(decoding: Decoding) -> tuple[float, float]:
        again = [redecode(one, document, model, decoding) for one, document in zip(found, dev, strict=True)]
        scores = score_quickly(dev, again, rule=model.anchor_rule)
        return selection_score(scores, select_by), scores["strict"]

    options = [
        Decoding(threshold, keep, loose, where)
        for where, threshold, loose, keep in product(
            MENTIONS if tune else (original.mentions,), thresholds, LOOSE_THRESHOLDS if tune else (None,), (False, True)
        )
        if loose is None or loose > threshold
    ]
    return max(options, key=score)


def redecode(prediction: Prediction, document: Document, model: JointModel, decoding: Decoding) -> Prediction:
    """A prediction with anchors, made with a lower threshold and no `loose_threshold`, as another decoding would have it."""
    tagged = [entity for entity in prediction.entities if entity.tagged]
    anchors = [anchor for anchor in prediction.anchors or () if (anchor.confidence or 0.0) >= decoding.threshold]
    return decode(tagged, anchors, decoding, rule=model.anchor_rule, first=first_equal(document.tokens))


def selection_score(scores: dict[str, float], select_by: str) -> float:
    """The number that chooses: one dev F1, or the mean of several joined by "+"."""
    names = select_by.split("+")
    return sum(scores[name] for name in names) / len(names)
