import csv
import json

import pytest

import long_sentence


class TestArguments:
    def test_defaults_are_512_tokens_and_246_relations_of_the_chunked_table(self):
        args = long_sentence.arguments([])
        assert (args.impl, args.tokens, args.relations) == (["chunked"], 512, 246)

    @pytest.mark.parametrize("option", ["--tokens", "--relations"])
    def test_a_sentence_of_nothing_is_refused(self, option, capsys):
        with pytest.raises(SystemExit):
            long_sentence.arguments([option, "0"])
        assert f"{option} 0: expected 1 or more" in capsys.readouterr().err


class TestReport:
    @pytest.fixture
    def report(self, monkeypatch, capsys):
        def row(*seconds):
            return [{"seconds": s, "peak_mb": 10.0 * k} for k, s in enumerate(seconds)]

        answers = {"naive": row(50.0, 6.0, 6.0), "chunked": row(50.0, 2.0, 2.0)}
        monkeypatch.setattr(long_sentence, "measure", lambda _: (answers, {"tokens": 512}))
        long_sentence.main(["--json", "-", "--steps", "2"])
        return json.loads(capsys.readouterr().out)

    def test_the_warm_up_does_not_count(self, report):
        assert report["impls"]["naive"]["seconds_p50"] == 6.0

    def test_the_peak_is_the_last_one_heard(self, report):
        assert report["impls"]["chunked"]["peak_mb"] == 20.0

    def test_the_ratio_is_median_over_median(self, report):
        assert report["ratio"] == 3.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("long_sentence")


@pytest.fixture(scope="module")
def report(folder, run_script):
    sizes = ["--tokens", 40, "--relations", 4, "--steps", 2, "--threads", 1, "--rounds", 1]
    done = run_script(
        "long_sentence.py", "--impl", "naive,chunked", *sizes, "--csv", folder / "rows.csv", "--json", "-"
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestRun:
    def test_the_json_has_the_promised_form(self, report):
        assert list(report["impls"]) == ["naive", "chunked"]
        for impl in report["impls"].values():
            assert 0 < impl["seconds_p20"] <= impl["seconds_p50"] <= impl["seconds_p80"]
            assert impl["peak_mb"] > 0
        assert report["machine"]["cores"] >= 1
        assert report["sizes"]["tokens"] == 40
        assert report["sizes"]["relations"] == 4

    def test_each_implementation_has_a_row(self, report, folder):
        with (folder / "rows.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["implementation"] for row in rows] == list(report["impls"])
        assert [row["tokens"] for row in rows] == ["40", "40"]
