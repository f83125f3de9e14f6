import json

import pytest

import common
import ops
import pair_ops
from processes import Turns

ANSWERS = {
    ("chunked", 1): [
        {"floor": {"row_max forward": f, "row_max backward": 1.0, "loss forward": 2.0, "loss backward": 3.0}}
        for f in (100.0, 1.0, 2.0, 3.0)
    ]
}


class TestFloors:
    def test_a_floor_is_the_median_without_the_warm_up(self):
        assert ops.floors(ANSWERS, ("row_max forward", "row_max backward")) == {("chunked", 1): 3.0}

    def test_a_step_has_a_row_max_for_every_round_and_one_loss(self):
        assert ops.step_floor(ANSWERS, 4) == {("chunked", 1): 4 * 3.0 + 5.0}

    def test_each_implementation_is_compared_at_its_own_threads(self):
        impls = {"chunked": {"threads": 2, "seconds_p50": 6.0}}
        found = ops.with_floor(impls, {("chunked", 1): 4.0, ("chunked", 2): 2.0})
        assert found["chunked"] == {"threads": 2, "seconds_p50": 6.0, "floor_seconds": 2.0, "over_floor": 3.0}


class TestValues:
    @pytest.mark.parametrize(
        ("name", "dtype", "good"),
        [
            ("loss forward", "float32", False),
            ("select forward", "float32", True),
            ("loss forward", "bfloat16", True),
        ],
    )
    def test_three_percent_are_too_much_for_all_but_counts_and_short_numbers(self, name, dtype, good):
        answers = {("naive", 1): [{"value": 100.0}], ("chunked", 1): [{"value": 97.0}]}
        if good:
            assert ops.check_values(answers, name, dtype) == pytest.approx(0.03)
        else:
            with pytest.raises(common.RelknitError, match=r"loss forward: results differ by 3\.00%"):
                ops.check_values(answers, name, dtype)


@pytest.fixture(scope="module")
def run(measured):
    sizes = ["--tokens", 7, "--relations", 5, "--batch-size", 3, "--pair-hidden", 16, "--features", 8]
    return measured("ops.py", "--impl", "naive,reference,chunked", "--steps", 2, "--rounds", 3, *sizes)


class TestRun:
    def test_every_operation_is_reported_beside_its_floor_and_has_rows(self, run):
        report, rows = run
        for part in (report, *(report[name] for name in ops.FLOORS)):
            assert list(part["impls"]) == ["naive", "reference", "chunked"]
            for impl in part["impls"].values():
                assert impl["over_floor"] == pytest.approx(impl["seconds_p50"] / impl["floor_seconds"])
        assert report["difference"] < 0.01
        assert [row["what"] for row in rows] == [name for name in ("training step", *ops.FLOORS) for _ in range(3)]

    def test_the_whole_is_the_pair_operations_of_a_training_step(self, run):
        whole, row_max, loss = (
            part["impls"]["chunked"]["floor_seconds"]
            for part in (run[0], *(run[0][f"{name} forward+backward"] for name in ("row_max", "loss")))
        )
        assert whole == pytest.approx(3 * row_max + loss)


class TestLengths:
    def test_sentences_of_even_length_are_all_alike(self):
        assert pair_ops._lengths({"even": True, "tokens": 6, "batch_size": 2}) == [6, 6]

    def test_else_they_spread_around_the_mean(self):
        drawn = pair_ops._lengths({"even": False, "tokens": 40, "batch_size": 500})
        assert 38 < sum(drawn) / len(drawn) < 42
        assert max(drawn) > 60


def test_a_report_can_be_made_of_answers_alone(monkeypatch, capsys, answers_of):
    part = {"seconds": 1.0, "peak_mb": 1.0, "value": 1.0}
    floors = {name: 0.5 for pieces in ops.FLOORS.values() for name in pieces}
    answers = answers_of([9.0, 2.0], parts=dict.fromkeys(ops.FLOORS, part), floor=floors, rates={"forward": 1e9})
    monkeypatch.setattr(ops, "measure", lambda _: Turns({("chunked", 1): answers}, {"tokens": 3}, "Some GPU"))
    ops.main(["--impl", "chunked", "--json", "-"])
    report = json.loads(capsys.readouterr().out)
    assert report["impls"]["chunked"]["over_floor"] == 2.0 / (2 * 1.0 + 1.0)
    assert report["machine"]["gpu"] == "Some GPU"
