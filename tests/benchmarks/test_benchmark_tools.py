import csv
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import common
from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError, RelknitError

seconds = st.lists(st.floats(min_value=1e-6, max_value=1e3), min_size=1, max_size=30)


class TestSentences:
    def test_tiled_sentences_have_the_lengths_of_webnlg(self):
        lengths = [len(document) for document in common.tiled(2000, num_relations=170)]
        assert len(lengths) == 2000
        assert 23.5 < np.mean(lengths) < 24.7
        assert 10 < np.std(lengths) < 13
        assert min(lengths) >= 5
        assert max(lengths) == 80

    def test_tiled_sentences_show_every_relation_about_equally_often(self):
        count = Counter(r.type for document in common.tiled(500, num_relations=170) for r in document.relations)
        assert len(count) == 170
        assert max(count.values()) - min(count.values()) <= 3

    def test_tiled_sentences_are_valid_documents(self, tmp_path):
        documents = common.tiled(50, num_relations=7)
        write_jsonl(tmp_path / "tiled.jsonl", documents)
        assert read_documents(tmp_path / "tiled.jsonl").documents == documents

    def test_every_tiled_sentence_has_three_relations_and_a_tag_per_token(self):
        for document in common.tiled(50, num_relations=7):
            assert len(document.relations) == 3
            assert len(document.pos) == len(document.tokens)

    def test_tiled_sentences_follow_from_the_seed(self):
        assert common.tiled(20, num_relations=3) == common.tiled(20, num_relations=3)
        assert common.tiled(20, num_relations=3) != common.tiled(20, num_relations=3, seed=1)

    def test_documents_reads_a_file_when_given_one(self, tmp_path):
        write_jsonl(tmp_path / "data.jsonl", common.tiled(5, num_relations=2))
        assert common.documents(str(tmp_path / "data.jsonl")) == common.tiled(5, num_relations=2)

    def test_the_word_shipped_means_the_tiled_corpus(self):
        assert common.documents("shipped") == common.tiled(2000, num_relations=170)

    def test_an_absent_file_is_named(self, tmp_path):
        with pytest.raises(DataError, match=r"nowhere\.jsonl"):
            common.documents(str(tmp_path / "nowhere.jsonl"))


class TestFigures:
    @given(seconds, st.floats(min_value=0, max_value=1))
    def test_percentiles_are_those_of_numpy(self, values, share):
        assert common.percentile(values, share) == pytest.approx(np.quantile(values, share))

    @given(seconds)
    def test_spread_is_in_order_and_inside_the_values(self, values):
        figures = common.spread(values)
        assert list(figures) == ["seconds_p20", "seconds_p50", "seconds_p80"]
        low, middle, high = figures.values()
        assert min(values) <= low * (1 + 1e-12)
        assert low <= middle * (1 + 1e-12)
        assert middle <= high * (1 + 1e-12)
        assert high <= max(values) * (1 + 1e-12)

    def test_ratio_is_the_median_of_the_first_over_that_of_the_last(self):
        impls = {"a": {"seconds_p50": 6.0}, "b": {"seconds_p50": 100.0}, "c": {"seconds_p50": 0.5}}
        assert common.ratio(impls) == 12.0

    def test_ratio_of_one_implementation_is_one(self):
        assert common.ratio({"a": {"seconds_p50": 6.0}}) == 1.0

    def test_the_machine_is_described_without_empty_fields(self):
        described = common.machine()
        assert list(described) == ["cpu", "cores", "memory_gb", "gpu", "os", "python", "torch", "relknit"]
        assert all(described.values())
        assert described["cores"] >= 1
        assert described["gpu"] == "none"

    def test_a_gpu_is_named(self):
        assert common.machine("Some GPU, CUDA 12.8")["gpu"] == "Some GPU, CUDA 12.8"


class TestRows:
    def test_the_header_is_written_once(self, tmp_path):
        for value in (1, 2):
            common.append_row(tmp_path / "rows.csv", {"name": "a, b", "value": value})
        with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as file:
            assert list(csv.reader(file)) == [["name", "value"], ["a, b", "1"], ["a, b", "2"]]

    def test_a_file_with_other_columns_is_refused_and_left_as_it_was(self, tmp_path):
        path = tmp_path / "rows.csv"
        path.write_text("other\n1\n", encoding="utf-8")
        with pytest.raises(RelknitError, match=r"rows\.csv: has other columns"):
            common.append_row(path, {"name": "a"})
        assert path.read_text(encoding="utf-8") == "other\n1\n"

    def test_a_report_without_json_is_printed_in_plain_lines(self, capsys):
        impl = {"seconds_p50": 0.25, "threads": 2, "peak_mb": 99.7}
        common.write_report({"impls": {"chunked": impl}, "ratio": 1.0}, None, None)
        assert capsys.readouterr().out == "chunked: 0.2500 s, 2 threads, peak 100 MB\nratio: 1.0\n"

    def test_a_report_can_go_into_a_json_file(self, tmp_path, capsys):
        common.write_report({"impls": {}, "ratio": 2.0}, str(tmp_path / "report.json"), None)
        assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == {"impls": {}, "ratio": 2.0}
        assert capsys.readouterr().out == ""


class TestNested:
    @pytest.fixture
    def nested(self):
        impl = {"threads": 1, "seconds_p20": 0.1, "seconds_p50": 0.25, "seconds_p80": 0.3, "peak_mb": 9.0, "extra": 1.5}
        part = {"impls": {"chunked": impl}, "ratio": 1.0, "sizes": {"n": 3}, "machine": {"cpu": "x"}, "steps": 2}
        return common.nested({"sentence": part, "batch": part})

    def test_the_first_report_is_the_whole_and_the_others_have_names(self, nested):
        assert nested["what"] == "sentence"
        assert nested["impls"] == nested["batch"]["impls"]
        assert nested["batch"]["what"] == "batch"
        assert "sentence" not in nested

    def test_each_report_has_its_rows(self, nested, tmp_path):
        common.write_report(nested, str(tmp_path / "report.json"), str(tmp_path / "rows.csv"))
        with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [(row["what"], row["extra"], row["n"]) for row in rows] == [
            ("sentence", "1.5", "3"),
            ("batch", "1.5", "3"),
        ]

    def test_each_report_is_printed_under_its_name(self, nested, capsys):
        common.write_report(nested, None, None)
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "sentence:"
        assert lines[3] == "batch:"


class TestArguments:
    def test_names_are_split_at_commas(self):
        args = common.parse(common.parser(None, impl="naive,chunked", steps=3), [])
        assert args.impl == ["naive", "chunked"]
        assert args.steps == 3

    @pytest.mark.parametrize(
        ("argv", "message"),
        [
            (["--impl", "chunked,fast"], "--impl fast: expected names out of naive, chunked"),
            (["--steps", "0"], "--steps 0: expected 1 or more"),
            (["--threads", "-1"], "--threads -1: expected 1 or more"),
        ],
    )
    def test_a_wrong_value_is_named(self, argv, message, capsys):
        with pytest.raises(SystemExit) as exit_:
            common.parse(common.parser(None, impl="chunked", steps=3), argv)
        assert exit_.value.code == 2
        assert message in capsys.readouterr().err

    def test_an_option_named_positive_is_checked_under_its_own_name(self, capsys):
        options = common.parser(None, impl="chunked", steps=3)
        options.add_argument("--batch-size", type=int)
        with pytest.raises(SystemExit):
            common.parse(options, ["--batch-size", "0"], "batch_size")
        assert "--batch-size 0: expected 1 or more" in capsys.readouterr().err

    def test_triton_needs_a_gpu(self, capsys):
        options = common.with_device(common.parser(None, impl="naive,chunked", steps=3))
        with pytest.raises(SystemExit):
            common.parse(options, ["--impl", "naive,triton"])
        assert "--impl triton: needs a GPU" in capsys.readouterr().err

    def test_chunked_is_refused_on_a_gpu(self, capsys):
        options = common.with_device(common.parser(None, impl="naive,chunked", steps=3))
        with pytest.raises(SystemExit):
            common.parse(options, ["--impl", "chunked,triton", "--device", "cuda"])
        assert "--impl chunked: is made for the CPU" in capsys.readouterr().err

    def test_on_a_gpu_triton_stands_where_chunked_stood(self):
        options = common.with_device(common.parser(None, impl="naive,chunked", steps=3))
        assert common.parse(options, ["--device", "cuda"]).impl == ["naive", "triton"]

    def test_where_there_is_no_device_to_choose_only_two_are_known(self, capsys):
        with pytest.raises(SystemExit):
            common.parse(common.parser(None, impl="chunked", steps=3), ["--impl", "reference"])
        assert "expected names out of naive, chunked\n" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("argv", "expected"),
        [
            ([], (2, 170, 50)),
            (["--preset", "nyt"], (4, 24, 50)),
            (["--preset", "nyt", "--rounds", "0", "--batch-size", "3"], (0, 24, 3)),
        ],
    )
    def test_a_preset_fills_in_what_was_left_out(self, argv, expected):
        options = common.presets(common.parser(None, impl="chunked", steps=3), relations="l", batch_size="sentences")
        args = common.parse(options, argv)
        assert (args.rounds, args.relations, args.batch_size) == expected

    def test_the_data_of_the_nyt_preset_is_the_shipped_corpus(self):
        options = common.with_data(common.presets(common.parser(None, impl="chunked", steps=3)))
        assert common.parse(options, ["--preset", "nyt"]).data == "shipped-nyt"

    @pytest.mark.parametrize(("device", "counts"), [("cpu", [1, 2]), ("cuda", [1])])
    def test_a_gpu_needs_one_thread(self, device, counts):
        options = common.with_device(common.parser(None, impl="naive,chunked", steps=3))
        assert common.thread_counts(common.parse(options, ["--threads", "2", "--device", device])) == counts

    def test_an_error_of_relknit_ends_in_one_line(self):
        def main():
            raise RelknitError("something to mend")

        with pytest.raises(SystemExit, match="^error: something to mend$"):
            common.exit_on_error(main)


class TestProcesses:
    def test_the_parent_process_stays_small(self, run_python):
        code = "import sys, common, train_step, extract, memory, ops, profile_step, curves, gpu; print('torch' in sys.modules)"
        assert run_python(code).stdout == "False\n"
