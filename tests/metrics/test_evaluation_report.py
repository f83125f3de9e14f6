from __future__ import annotations

import json

import pytest

from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.errors import DataError
from relknit.metrics import SCORES, evaluate_predictions

GOLD = [
    Document("1", ("Ada", "Holm", "lives", "in", "Bo"), (Entity(0, 2), Entity(4, 5)), (Relation(0, 1, "lives in"),)),
    Document("2", ("Nothing", "here")),
]
PERFECT = [document.prediction for document in GOLD]


def test_perfect_predictions_score_one():
    report = evaluate_predictions(GOLD, PERFECT, rule="last")
    assert {name: score.f1 for name, score in report.scores.items()} == dict.fromkeys(SCORES, 1.0)
    assert report.sentences == 2


def test_empty_everything_is_a_report_of_zeros():
    for gold in ([], [Document("1", ("a",))]):
        result = evaluate_predictions(gold, [Prediction()] * len(gold), rule="last").to_dict()
        for name in SCORES:
            assert result[name] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
            assert result["intervals"][name] == [0.0, 0.0]
        json.dumps(result)


def test_dictionary_has_the_promised_keys_and_survives_json():
    result = evaluate_predictions(GOLD, PERFECT, rule="last", known_names={"ada holm", "bo"}).to_dict()
    assert json.loads(json.dumps(result)) == result
    assert list(result) == [
        *SCORES,
        "counts",
        "by_relation",
        "by_overlap",
        "by_triples",
        "seen_unseen",
        "negatives",
        "not_asserted",
        "intervals",
        "errors",
        "unknown_labels",
        "reliability",
    ]
    assert result["counts"]["sentences"] == 2
    assert result["counts"]["entities"] == {"correct": 2, "predicted": 2, "gold": 2}
    assert result["by_relation"]["lives in"]["strict"]["f1"] == 1.0
    assert result["by_overlap"]["Normal"]["sentences"] == 1
    assert result["by_triples"]["1"]["sentences"] == 1
    assert result["seen_unseen"]["seen"]["gold"] == 1
    assert result["negatives"] == {"sentences": 1, "with_prediction": 0, "false_positive_rate": 0.0}


def test_errors_are_counted_by_kind_and_the_correct_ones_are_those_of_the_scores():
    wrong = Prediction((Entity(0, 1), Entity(4, 5), Entity(2, 3)), (Relation(0, 1, "lives in"), Relation(2, 1, "at")))
    report = evaluate_predictions(GOLD, [wrong, PERFECT[1]], rule="last")
    counted = {what: {kind: n for kind, n in kinds.items() if n} for what, kinds in report.errors.items()}
    assert counted["triples"] == {"boundary error": 1, "spurious": 1}
    assert counted["entities"] == {"correct": 1, "boundary error": 1, "spurious": 1}
    assert report.to_dict()["errors"]["triples"] == dict(report.errors["triples"])
    perfect = evaluate_predictions(GOLD, PERFECT, rule="last")
    assert perfect.errors["triples"]["correct"] == perfect.scores["strict"].correct == 1


def test_seen_and_unseen_are_absent_without_the_training_names():
    assert evaluate_predictions(GOLD, PERFECT, rule="last").to_dict()["seen_unseen"] is None
    assert evaluate_predictions(GOLD, PERFECT, rule="last", known_names=frozenset()).seen_unseen is not None


def test_intervals_can_be_left_out_and_follow_the_seed():
    half = [PERFECT[0], PERFECT[1], Prediction()]
    gold = [*GOLD, GOLD[0]]
    assert evaluate_predictions(gold, half, rule="last", bootstrap_samples=0).intervals == {}
    first, again, other = (
        evaluate_predictions(gold, half, rule="last", bootstrap_samples=7, seed=s).intervals for s in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_anchor_rule_reaches_the_scores():
    last_words = [Prediction((Entity(1, 2), Entity(4, 5)), (Relation(0, 1, "lives in"),)), Prediction()]
    assert evaluate_predictions(GOLD, last_words, rule="last").scores["partial"].f1 == 1.0
    assert evaluate_predictions(GOLD, last_words, rule="first").scores["partial"].f1 == 0.0


def test_too_few_predictions_are_refused_with_the_fix():
    with pytest.raises(DataError, match="1 predictions for 2 gold sentences; give one for each"):
        evaluate_predictions(GOLD, PERFECT[:1], rule="last")


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        (Prediction((Entity(1, 3),)), r"prediction 2 \(id '2'\) has an entity \[1, 3\), but its sentence has 2 tokens"),
        (Prediction((Entity(0, 1),), (Relation(0, 1, "r"),)), "points at entity 1, but has 1 entities"),
        (Prediction((Entity(0, 1),), (Relation(-1, 0, "r"),)), "points at entity -1"),
        (Prediction(anchors=(AnchorTriple(0, "r", 2),)), "has an anchor at token 2"),
    ],
)
def test_prediction_that_does_not_fit_its_sentence_is_named(prediction, message):
    with pytest.raises(DataError, match=message):
        evaluate_predictions(GOLD, [PERFECT[0], prediction], rule="last")
