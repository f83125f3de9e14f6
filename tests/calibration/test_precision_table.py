from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.calibration.precision_table import WEIGHT, PrecisionTable, PrecisionThresholds, Z, wilson_bound
from relknit.errors import ConfigError

TRIPLES = st.lists(
    st.tuples(st.sampled_from(["born in", "works for", "a/b, c"]), st.floats(0, 1), st.booleans()), max_size=60
)


def spread(relation: str, count: int, wrong_below: float) -> list[tuple[str, float, bool]]:
    """`count` triples of evenly spread confidence, those below `wrong_below` wrong and all others right."""
    return [(relation, (k + 0.5) / count, (k + 0.5) / count >= wrong_below) for k in range(count)]


def wilson(right: float, said: float) -> float:
    """Solved from its definition: the share p at which the observed one is Z standard errors above."""
    low, high = 0.0, right / said
    for _ in range(80):
        middle = (low + high) / 2
        if right / said - middle > Z * math.sqrt(middle * (1 - middle) / said):
            low = middle
        else:
            high = middle
    return low


@pytest.mark.parametrize(("right", "said"), [(1, 1), (9, 10), (95, 100), (990, 1000), (3, 7)])
def test_the_lower_bound_is_wilsons(right, said):
    assert float(wilson_bound(np.array([right, said]))) == pytest.approx(wilson(right, said), abs=1e-9)


def test_the_lower_bound_of_nothing_is_zero_and_grows_with_examples():
    assert wilson_bound(np.array([[0, 0], [0, 5]])).tolist() == [0.0, 0.0]
    bounds = wilson_bound(np.array([[9, 10], [90, 100], [900, 1000]])).tolist()
    assert bounds == sorted(bounds)
    assert bounds[-1] < 0.9


def test_triples_are_counted_by_relation_and_level():
    table = PrecisionTable.of([("r", 0.9504, True), ("r", 0.9509, False), ("r", 0.29, True), ("s", 1.0, False)])
    assert table.by_relation == {"r": {290: (1, 1), 950: (1, 2)}, "s": {1000: (0, 1)}}
    assert table.triples == 4


@given(TRIPLES)
def test_a_table_survives_its_json(triples):
    table = PrecisionTable.of(triples)
    stored = json.loads(json.dumps(table.to_json()))
    assert PrecisionTable.from_json(stored) == table
    assert table.triples == len(triples)


def test_the_json_can_be_read_by_a_person():
    table = PrecisionTable.of([("r", 0.7315, False), ("r", 0.95, True), ("r", 0.95, True), ("r", 0.9502, False)])
    assert table.to_json() == {"r": "0.731 0/1, 0.950 2/3"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0.9 1/1",
        "0.950 2/1",
        "0.950 0/0",
        "1.500 1/1",
        "0.950 1/1,0.960 1/1",
        "0.950 -1/1",
        "0.950 1/1, 0.950 1/1",
        "0.950 9999999999/9999999999",
        "٠.950 1/1",
        "nan 1/1",
        "0.950 1/1, ",
    ],
)
def test_any_other_text_is_refused(text):
    with pytest.raises(ValueError, match="^r: "):
        PrecisionTable.from_json({"r": text})


def test_the_cut_is_the_lowest_from_which_precision_is_reached():
    triples = spread("r", 2000, wrong_below=0.4)
    table = PrecisionTable.of(triples)

    def bound(cut: float) -> float:
        kept = [right for _, confidence, right in triples if confidence >= cut]
        return wilson(sum(kept), len(kept))

    cuts = table.thresholds(0.9)
    assert bound(cuts.by_relation["r"]) >= 0.9 > bound(cuts.by_relation["r"] - 0.005)
    assert cuts.by_relation["r"] <= cuts.others <= cuts.by_relation["r"] + 0.02  # its own examples need no margin
    assert cuts.keeps("r", cuts.by_relation["r"])
    assert not cuts.keeps("r", cuts.by_relation["r"] - 0.001)


def test_more_is_asked_for_more_precision():
    table = PrecisionTable.of(spread("r", 3000, wrong_below=0.5))
    found = [table.thresholds(wanted).by_relation["r"] for wanted in (0.6, 0.8, 0.9, 0.95, 0.99)]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_a_relation_with_many_examples_has_its_own_cut():
    table = PrecisionTable.of(spread("good", 1500, wrong_below=0.1) + spread("bad", 1500, wrong_below=0.8))
    cuts = table.thresholds(0.95)
    assert cuts.by_relation["good"] < 0.3
    assert cuts.by_relation["bad"] > 0.7
    assert cuts.by_relation["good"] < cuts.others < cuts.by_relation["bad"]


def test_a_relation_with_few_examples_is_judged_by_all_together():
    rest = spread("common", 2000, wrong_below=0.5)
    cuts = PrecisionTable.of([*rest, ("rare", 0.2, True)]).thresholds(0.9)
    assert cuts.by_relation["rare"] == pytest.approx(cuts.others, abs=0.01)
    assert not cuts.keeps("rare", 0.2)  # its one right example does not count against 2000
    assert cuts.keeps("never seen", cuts.others)


def test_a_relation_that_is_often_wrong_is_silent_and_named():
    wrong = [("bad", 0.999, k % 2 == 0) for k in range(60)]
    cuts = PrecisionTable.of([*spread("good", 4000, wrong_below=0.3), *wrong]).thresholds(0.95)
    assert cuts.by_relation["bad"] is None
    assert cuts.suppressed(["good", "bad", "unknown"]) == ["bad"]
    assert not cuts.keeps("bad", 1.0)


def test_all_triples_that_are_kept_reach_the_precision_together():
    chance = np.random.default_rng(0)
    triples = []
    for relation in range(40):
        for confidence in chance.uniform(0.4, 1, size=25):
            triples.append((f"r{relation}", float(confidence), bool(chance.random() < confidence)))
    for wanted in (0.75, 0.85, 0.9):
        cuts = PrecisionTable.of(triples).thresholds(wanted)
        kept = [right for relation, confidence, right in triples if cuts.keeps(relation, confidence)]
        assert wilson(sum(kept), len(kept)) >= wanted


def test_what_cannot_be_reached_is_refused_with_what_can():
    table = PrecisionTable.of([("r", 0.9, k % 10 != 0) for k in range(200)])
    with pytest.raises(
        ConfigError, match=r"no relation reaches it on the 200 dev triples; ask for at most 0\.8"
    ) as told:
        table.thresholds(0.95)
    most = float(str(told.value).split("at most ")[1].split(",")[0])
    assert table.thresholds(most).others is not None
    with pytest.raises(ConfigError, match="no relation reaches"):
        table.thresholds(most + 0.001)


def test_a_table_of_nothing_or_of_errors_alone_reaches_nothing():
    for table in (PrecisionTable({}), PrecisionTable.of([("r", 0.9, False)] * 50)):
        with pytest.raises(ConfigError, match="dev triples; calibrate on more sentences"):
            table.thresholds(0.5)


@pytest.mark.parametrize("wanted", [0.0, 1.0, -0.5, 95, math.nan])
def test_a_precision_that_is_no_share_is_refused(wanted):
    with pytest.raises(ConfigError, match=r"min_precision is .*, expected a fraction between 0 and 1, such as 0\.95"):
        PrecisionTable({}).thresholds(wanted)


def test_a_triple_without_confidence_never_counts():
    cuts = PrecisionThresholds(0.9, {"r": 0.0}, 0.0)
    assert cuts.keeps("r", 0.0)
    assert not cuts.keeps("r", None)


def test_a_cut_keeps_the_very_examples_it_was_chosen_by():
    for confidence in (0.29, 0.57, 0.58, 0.951, 0.9509999):
        table = PrecisionTable.of([("r", confidence, True)] * (4 * WEIGHT))
        assert table.thresholds(0.95).keeps("r", confidence)
