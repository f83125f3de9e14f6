import pytest

import common
import train_step
from processes import Turns


class TestFigures:
    def test_the_warm_up_does_not_count(self, answers_of):
        figures = common.summary("naive", {("naive", 1): answers_of([100.0, 1.0, 2.0, 3.0])})
        assert figures["seconds_p50"] == 2.0
        assert figures["seconds_p80"] < 3.0

    def test_the_better_number_of_threads_is_reported_with_its_own_memory(self, answers_of):
        answers = {
            ("chunked", 1): answers_of([9.0, 2.0], peak_mb=50.0),
            ("chunked", 2): answers_of([9.0, 1.0], peak_mb=70.0),
            ("naive", 1): answers_of([9.0, 0.1], peak_mb=90.0),
        }
        figures = common.summary("chunked", answers)
        assert (figures["threads"], figures["seconds_p50"], figures["peak_mb"]) == (2, 1.0, 70.0)
        assert figures["seconds_p50_by_threads"] == {"1": 2.0, "2": 1.0}

    @pytest.mark.parametrize("loss", [2.0, float("nan")])
    def test_a_step_that_computes_something_else_is_no_result(self, loss, monkeypatch, answers_of):
        answers = {("naive", 1): answers_of([1.0, 1.0], loss=1.0), ("chunked", 1): answers_of([1.0, 1.0], loss=loss)}
        monkeypatch.setattr(train_step, "measure", lambda _: Turns(answers, {}))
        with pytest.raises(common.RelknitError, match="not the same training step"):
            train_step.main(["--json", "-"])


@pytest.fixture(scope="module")
def run(measured):
    return measured("train_step.py", "--batch-size", 3, "--steps", 3, "--rounds", 1, sentences=9)


class TestRun:
    def test_both_implementations_compute_the_same_loss(self, run):
        report, _ = run
        assert list(report["impls"]) == ["naive", "chunked"]
        assert all(impl["peak_mb"] > 0 and impl["threads"] == 1 for impl in report["impls"].values())
        assert report["steps"] == 3
        assert report["loss_difference"] < 1e-4

    def test_the_sizes_are_those_of_the_data_and_of_the_paper(self, run):
        sizes = run[0]["sizes"]
        assert sizes["data"].endswith("/tiny.jsonl")
        assert (sizes["sentences"], sizes["batch_size"], sizes["rounds"], sizes["relations"]) == (9, 3, 1, 5)
        assert (sizes["word_dim"], sizes["pos_dim"], sizes["lstm"], sizes["pair_hidden"]) == (100, 10, "2x50", 100)

    def test_each_implementation_has_a_row(self, run):
        report, rows = run
        assert [row["implementation"] for row in rows] == ["naive", "chunked"]
        for row, impl in zip(rows, report["impls"].values(), strict=True):
            assert float(row["seconds_p50"]) == pytest.approx(impl["seconds_p50"], abs=1e-4)
            assert (row["torch"], row["relations"]) == (report["machine"]["torch"], "5")
