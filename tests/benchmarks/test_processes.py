import math

import pytest

import processes
from processes import largest_difference, set_difference
from relknit.errors import RelknitError


class FakeChild:
    """Answers without a process; `order`, which a test gives, notes who was asked when."""

    order: list

    def __init__(self, settings, worker):
        self.settings, self.sizes, self.gpu = settings, {}, "none"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.order.append("closed")

    def wait_ready(self):
        self.sizes, self.gpu = {"relations": 7}, "Some GPU"

    def step(self):
        self.order.append((self.settings["impl"], self.settings["threads"]))
        return {"seconds": 1.0}


class TestTurns:
    @pytest.fixture
    def turns(self, monkeypatch):
        FakeChild.order = []
        monkeypatch.setattr(processes, "Child", FakeChild)
        return processes.take_turns({"task": "work"}, ["naive", "chunked"], [1, 2, 2], 1)

    def test_everyone_does_a_step_before_anyone_does_the_next(self, turns):
        once = [("naive", 1), ("naive", 2), ("chunked", 1), ("chunked", 2)]
        assert FakeChild.order == [*once, *once, *["closed"] * 4]

    def test_all_answers_are_kept_with_the_warm_up(self, turns):
        assert {key: len(row) for key, row in turns.answers.items()} == dict.fromkeys(
            [("naive", 1), ("naive", 2), ("chunked", 1), ("chunked", 2)], 2
        )

    def test_sizes_and_device_are_told(self, turns):
        assert (turns.sizes, turns.gpu) == ({"relations": 7}, "Some GPU")


class TestDifferences:
    def test_numbers_of_one_step_are_compared_with_each_other(self):
        answers = {("a", 1): [{"x": 4.0}, {"x": 10.0}], ("b", 1): [{"x": 4.0}, {"x": 9.0}]}
        assert largest_difference(answers, "x") == pytest.approx(0.1)

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_what_is_not_finite_never_agrees(self, value):
        assert largest_difference({("a", 1): [{"x": value}]}, "x") == math.inf

    def test_the_fraction_that_only_one_found_is_reported(self):
        first, other = ["a", "b", "c"], ["b", "c", "d"]
        answers = {("a", 1): [{"found": first}], ("b", 1): [{"found": other}], ("c", 1): [{"found": first}]}
        assert set_difference(answers, "found") == 0.5

    def test_nothing_found_by_anyone_is_no_difference(self):
        assert set_difference({("a", 1): [{"found": []}], ("b", 1): [{"found": []}]}, "found") == 0.0


class TestProcesses:
    def test_a_process_that_dies_is_named_with_its_code(self, capfd):
        settings = {"task": "no such task", "impl": "chunked", "threads": 1}
        with processes.Child(settings) as child, pytest.raises(RelknitError, match=r"chunked with 1 threads.*code 1"):
            child.wait_ready()
        assert "no such task" in capfd.readouterr().err

    def test_an_error_of_relknit_in_a_process_is_told_as_it_is(self, tmp_path):
        data = str(tmp_path / "nowhere.jsonl")
        settings = {"task": "train_step", "impl": "chunked", "threads": 1, "data": data}
        with processes.Child(settings) as child, pytest.raises(RelknitError, match=r"nowhere\.jsonl"):
            child.wait_ready()
