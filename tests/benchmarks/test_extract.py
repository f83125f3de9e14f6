import pytest

import common
import extract
from processes import Turns


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
def run(measured):
    sizes = ["--sentences", 9, "--relations", 5, "--steps", 2, "--rounds", 1, "--source", "tokens"]
    return measured("extract.py", *sizes, sentences=12)


class TestRun:
    def test_the_speed_of_each_is_reported_and_in_its_row(self, run):
        report, rows = run
        assert list(report["impls"]) == [row["implementation"] for row in rows] == ["naive", "chunked"]
        for impl in report["impls"].values():
            assert impl["sentences_per_second"] == pytest.approx(9 / impl["seconds_p50"])
        assert all(float(row["sentences_per_second"]) > 0 for row in rows)

    def test_both_find_the_same_and_something(self, run):
        assert run[0]["found_difference"] <= 0.01
        assert run[0]["found"] > 18

    def test_a_trained_model_reads_texts(self, measured):
        options = ["--impl", "chunked", "--model", "webnlg", "--sentences", 2, "--steps", 1]
        sizes = measured("extract.py", *options, sentences=2)[0]["sizes"]
        assert (sizes["model"], sizes["source"], sizes["relations"]) == ("webnlg", "text", 170)
