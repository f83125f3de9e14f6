import csv
import json

import pytest

import memory
import sentences
from processes import Turns
from relknit.document.jsonl import write_jsonl


class TestReport:
    @pytest.fixture
    def report(self, monkeypatch, capsys, answers_of):
        def measure(args, work):
            value = {"found": ["x"], "loss": 1.0}
            answers = {
                ("naive", 2): answers_of([50.0, 6.0, 6.0], **value),
                ("chunked", 2): answers_of([50.0, 2.0], **value),
            }
            answers["naive", 2][-1] |= {"peak_mb": 900.0, "peak_mb_with_model": 950.0}
            answers["chunked", 2] *= 1
            answers["chunked", 2].append(dict(answers["chunked", 2][-1]))
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    write_jsonl(folder / "tiny.jsonl", sentences.tiled(6, num_relations=5))
    return folder


@pytest.fixture(scope="module")
def report(folder, run_script):
    sizes = ["--tokens", 40, "--relations", 4, "--batch-size", 3, "--steps", 1, "--threads", 1, "--rounds", 1]
    files = ["--data", folder / "tiny.jsonl", "--csv", folder / "rows.csv", "--json", "-"]
    done = run_script("memory.py", "--impl", "naive,chunked", *sizes, *files)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestRun:
    def test_the_json_has_the_promised_form(self, report):
        for part in (report, report["batch"]):
            assert list(part["impls"]) == ["naive", "chunked"]
            for impl in part["impls"].values():
                assert 0 <= impl["peak_mb"] < impl["peak_mb_with_model"]
        assert report["found_difference"] == 0.0
        assert report["batch"]["loss_difference"] < 1e-4

    def test_each_kind_of_work_has_rows(self, report, folder):
        with (folder / "rows.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [(row["what"], row["implementation"]) for row in rows] == [
            ("sentence", "naive"), ("sentence", "chunked"), ("batch", "naive"), ("batch", "chunked"),
        ]  # fmt: skip
        assert [row["relations"] for row in rows] == ["4", "4", "5", "5"]
