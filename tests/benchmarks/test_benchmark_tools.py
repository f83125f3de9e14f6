import csv
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import common
import sentences
from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl
from relknit.errors import RelknitError

seconds = st.lists(st.floats(min_value=1e-6, max_value=1e3), min_size=1, max_size=30)


class TestSentences:
    def test_tiled_sentences_have_the_lengths_of_webnlg(self):
        lengths = [len(document) for document in sentences.tiled(2000, num_relations=170)]
        assert len(lengths) == 2000
        assert 23.5 < np.mean(lengths) < 24.7
        assert 10 < np.std(lengths) < 13
        assert min(lengths) >= 5
        assert max(lengths) == 80

    def test_tiled_sentences_show_every_relation_about_equally_often(self):
        count = Counter(r.type for document in sentences.tiled(500, num_relations=170) for r in document.relations)
        assert len(count) == 170
        assert max(count.values()) - min(count.values()) <= 3

    def test_tiled_sentences_are_valid_documents(self, tmp_path):
        documents = sentences.tiled(50, num_relations=7)
        write_jsonl(tmp_path / "tiled.jsonl", documents)
        assert read_documents(tmp_path / "tiled.jsonl").documents == documents

    def test_tiled_sentences_follow_from_the_seed(self):
        assert sentences.tiled(20, num_relations=3) == sentences.tiled(20, num_relations=3)
        assert sentences.tiled(20, num_relations=3) != sentences.tiled(20, num_relations=3, seed=1)

    def test_the_word_shipped_means_the_tiled_corpus(self):
        assert sentences.documents("shipped") == sentences.tiled(2000, num_relations=170)


class TestFigures:
    @given(seconds, st.floats(min_value=0, max_value=1))
    def test_percentiles_are_those_of_numpy(self, values, fraction):
        assert common.percentile(values, fraction) == pytest.approx(np.quantile(values, fraction))

    def test_ratio_is_the_median_of_the_first_over_that_of_the_last(self):
        impls = {"a": {"seconds_p50": 6.0}, "b": {"seconds_p50": 100.0}, "c": {"seconds_p50": 0.5}}
        assert common.ratio(impls) == 12.0

    def test_the_machine_is_described_without_empty_fields(self):
        described = common.machine()
        assert list(described) == ["cpu", "cores", "memory_gb", "gpu", "os", "python", "torch", "relknit"]
        assert all(described.values())
        assert described["cores"] >= 1
        assert described["gpu"] == "none"


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


class TestNested:
    @pytest.fixture
    def nested(self):
        impl = {"threads": 1, "seconds_p20": 0.1, "seconds_p50": 0.25, "seconds_p80": 0.3, "peak_mb": 9.0, "extra": 1.5}
        part = {"impls": {"chunked": impl}, "ratio": 1.0, "sizes": {"n": 3}, "machine": {"cpu": "x"}, "steps": 2}
        return common.nested({"sentence": part, "batch": part})

    def test_each_report_has_its_rows(self, nested, tmp_path):
        common.write_report(nested, str(tmp_path / "report.json"), str(tmp_path / "rows.csv"))
        with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [(row["what"], row["extra"], row["n"]) for row in rows] == [
            ("sentence", "1.5", "3"),
            ("batch", "1.5", "3"),
        ]


class TestArguments:
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

    def test_on_a_gpu_triton_replaces_chunked(self):
        options = common.with_device(common.parser(None, impl="naive,chunked", steps=3))
        assert common.parse(options, ["--device", "cuda"]).impl == ["naive", "triton"]

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

    @pytest.mark.parametrize(("device", "counts"), [("cpu", [1, 2]), ("cuda", [1])])
    def test_a_gpu_needs_one_thread(self, device, counts):
        options = common.with_device(common.parser(None, impl="naive,chunked", steps=3))
        assert common.thread_counts(common.parse(options, ["--threads", "2", "--device", device])) == counts

    def test_an_error_of_relknit_ends_in_one_line(self):
        def main():
            raise RelknitError("something to fix")

        with pytest.raises(SystemExit, match="^error: something to fix$"):
            common.exit_on_error(main)


class TestProcesses:
    def test_the_parent_process_stays_small(self, run_python):
        scripts = "train_step, extract, memory, ops, profile_step, curves, gpu, compare_authors"
        code = f"import sys, {scripts}; print('torch' in sys.modules)"
        assert run_python(code).stdout == "False\n"
