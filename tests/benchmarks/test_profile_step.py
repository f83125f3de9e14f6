import json

import pytest

import profile_step
from processes import Turns

RATES = {"forward": 2e9, "backward": 1e9, "bytes": 3e9, "add": 4e9, "sigmoid": 5e9}


def answer(seconds, **parts):
    floor = {"row_max forward": 0.01, "loss forward": 0.02, "loss backward": 0.02, "optimiser": 0.05}
    return {"seconds": seconds, "parts": parts, "floor": floor, "elementwise": 0.1, "rates": RATES}


ROW = [
    answer(100.0, **{"loss forward": 50.0}),
    answer(1.0, **{"loss forward": 0.25, "loss backward": 0.25, "optimiser": 0.1}),
    answer(1.0, **{"loss forward": 0.25, "loss backward": 0.25, "optimiser": 0.1}),
]


class TestTable:
    def test_value_and_gradient_of_the_loss_are_one_part(self):
        part = next(part for part in profile_step.table(ROW) if part["part"].startswith("loss"))
        assert part == {"part": "loss, value and gradient", "seconds": 0.5, "floor_seconds": 0.04, "fraction": 0.5}

    def test_the_parts_and_the_rest_make_the_step(self):
        parts = profile_step.table(ROW)
        assert sum(part["seconds"] for part in parts) == pytest.approx(1.0)
        assert parts[-1]["part"] == "rest"
        assert parts[-1]["seconds"] == pytest.approx(0.4)

    def test_the_step_is_compared_with_the_sum_of_all_floors(self):
        whole = profile_step.whole_step(ROW)
        assert whole["floor_seconds"] == pytest.approx(0.1)
        assert whole["over_floor"] == pytest.approx(10.0)
        assert whole["over_floor_with_elementwise"] == pytest.approx(5.0)

    def test_every_part_that_is_timed_has_a_row(self):
        rows = [name for names in profile_step.ROWS.values() for name in names]
        layers = [
            f"{name} {way}"
            for name in ("row_max", "loss", "encoder", "interaction", "tagger")
            for way in ("forward", "backward")
        ]
        assert sorted(rows) == sorted([*layers, "optimiser", "batch"])


class TestReport:
    @pytest.fixture
    def run(self, monkeypatch):
        turns = Turns({("chunked", 1): ROW, ("chunked", 2): [answer(1.0), answer(0.5)]}, {"batch_size": 50})
        monkeypatch.setattr(profile_step, "measure", lambda _: turns)
        return profile_step.main

    def test_the_table_is_markdown(self, run, capsys):
        run([])
        lines = capsys.readouterr().out.splitlines()
        assert "| loss, value and gradient | 500.0 | 50% | 40.0 |" in lines
        assert "| 1 threads | 1000.0 | 100.0 | 10.0 | 100.0 | 5.0 |" in lines
        assert "| forward, Gflop/s | 2.0 | 2.0 |" in lines
        assert {line.count("|") for line in lines[:11]} == {5}


def test_it_runs(run_script):
    options = ["--data", "shipped", "--batch-size", 2, "--steps", 1, "--threads", 1, "--rounds", 1, "--json", "-"]
    done = run_script("profile_step.py", *options)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [part["part"] for part in report["parts"]] == [*profile_step.ROWS, "rest"]
    assert report["threads"]["1"]["over_floor"] > 0
