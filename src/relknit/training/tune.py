"""The decoding, chosen on dev once the weights are: every model is tuned on its own scores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from relknit.document import Document, Prediction
from relknit.evaluation import score_quickly, without_relations
from relknit.models.base import JointModel
from relknit.predict import predict
from relknit.runtime import Runtime


def choose_decoding(
    model: JointModel,
    dev: Sequence[Document],
    *,
    select_by: str,
    tune: bool = True,
    max_tokens: int,
    runtime: Runtime = Runtime(),
    unannotated: Collection[str] = (),
) -> Any:
    """The best of the model's `decodings` on dev: by the score that chose the epoch, then by strict F1.

    On a tie the one that the model gives first. tune: false keeps the model's thresholds. Dev is predicted once where the
    model has a `broadest_decoding`, else once for every decoding. unannotated: as in `quick_scores`.
    """

    def predictions(decoding: Any) -> list[Prediction]:
        with model.evaluating(decoding=decoding, calibration=None):
            return predict(model, dev, max_tokens=max_tokens, runtime=runtime)

    def score(decoding: Any) -> tuple[float, float]:
        if broadest is None:
            found = predictions(decoding)
        else:
            found = [model.redecode(document, one, decoding) for document, one in zip(dev, broad, strict=True)]
        scores = score_quickly(dev, without_relations(found, unannotated), rule=model.anchor_rule)
        return selection_score(scores, select_by), scores["strict"]

    options = model.decodings(thresholds=tune)
    if len(options) == 1:
        return options[0]
    broadest = model.broadest_decoding(options)
    broad = [] if broadest is None else predictions(broadest)
    return max(options, key=score)


def selection_score(scores: dict[str, float], select_by: str) -> float:
    """The number that chooses: one dev F1, or the mean of several joined by "+"."""
    names = select_by.split("+")
    return sum(scores[name] for name in names) / len(names)
