import csv
import json
from types import SimpleNamespace

import pytest

import gpu
import sentences
from relknit.document.jsonl import write_jsonl


@pytest.fixture
def data(tmp_path):
    for name, count in (("train", 8), ("dev", 3), ("test", 3)):
        (tmp_path / "data").mkdir(exist_ok=True)
        write_jsonl(tmp_path / "data" / f"{name}.jsonl", sentences.tiled(count, num_relations=3))
    return tmp_path / "data"


def planned(*argv):
    return {command.name: command.arguments for command in gpu.commands(gpu.arguments([str(arg) for arg in argv]))}


class TestPlan:
    @pytest.fixture(autouse=True)
    def row(self, tmp_path, monkeypatch):
        (tmp_path / "row.toml").touch()
        monkeypatch.setattr(gpu, "_row", lambda path: tmp_path / "row.toml")

    def test_everything_is_run_at_both_batch_sizes(self, data):
        names = "ops_50 train_step_50 ops_512 train_step_512 extract extract_trained memory train"
        assert list(planned("--data", data)) == names.split()

    def test_dense_and_fused_are_compared_on_the_gpu(self, data):
        for name, arguments in planned("--data", data).items():
            if name != "train":
                assert arguments[arguments.index("--device") + 1] == "cuda"
                assert arguments[arguments.index("--impl") + 1] == "naive,triton"

    def test_the_training_takes_its_data_from_the_folder(self, data):
        arguments = planned("--data", data, "--epochs", 3, "--set", "training.seed=7")["train"]
        assert f"data.train={json.dumps(str(data / 'train.jsonl'))}" in arguments
        assert "training.epochs=3" in arguments
        assert arguments[-1] == "training.seed=7"

    def test_vectors_that_are_not_there_are_left_out_and_that_is_said(self, data, tmp_path, capsys):
        config = tmp_path / "here.toml"
        config.write_text('[encoder]\nvectors = "absent.npz"\n', encoding="utf-8")
        assert "encoder.vectors=none" in planned("--data", data, "--config", config)["train"]
        assert "absent.npz is not here" in capsys.readouterr().err

    def test_without_data_there_is_no_training(self, monkeypatch, capsys):
        monkeypatch.delenv("RELKNIT_DATA", raising=False)
        with pytest.raises(SystemExit):
            gpu.arguments([])
        assert "set RELKNIT_DATA" in capsys.readouterr().err
        assert "shipped" in planned("--only", "train_step")["train_step_50"]

    def test_a_folder_without_splits_is_an_error_in_one_line(self, tmp_path, capsys):
        assert gpu.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
        assert capsys.readouterr().err.startswith(f"error: {tmp_path}: no train.jsonl")


class TestRun:
    def test_one_failure_does_not_keep_the_others_from_running(self, data, tmp_path, monkeypatch, capsys):
        ran = []

        def run(command, **_):
            ran.append(command)
            return SimpleNamespace(returncode=len(ran) == 1)

        monkeypatch.setattr(gpu.subprocess, "run", run)
        (tmp_path / "here.toml").touch()
        files = ["--out", str(tmp_path / "out"), "--config", str(tmp_path / "here.toml")]
        assert gpu.main(["--data", str(data), *files]) == 1
        assert len(ran) == 8
        assert capsys.readouterr().out.count("FAILED with code") == 1

    def test_the_plumbing_runs_without_a_gpu(self, data, tmp_path, capfd):
        out = tmp_path / "out"
        sizes = "--batch-sizes 2 --steps 1 --epochs 1 --threads 1 --set training.ema_decay=0".split()  # noqa: SIM905
        options = ["--device", "cpu", "--only", "train_step,train", "--data", str(data), "--out", str(out)]
        assert gpu.main([*options, *sizes]) == 0, capfd.readouterr().err
        assert "train_step_2: naive " in capfd.readouterr().out
        (row,) = csv.DictReader((out / "train.csv").open(encoding="utf-8"))
        assert row["epochs"] == "1"
        assert 0 <= float(row["test_partial"]) <= 1
        assert len((out / "train_step.csv").read_text(encoding="utf-8").splitlines()) == 3
        assert json.loads((out / "run" / "result.json").read_text(encoding="utf-8"))
