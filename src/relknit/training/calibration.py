"""Calibration, fitted on dev once the decoding is chosen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import chain
from typing import Final

from relknit.calibration.confidence import Calibration, with_joint_probability
from relknit.calibration.platt import PlattScaling, fit_platt
from relknit.calibration.precision_table import PrecisionTable
from relknit.document import AnchorRule, Document, Prediction
from relknit.evaluation import without_relations
from relknit.metrics.counts import compare_sentence, is_typed
from relknit.metrics.curves import Scored
from relknit.metrics.reliability import equal_mass
from relknit.metrics.verdicts import judge, scored
from relknit.metrics.word_gold import at_anchors
from relknit.models.base import JointModel
from relknit.predict import predict
from relknit.runtime import Runtime

FOLDS: Final = 10
LEAST_EXAMPLES: Final = 20  # with fewer than this nothing is fitted


def fit_calibration(
    model: JointModel,
    dev: Sequence[Document],
    *,
    max_tokens: int,
    runtime: Runtime = Runtime(),
    progress: Callable[[int], None] | None = None,
    unannotated: Collection[str] = (),
) -> Calibration:
    """Scalings and table of `Calibration`, from what the model predicts of dev under its present decoding.

    A triple or entity is correct where the strict score has it so, of a model without spans the partial score. Dev is predicted
    once; the model stays as it was.
    unannotated: relations that dev does not annotate; predicted triples of these are left aside.
    """
    with model.evaluating(calibration=None):
        found = predict(model, dev, max_tokens=max_tokens, runtime=runtime, anchors=False, progress=progress)
    left = without_relations(found, unannotated)
    return calibration_of(dev, left, rule=model.anchor_rule, spans=model.spans)


def calibration_of(
    dev: Sequence[Document], predictions: Sequence[Prediction], *, rule: AnchorRule = "last", spans: bool = True
) -> Calibration:
    """The same from predictions at hand, whose confidences are the model's own probabilities.

    rule, spans: of the model that predicted. Types are compared where both have them: without, nothing that a model of no types
    finds would ever be correct.
    """
    dev = dev if spans else at_anchors(dev, rule)
    typed = is_typed(dev) and any(entity.type is not None for one in predictions for entity in one.entities)
    pairs = zip(dev, map(with_joint_probability, predictions), strict=True)
    # no rule in strict and entities
    judged = [judge(compare_sentence(*pair, rule="last", typed=typed)) for pair in pairs]
    triples = choose_scaling([scored(sentence.triples) or () for sentence in judged])
    entities = choose_scaling([scored(sentence.entities) or () for sentence in judged])
    table = PrecisionTable.of(
        (verdict.predicted.relation, triples(verdict.confidence), verdict.kind == "correct")
        for sentence in judged
        for verdict in sentence.triples
        if verdict.predicted is not None and verdict.confidence is not None
    )
    return Calibration(triples, entities, table)


def choose_scaling(sentences: Sequence[Sequence[Scored]]) -> PlattScaling:
    """The scaling fitted to all sentences if it lowers the expected calibration error on sentences it was not fitted to.

    That is measured by cross-validation over FOLDS parts of the sentences; else, and with fewer than LEAST_EXAMPLES
    examples, the scaling that changes nothing.
    """
    everything = list(chain.from_iterable(sentences))
    held_out: list[Scored] = []
    for fold in range(FOLDS):
        scaling = fit_platt(list(chain.from_iterable(s for k, s in enumerate(sentences) if k % FOLDS != fold)))
        held_out += [Scored(scaling(p), correct) for p, correct in chain.from_iterable(sentences[fold::FOLDS])]
    before, after = equal_mass(everything), equal_mass(held_out)
    if len(everything) < LEAST_EXAMPLES or before is None or after is None or after.error >= before.error:
        return PlattScaling()
    return fit_platt(everything)
