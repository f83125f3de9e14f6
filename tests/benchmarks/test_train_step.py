import csv
import json

import pytest

import common
import sentences
import train_step
from processes import Turns
from relknit.document.jsonl import write_jsonl


def answers_of(seconds, loss=1.0, peak_mb=10.0):
    return [{"seconds": value, "loss": loss, "peak_mb": peak_mb} for value in seconds]


class TestFigures:
    def test_the_warm_up_does_not_count(self):
        figures = common.summary("naive", {("naive", 1): answers_of([100.0, 1.0, 2.0, 3.0])})
        assert figures["seconds_p50"] == 2.0
        assert figures["seconds_p80"] < 3.0

    def test_the_better_number_of_threads_is_reported_with_its_own_memory(self):
        answers = {
            ("chunked", 1): answers_of([9.0, 2.0], peak_mb=50.0),
            ("chunked", 2): answers_of([9.0, 1.0], peak_mb=70.0),
            ("naive", 1): answers_of([9.0, 0.1], peak_mb=90.0),
        }
        figures = common.summary("chunked", answers)
        assert (figures["threads"], figures["seconds_p50"], figures["peak_mb"]) == (2, 1.0, 70.0)
        assert figures["seconds_p50_by_threads"] == {"1": 2.0, "2": 1.0}

    @pytest.mark.parametrize("loss", [2.0, float("nan")])
    def test_a_step_that_computes_something_else_is_no_result(self, loss, monkeypatch):
        answers = {("naive", 1): answers_of([1.0, 1.0]), ("chunked", 1): answers_of([1.0, 1.0], loss=loss)}
        monkeypatch.setattr(train_step, "measure", lambda _: Turns(answers, {}))
        with pytest.raises(common.RelknitError, match="not the same training step"):
            train_step.main(["--json", "-"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train_step")
    write_jsonl(folder / "tiny.jsonl", sentences.tiled(9, num_relations=5))
    return folder


@pytest.fixture(scope="module")
def report(folder, run_script):
    sizes = ["--batch-size", 3, "--steps", 3, "--threads", 1, "--rounds", 1]
    files = ["--data", folder / "tiny.jsonl", "--csv", folder / "rows.csv", "--json", "-"]
    done = run_script("train_step.py", *sizes, *files)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestRun:
    def test_the_json_has_the_promised_form(self, report):
        assert list(report["impls"]) == ["naive", "chunked"]
        for impl in report["impls"].values():
            assert 0 < impl["seconds_p20"] <= impl["seconds_p50"] <= impl["seconds_p80"]
            assert impl["peak_mb"] > 0
            assert impl["threads"] == 1
        assert report["machine"]["cpu"]
        assert report["steps"] == 3

    def test_both_implementations_compute_the_same_loss(self, report):
        assert report["loss_difference"] < 1e-4

    def test_the_sizes_are_those_of_the_data_and_of_the_paper(self, report, folder):
        sizes = report["sizes"]
        assert sizes["data"] == f"{folder.name}/tiny.jsonl"
        assert (sizes["sentences"], sizes["batch_size"], sizes["rounds"], sizes["relations"]) == (9, 3, 1, 5)
        assert (sizes["word_dim"], sizes["pos_dim"], sizes["lstm"], sizes["pair_hidden"]) == (100, 10, "2x50", 100)

    def test_each_implementation_has_a_row(self, report, folder):
        with (folder / "rows.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["implementation"] for row in rows] == ["naive", "chunked"]
        for row, impl in zip(rows, report["impls"].values(), strict=True):
            assert float(row["seconds_p50"]) == pytest.approx(impl["seconds_p50"], abs=1e-4)
            assert row["torch"] == report["machine"]["torch"]
            assert row["relations"] == "5"
