"""A wanted precision in prediction: what is left of the triples, and that calibration alone leaves all of them."""

import pytest

from relknit.calibration.confidence import Calibration
from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable, PrecisionThresholds
from relknit.document import AnchorTriple, Entity, Prediction, Relation
from relknit.errors import ConfigError
from relknit.models.rin.decoding import Decoding
from relknit.predict import Predictor, predict
from relknit.predict.thresholds import filter_by_precision, thresholds_for

pytestmark = pytest.mark.usefixtures("one_thread")

PREDICTION = Prediction(
    (Entity(0, 1, None, 0.9), Entity(2, 3, None, 0.4, tagged=False), Entity(4, 5, None, 0.8)),
    (Relation(0, 1, "left", 0.55), Relation(2, 0, "knows", 0.9), Relation(0, 2, "left", 0.7)),
    (AnchorTriple(0, "left", 2, 0.55),),
)
TABLE = PrecisionTable.of(
    [("left", 0.05 + k / 1100, k > 300) for k in range(1000)] + [("needs", 0.99, k % 2 == 0) for k in range(50)]
)


@pytest.fixture
def model(tiny_model):
    model = tiny_model(num_rounds=1)
    model.decoding = Decoding(0.4, keep_untagged=True)
    return model


def test_triples_below_their_relations_cut_go_and_tagged_entities_stay():
    kept = filter_by_precision(PREDICTION, PrecisionThresholds(0.9, {"left": 0.6}, 0.5))
    assert kept.entities == (PREDICTION.entities[0], PREDICTION.entities[2])  # the stand-in went with its triple
    assert kept.relations == (Relation(1, 0, "knows", 0.9), Relation(0, 1, "left", 0.7))
    assert kept.anchors is None


def test_a_silent_relation_loses_all_its_triples():
    assert filter_by_precision(PREDICTION, PrecisionThresholds(0.9, {"left": None}, 0.0)).relations == (
        Relation(1, 0, "knows", 0.9),
    )
    assert filter_by_precision(PREDICTION, PrecisionThresholds(0.9, {}, None)).relations == ()


def test_a_cut_of_zero_keeps_everything():
    assert filter_by_precision(PREDICTION, PrecisionThresholds(0.1, {}, 0.0)).relations == PREDICTION.relations


def test_no_wanted_precision_needs_no_calibration(model):
    assert thresholds_for(model, None) is None


def test_a_model_that_was_never_calibrated_says_how_to(model):
    with pytest.raises(ConfigError, match="never calibrated; run `relknit calibrate dev.jsonl --model MODEL`"):
        thresholds_for(model, 0.9)


def test_calibration_changes_confidence_and_nothing_else(model, tiny_documents):
    before = predict(model, tiny_documents, max_tokens=20)
    model.calibration = Calibration(PlattScaling(0.5, -1.0), PlattScaling(2.0), TABLE)
    after = predict(model, tiny_documents, max_tokens=20)
    assert after == [model.calibration(prediction) for prediction in before]
    assert any(prediction.relations for prediction in before)
    for one, other in zip(before, after, strict=True):
        assert [(r.head, r.tail, r.type) for r in one.relations] == [(r.head, r.tail, r.type) for r in other.relations]
        assert one.anchors == other.anchors


def test_windows_are_merged_by_the_models_own_probability_before_calibration(model, tiny_documents):
    def spans(predictions):
        return [[(e.token_start, e.token_end) for e in p.entities] for p in predictions]

    before = predict(model, tiny_documents, max_tokens=3)
    model.calibration = Calibration(PlattScaling(0.1, 3.0), PlattScaling(0.1, -3.0), TABLE)
    after = predict(model, tiny_documents, max_tokens=3)
    assert spans(before) == spans(after)
    assert after == [model.calibration(prediction) for prediction in before]


def test_only_triples_of_the_wanted_precision_are_given_out(model, tiny_documents):
    model.calibration = Calibration(PlattScaling(), PlattScaling(), TABLE)
    everything = predict(model, tiny_documents, max_tokens=20)
    predictor = Predictor(model, max_tokens=20, min_precision=0.9)
    kept = predictor(tiny_documents)
    assert predictor.thresholds == TABLE.thresholds(0.9)
    assert kept == [filter_by_precision(prediction, predictor.thresholds) for prediction in everything]
    assert sum(len(p.relations) for p in kept) < sum(len(p.relations) for p in everything)
    assert kept == predict(model, tiny_documents, max_tokens=20, min_precision=0.9)


def test_the_trace_ends_in_the_prediction_in_windows_and_with_cuts_too(model, tiny_documents):
    model.calibration = Calibration(PlattScaling(0.8, 0.1), PlattScaling(0.9), TABLE)
    for options in ({"max_tokens": 20}, {"max_tokens": 3}, {"max_tokens": 20, "min_precision": 0.9}):
        predictor = Predictor(model, anchors=False, **options)
        for document in tiny_documents:
            trace = predictor.trace(document)
            last, expected = trace[-1], predictor([document])[0]
            assert len(trace) == 2
            assert last.entities == expected.entities
            assert [(r.head, r.tail, r.type) for r in last.relations] == [
                (r.head, r.tail, r.type) for r in expected.relations
            ]
            assert [r.confidence for r in last.relations] == pytest.approx([r.confidence for r in expected.relations])
