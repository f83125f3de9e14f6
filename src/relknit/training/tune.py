"""The decoding, chosen on dev once the weights are: every model is tuned on its own scores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from relknit.augment.join import joined_in
from relknit.document import Document, Prediction
from relknit.evaluation import main_f1, score_quickly, without_relations
from relknit.models.base import JointModel
from relknit.predict import predict
from relknit.runtime import Runtime

WINDOWS: Final = (1, 24, 32, 40, 48, 56, 64, 80, 96, 128)
"""Tokens: the windows among which `choose_window` chooses, beside that of the training sentences."""
MOST_LOST: Final = 0.002
"""F1 (0 to 1) that the chosen window may lose on dev as it is, for a gain on paragraphs."""


class HeldOut(NamedTuple):
    """A model, and documents that it was not trained on."""

    model: JointModel
    documents: Sequence[Document]

    def predictions(self, decoding: Any, **options: Any) -> list[Prediction]:
        """What the model predicts under that decoding, uncalibrated; the model stays as it was."""
        with self.model.evaluating(decoding=decoding, calibration=None):
            return predict(self.model, self.documents, **options)


def choose_decoding(model: JointModel, dev: Sequence[Document], **options: Any) -> Any:
    """The best of the model's `decodings` on dev; `options` are those of `choose_decoding_of`."""
    return choose_decoding_of([HeldOut(model, dev)], **options)


def choose_decoding_of(
    held_out: Sequence[HeldOut],
    *,
    select_by: str,
    tune: bool = True,
    max_tokens: int,
    runtime: Runtime = Runtime(),
    unannotated: Collection[str] = (),
) -> Any:
    """The best of the model's `decodings` on held-out documents: by the score that chose the epoch, then by strict F1.

    held_out: one model with dev, or the models of cross-validation with the fold that each has not seen; scored together.
    On a tie the decoding that the model gives first. tune: false keeps the model's thresholds. The documents are predicted
    once where the model has a `broadest_decoding`, else once for every decoding. unannotated: as in `quick_scores`.
    """
    limits: dict[str, Any] = {"max_tokens": max_tokens, "runtime": runtime}

    def predictions(part: HeldOut, number: int, decoding: Any) -> list[Prediction]:
        if broadest is None:
            return part.predictions(decoding, **limits)
        pairs = zip(part.documents, broad[number], strict=True)
        return [part.model.redecode(document, prediction, decoding) for document, prediction in pairs]

    def score(decoding: Any) -> tuple[float, float]:
        found = [one for number, part in enumerate(held_out) for one in predictions(part, number, decoding)]
        left = without_relations(found, unannotated)
        scores = score_quickly(documents, left, rule=first.anchor_rule, spans=first.spans)
        return selection_score(scores, select_by), main_f1(scores)

    first = held_out[0].model
    documents = [document for part in held_out for document in part.documents]
    options = first.decodings(thresholds=tune)
    if len(options) == 1:
        return options[0]
    broadest = first.broadest_decoding(options)
    broad = [] if broadest is None else [part.predictions(broadest, **limits) for part in held_out]
    return max(options, key=score)


def choose_window(model: JointModel, dev: Sequence[Document], **options: Any) -> int:
    """How many tokens the model best reads at a time, on dev; `options` are those of `choose_window_of`."""
    return choose_window_of([HeldOut(model, dev)], model.decoding, **options)


def choose_window_of(
    held_out: Sequence[HeldOut],
    decoding: Any,
    *,
    select_by: str,
    max_tokens: int,
    runtime: Runtime = Runtime(),
    unannotated: Collection[str] = (),
) -> int:
    """How many tokens are best read at a time: of WINDOWS and `max_tokens` the best for paragraphs.

    Of the windows that lose at most MOST_LOST on the held-out documents, the one with the highest score on the same joined in
    threes and in fives to paragraphs of unrelated sentences; of equal ones the longest. With 1, texts are read sentence by
    sentence. MOST_LOST keeps facts across sentences where data has them.
    """
    joined = [[HeldOut(part.model, list(joined_in(size, part.documents))) for part in held_out] for size in (3, 5)]

    def selection(parts: Sequence[HeldOut], window: int) -> float:
        documents = [document for part in parts for document in part.documents]
        limits: dict[str, Any] = {"max_tokens": window, "runtime": runtime}
        found = [prediction for part in parts for prediction in part.predictions(decoding, **limits)]
        left, model = without_relations(found, unannotated), parts[0].model
        scores = score_quickly(documents, left, rule=model.anchor_rule, spans=model.spans)
        return selection_score(scores, select_by)

    def on_paragraphs(window: int) -> tuple[float, int]:
        return round(sum(selection(parts, window) for parts in joined), 4), window

    alone = {window: selection(held_out, window) for window in {*WINDOWS, max_tokens}}
    least = max(alone.values()) - MOST_LOST
    return max((window for window, score in alone.items() if score >= least), key=on_paragraphs)


def selection_score(scores: dict[str, float], select_by: str) -> float:
    """The number that chooses: one dev F1, or the mean of several joined by "+", of those that the model can have."""
    names = [name for name in select_by.split("+") if name in scores]
    return sum(scores[name] for name in names) / len(names)
