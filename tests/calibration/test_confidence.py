"""Calibrated confidence: what it is made of, that it keeps every triple and their order, and how it is stored."""

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from relknit.calibration.confidence import Calibration, with_joint_probability
from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable
from relknit.document import AnchorTriple, Entity, Prediction, Relation
from relknit.errors import ConfigError

PLAIN = Calibration(PlattScaling(), PlattScaling(), PrecisionTable({}))
CURVED = Calibration(
    PlattScaling(0.5, -1.0), PlattScaling(2.0, 0.25), PrecisionTable.of([("left", 0.9, True), ("knows", 0.95, False)])
)
PREDICTION = Prediction(
    (Entity(0, 2, "Person", 0.9), Entity(3, 4, None, 0.8), Entity(5, 6, None, 0.7, tagged=False)),
    (Relation(0, 1, "left", 0.6), Relation(1, 1, "knows", 0.5), Relation(0, 2, "left", 0.7)),
    (AnchorTriple(1, "left", 3, 0.6),),
)


def confidences(prediction):
    return [r.confidence for r in prediction.relations]


def without_confidence(prediction):
    return (
        [(e.token_start, e.token_end, e.type, e.tagged) for e in prediction.entities],
        [(r.head, r.tail, r.type) for r in prediction.relations],
    )


def test_a_triple_is_as_probable_as_its_relation_and_both_its_ends():
    joint = with_joint_probability(PREDICTION)
    assert confidences(joint) == pytest.approx([0.6 * 0.9 * 0.8, 0.5 * 0.8, 0.7 * 0.9 * 0.7])
    assert joint.entities == PREDICTION.entities


def test_an_unknown_confidence_stays_unknown_and_an_unknown_end_counts_as_sure():
    prediction = Prediction((Entity(0, 1), Entity(1, 2, None, 0.5)), (Relation(0, 1, "r", 0.8), Relation(0, 0, "r")))
    assert confidences(with_joint_probability(prediction)) == [pytest.approx(0.4), None]
    assert confidences(CURVED(prediction))[1] is None


def test_the_curve_is_put_on_the_joint_probability():
    found = CURVED(PREDICTION)
    expected = [PlattScaling(0.5, -1.0)(p) for p in confidences(with_joint_probability(PREDICTION))]
    assert confidences(found) == expected
    assert confidences(PLAIN(PREDICTION)) == confidences(with_joint_probability(PREDICTION))


def test_entities_have_a_curve_of_their_own_and_stand_ins_none():
    assert [e.confidence for e in CURVED(PREDICTION).entities] == [
        PlattScaling(2.0, 0.25)(0.9),
        PlattScaling(2.0, 0.25)(0.8),
        0.7,
    ]


def test_no_triple_or_entity_comes_or_goes_and_anchors_stay_raw():
    found = CURVED(PREDICTION)
    assert without_confidence(found) == without_confidence(PREDICTION)
    assert found.anchors == PREDICTION.anchors
    assert CURVED(Prediction()) == Prediction()


def test_a_surer_relation_between_the_same_entities_is_never_less_confident():
    def confidence(p):
        return confidences(CURVED(Prediction(PREDICTION.entities, (Relation(0, 1, "left", p),))))[0]

    found = [confidence(p / 50) for p in range(51)]
    assert found == sorted(found)
    assert len(set(found)) == 51


def test_a_calibration_survives_its_json():
    stored = CURVED.to_json()
    assert TypeAdapter(Calibration).validate_json(json.dumps(stored)) == CURVED
    assert stored["dev"] == {"knows": "0.950 0/1", "left": "0.900 1/1"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("triples", "slope"), "1"),
        (("triples", "slope"), True),
        (("entities", "shift"), None),
        (("entities", "slope"), -1.0),
        (("dev",), ["left"]),
        (("dev", "left"), 3),
        (("dev", "left"), "0.9 1/1"),
        (("more",), 1),
        (("triples",), None),
    ],
)
def test_a_damaged_calibration_is_refused(path, value):
    stored = CURVED.to_json()
    inner = stored
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises((ValidationError, ConfigError)):
        TypeAdapter(Calibration).validate_json(json.dumps(stored))
