"""How sure a model may be of itself, learned on dev once the decoding is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from relknit.document import Document, Prediction
from relknit.metrics.counts import compare_sentence, is_typed
from relknit.metrics.curves import Scored, confidences, scored_triples
from relknit.metrics.platt import choose_curve
from relknit.metrics.precision import PrecisionTable
from relknit.metrics.reliability import scored_entities
from relknit.models import Calibration, JointModel
from relknit.models.confidence import with_joint_probability
from relknit.predict import predict


def fit_calibration(
    model: JointModel,
    dev: Sequence[Document],
    *,
    max_tokens: int,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Calibration:
    """The curves and the table of `Calibration`, from what the model says of dev under its present decoding.

    A triple or entity is right where the strict score has it right. Dev is predicted once; the model stays as it was.
    """
    earlier, was_training = model.calibration, model.training
    model.calibration = None
    model.eval()
    try:
        found = predict(model, dev, max_tokens=max_tokens, threads=threads, anchors=False, progress=progress)
    finally:
        model.train(was_training)
        model.calibration = earlier
    return calibration_of(dev, found)


def calibration_of(dev: Sequence[Document], predictions: Sequence[Prediction]) -> Calibration:
    """The same from predictions at hand, whose confidences are the model's own probabilities.

    Types are compared where both have them: without, nothing that a model of no types finds would ever be right.
    """
    typed = is_typed(dev) and any(entity.type is not None for one in predictions for entity in one.entities)
    found = [with_joint_probability(prediction) for prediction in predictions]
    pairs = zip(dev, found, strict=True)
    compared = [compare_sentence(*pair, rule="last", typed=typed) for pair in pairs]  # no rule in strict and entities

    def sentences(scored: Callable[..., Sequence[Scored] | None]) -> list[Sequence[Scored]]:
        return [scored([c], [p], typed=typed) or () for c, p in zip(compared, found, strict=True)]

    triples, entities = choose_curve(sentences(scored_triples)), choose_curve(sentences(scored_entities))
    table = PrecisionTable.of(
        (item[1], triples(confidence), item in comparison["strict"].correct)
        for comparison, prediction in zip(compared, found, strict=True)
        for item, confidence in confidences(prediction, typed=typed).items()
        if confidence is not None
    )
    return Calibration(triples, entities, table)
