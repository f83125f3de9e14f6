import csv
import json

import pytest

import common
import extract
from processes import Turns
from relknit.document.jsonl import write_jsonl


class TestArguments:
    def test_defaults_start_from_text_and_from_the_test_split(self, monkeypatch, tmp_path):
        monkeypatch.setattr("sentences.WEBNLG", tmp_path / "train.jsonl.gz")
        (tmp_path / "test.jsonl.gz").touch()
        args = extract.arguments([])
        assert (args.source, args.rounds, args.relations, args.precision) == ("text", 2, 170, "fp32")
        assert args.data == str(tmp_path / "test.jsonl.gz")

    def test_a_preset_decides_rounds_relations_and_data(self):
        args = extract.arguments(["--preset", "nyt"])
        assert (args.rounds, args.relations, args.data) == (4, 24, "shipped-nyt")


class TestFigures:
    def test_speeds_are_those_of_the_median_step(self, answers_of):
        answers = {("chunked", 1): answers_of([9.0, 2.0, 4.0, 8.0], seconds_reading=0.5)}
        figures = extract.figures("chunked", Turns(answers, {"sentences": 100, "tokens": 2400}))
        assert (figures["sentences_per_second"], figures["tokens_per_second"]) == (25.0, 600.0)
        assert figures["seconds_reading"] == 0.5

    def test_finding_something_else_is_no_result(self, answers_of):
        answers = {("naive", 1): answers_of([1.0], found=["a"]), ("chunked", 1): answers_of([1.0], found=["b"])}
        with pytest.raises(common.RelknitError, match=r"differs by 100.00%: this is not the same extraction"):
            extract.check_found(answers)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extract")
    write_jsonl(folder / "tiny.jsonl", common.tiled(12, num_relations=5))
    return folder


@pytest.fixture(scope="module")
def report(folder, run_script):
    sizes = ["--sentences", 9, "--relations", 5, "--steps", 2, "--threads", 1, "--rounds", 1, "--source", "tokens"]
    files = ["--data", folder / "tiny.jsonl", "--csv", folder / "rows.csv", "--json", "-"]
    done = run_script("extract.py", *sizes, *files)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestRun:
    def test_the_json_has_the_promised_form(self, report):
        assert list(report["impls"]) == ["naive", "chunked"]
        for impl in report["impls"].values():
            assert 0 < impl["seconds_p20"] <= impl["seconds_p50"] <= impl["seconds_p80"]
            assert impl["sentences_per_second"] == pytest.approx(9 / impl["seconds_p50"])
        assert report["machine"]["cores"] >= 1

    def test_both_find_the_same_and_something(self, report):
        assert report["found_difference"] <= 0.01
        assert report["found"] > 18

    def test_sizes_are_those_of_the_sentences_extracted(self, report):
        sizes = report["sizes"]
        assert (sizes["sentences"], sizes["relations"], sizes["rounds"]) == (9, 5, 1)
        assert sizes["tokens"] == sum(len(document) for document in common.tiled(9, num_relations=5))

    def test_rows_have_the_speed(self, report, folder):
        with (folder / "rows.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["implementation"] for row in rows] == ["naive", "chunked"]
        assert all(float(row["sentences_per_second"]) > 0 for row in rows)

    def test_a_trained_model_reads_texts(self, run_script, folder):
        options = ["--impl", "chunked", "--model", "webnlg", "--sentences", 2, "--steps", 1, "--threads", 1]
        done = run_script("extract.py", *options, "--data", folder / "tiny.jsonl", "--json", "-")
        assert done.returncode == 0, done.stderr
        sizes = json.loads(done.stdout)["sizes"]
        assert (sizes["model"], sizes["source"], sizes["relations"]) == ("webnlg", "text", 170)

    def test_a_model_that_is_not_there_ends_in_one_line(self, run_script):
        done = run_script("extract.py", "--impl", "chunked", "--model", "nowhere", "--data", "shipped", "--threads", 1)
        assert done.returncode == 1
        assert done.stderr.startswith("error: nowhere: no such folder")
