import json
import shlex
import shutil
import signal
import sys

import pytest

from relknit.cli import main
from relknit.cli.train import _resume_command
from tests.cli.conftest import SMALL
from tests.signals import start


def test_training_writes_a_model_folder_with_its_record(model_folder):
    names = {path.name for path in model_folder.iterdir()}
    assert {
        "model.safetensors",
        "model.json",
        "vocabulary.json",
        "training_data.json",
        "metrics.jsonl",
        "result.json",
    } <= names
    assert "state.safetensors" not in names
    result = json.loads((model_folder / "result.json").read_text())
    assert result["test"]["strict"] == 1.0


def test_json_prints_the_result_alone_on_standard_output(tmp_path, data_folder, capsys):
    out = tmp_path / "run"
    status = main(["train", str(data_folder), "--out", str(out), "--json", "--set", *SMALL, "training.epochs=1"])
    result = json.loads(capsys.readouterr().out)
    assert status == 0
    assert result["folder"] == str(out)
    assert set(result["dev"]) == {"partial", "exact", "strict", "text", "entities"}


def test_each_epoch_shows_what_dev_is_worth_with_its_names_replaced(tmp_path, data_folder, capsys):
    out = tmp_path / "run"
    settings = [*SMALL, "training.epochs=2", "training.select_renamed=true"]
    assert main(["train", str(data_folder), "--out", str(out), "--set", *settings]) == 0
    records = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    shown = [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch")]
    for record, line in zip(records, shown, strict=True):
        assert f"strict, renamed {100 * record['dev_renamed']['strict']:.1f}" in line


def test_a_toml_file_gives_the_configuration_and_set_overrides_it(tmp_path, data_folder, capsys):
    config = tmp_path / "own.toml"
    config.write_text(f'[data]\ntrain = "{data_folder}/train.jsonl"\n[training]\nepochs = 7\nseed = 3\n')
    assert main(["train", str(config), "--out", str(tmp_path / "run"), "--set", *SMALL, "training.epochs=2"]) == 0
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert len(lines) == 2
    assert "no dev split" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nosuch"], "no such file or folder"),
        (["{data}", "--set", "training.epochs=0"], "training.epochs"),
        (["{data}", "--set", "nonsense=1"], "section.key=value"),
        (["{data}", "--set", "nonsense.key=1"], "unknown key nonsense"),
        (["{data}", "--from", "nosuch"], "no such folder"),
        (["{data}", "--out", "{model}"], "already holds a run"),
        (["{data}/train.jsonl"], "give a .toml file"),
    ],
)
def test_bad_input_is_one_line_and_status_two(
    arguments, expected, data_folder, model_folder, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    arguments = [a.format(data=data_folder, model=model_folder) for a in arguments]
    assert main(["train", *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert expected in error
    assert error.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in error


@pytest.mark.parametrize("name", ["conll04", "webnlg"])
def test_the_name_of_a_dataset_that_is_not_here_names_the_command_that_gets_it(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", name]) == 2
    error = capsys.readouterr().err
    assert f"to get the dataset of this name: relknit data get {name}, then: relknit train data/{name}" in error
    assert len(error.splitlines()) == 1


def test_the_name_of_a_dataset_that_was_fetched_names_its_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "conll04").mkdir(parents=True)
    assert main(["train", "conll04"]) == 2
    error = capsys.readouterr().err
    assert "is in data/conll04, so run: relknit train data/conll04" in error
    assert "data get" not in error


def test_a_folder_goes_before_a_dataset_of_its_name(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conll04").mkdir()
    assert main(["train", "conll04"]) == 2
    assert "no train.jsonl (or .jsonl.gz) here" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupting_saves_and_prints_the_command_that_resumes(tmp_path, data_folder, number):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "relknit", "train", str(data_folder), "--out", str(out)]
    process = start([*command, "--set", *SMALL, "training.epochs=5000"])
    assert any(line.startswith("epoch") for line in process.stderr)  # waits for the first
    process.send_signal(number)
    _, error = process.communicate()
    assert process.returncode == 130
    assert "stopped; to go on: relknit train" in error
    assert "--resume" in error.splitlines()[-1]
    assert (out / "state.safetensors").exists()
    assert "Traceback" not in error


def test_the_resume_command_is_safe_to_paste(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["relknit", "train", "sample", "--out", "r/it's $x"])
    printed = _resume_command()
    assert shlex.split(printed) == ["relknit", "train", "sample", "--out", "r/it's $x", "--resume"]


def test_a_folder_with_files_of_somebody_else_is_left_alone(tmp_path, data_folder, capsys):
    (tmp_path / "config.json").write_text("mine")
    assert main(["train", str(data_folder), "--out", str(tmp_path), "--set", *SMALL]) == 2
    assert "use another --out" in capsys.readouterr().err
    assert (tmp_path / "config.json").read_text() == "mine"


def test_settings_that_fine_tuning_does_not_heed_are_told(tmp_path, data_folder, model_folder, capsys):
    command = ["train", str(data_folder), "--out", str(tmp_path / "tuned"), "--from", str(model_folder)]
    assert main([*command, "--set", "encoder.hidden=99", "training.epochs=1", "training.threads=1"]) == 0
    assert "without effect: encoder.hidden = 99" in " ".join(capsys.readouterr().err.split())


def test_few_sentences_are_cross_validated_and_the_chosen_settings_are_printed(tmp_path, data_folder, capsys):
    small = [setting for setting in SMALL if not setting.startswith("training.folds")]
    assert (
        main(["train", str(data_folder), "--out", str(tmp_path), "--json", "--set", *small, "training.epochs=2"]) == 0
    )
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert result["folds"] == 3
    assert "folds = 3" in printed.err
    assert "fold 3/3  epoch   2" in printed.err
    assert json.loads((tmp_path / "config.json").read_text())["training"]["folds"] == 3


def test_the_learning_curve_is_drawn_and_put_into_a_sentence(tmp_path, data_folder, capsys):
    settings = [*SMALL, "training.epochs=1"]
    assert (
        main(["train", str(data_folder), "--out", str(tmp_path), "--learning-curve", "--json", "--set", *settings]) == 0
    )
    printed = capsys.readouterr()
    curve = json.loads(printed.out)["learning_curve"]
    assert [point["sentences"] for point in curve["points"]] == [3, 6, 9, 12]
    assert curve["summary"] in printed.err
    assert (tmp_path / "learning_curve.svg").read_text().startswith("<?xml")


def test_a_preset_that_is_unknown_is_refused_in_one_line(data_folder, tmp_path, capsys):
    assert main(["train", str(data_folder), "--out", str(tmp_path), "--preset", "tiny"]) == 2
    assert "--preset 'tiny': expected minilm" in capsys.readouterr().err


def test_fine_tuning_tells_what_is_kept_and_whose_licence_it_is(tmp_path, data_folder, model_folder, capsys):
    old = data_folder / "test.jsonl"
    parent = tmp_path / "parent"
    shutil.copytree(model_folder, parent)
    command = ["train", str(data_folder), "--from", str(parent), "--old-data", str(old), "--json", "--set"]
    small = ["training.epochs=1", "training.threads=1"]
    assert main([*command, *small, "--out", str(tmp_path / "one")]) == 0
    shown = capsys.readouterr()
    retention = json.loads(shown.out)["retention"]
    assert (retention["measured_on"], retention["sentences"]) == ("old data", 12)
    assert f"{100 * retention['after']['strict']:.1f}" in shown.err
    assert "no LICENSE file" in " ".join(shown.err.split())
    (parent / "LICENSE").write_text("CC0 1.0 Universal")
    assert main([*command, *small, "--out", str(tmp_path / "two")]) == 0
    assert "CC0 1.0" in capsys.readouterr().err
    assert (tmp_path / "two" / "LICENSE").read_text() == "CC0 1.0 Universal"


def test_fine_tuning_on_all_relations_of_a_model_has_nothing_to_compare(tmp_path, data_folder, model_folder, capsys):
    command = ["train", str(data_folder), "--from", str(model_folder), "--out", str(tmp_path / "run"), "--json"]
    assert main([*command, "--set", "training.epochs=1", "training.threads=1"]) == 0
    shown = capsys.readouterr()
    assert "retention" not in json.loads(shown.out)
    assert "old relations" not in shown.err
