import json

import pytest

import memory
from processes import Turns


class TestReport:
    @pytest.fixture
    def report(self, monkeypatch, capsys, answers_of):
        def measure(args, work):
            value = {"found": ["x"], "loss": 1.0}
            answers = {
                ("naive", 2): answers_of([50.0, 6.0, 6.0], **value),
                ("chunked", 2): answers_of([50.0, 2.0, 2.0], **value),
            }
            answers["naive", 2][-1] |= {"peak_mb": 900.0, "peak_mb_with_model": 950.0}
            shared = {"data": "somewhere", "relations": 7}
            return Turns(
                answers, shared | ({"tokens": 512} if work == "sentence" else {"batch_size": 50, "max_tokens": 80})
            )

        monkeypatch.setattr(memory, "measure", measure)
        memory.main(["--json", "-", "--impl", "naive,chunked"])
        return json.loads(capsys.readouterr().out)

    def test_the_warm_up_does_not_count(self, report):
        assert report["impls"]["naive"]["seconds_p50"] == 6.0

    def test_the_peak_is_the_last_one_heard(self, report):
        naive = report["impls"]["naive"]
        assert (naive["peak_mb"], naive["peak_mb_with_model"]) == (900.0, 950.0)

    def test_the_sentence_is_the_report_and_the_batch_stands_in_it(self, report):
        assert (report["what"], report["sizes"]["batch_size"], report["sizes"]["longest"]) == ("sentence", 1, 512)
        batch = report["batch"]
        assert (batch["what"], batch["sizes"]["batch_size"], batch["sizes"]["longest"]) == ("batch", 50, 80)
        assert batch["ratio"] == report["ratio"] == 3.0


class TestRun:
    def test_each_kind_of_work_is_reported_and_has_rows(self, measured):
        sizes = ["--tokens", 40, "--relations", 4, "--batch-size", 3, "--steps", 1, "--rounds", 1]
        report, rows = measured("memory.py", "--impl", "naive,chunked", *sizes, sentences=6)
        for part in (report, report["batch"]):
            assert list(part["impls"]) == ["naive", "chunked"]
            for impl in part["impls"].values():
                assert 0 <= impl["peak_mb"] < impl["peak_mb_with_model"]
        assert report["found_difference"] == 0.0
        assert report["batch"]["loss_difference"] < 1e-4
        assert [(row["what"], row["implementation"], row["relations"]) for row in rows] == [
            ("sentence", "naive", "4"), ("sentence", "chunked", "4"), ("batch", "naive", "5"), ("batch", "chunked", "5"),
        ]  # fmt: skip
