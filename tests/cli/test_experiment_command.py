import json
import signal
import sys

import pytest

from relknit.cli import main, terminal
from relknit.cli.experiment_table import show_rows
from relknit.config import load_config
from relknit.experiments import RunOptions, Spread, TableRow, configure
from tests.experiments.tiny_experiment import lay_out, one_row
from tests.signals import start

QUICK = ["--set", "training.epochs=1"]


@pytest.fixture
def folder(tmp_path):
    return lay_out(tmp_path)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """An experiment folder and its runs: one seed of each row, the row without data failed."""
    root = tmp_path_factory.mktemp("experiment")
    folder = lay_out(root)
    status = main(["experiment", "run", str(folder), "--runs", str(root / "runs")])
    return folder, root / "runs", status


def run(*arguments):
    return main(["experiment", "run", *(str(argument) for argument in arguments)])


def test_a_failed_row_is_told_at_the_end_with_status_one_and_the_others_are_run(done):
    folder, out, status = done
    assert status == 1
    assert len(list(out.glob("paper/toy_k*/short-s1-*/evaluation.json"))) == 2


def test_the_summary_counts_and_names_each_failure_once(folder, tmp_path, capsys):
    assert run(folder, "--row", "absent_k1", "--row", "toy_k0", "--seeds", "2", "--runs", tmp_path / "r", *QUICK) == 1
    error = capsys.readouterr().err
    assert "2 failed, 2 trained" in error
    assert error.count("failed: absent_k1: ") == 1
    assert "Traceback" not in error


def test_running_again_skips_what_is_done(done, capsys):
    folder, out, _ = done
    assert run(folder, "--row", "toy_*", "--runs", out) == 0
    assert "2 already done" in capsys.readouterr().err


def test_the_runs_and_a_configuration_are_printed_as_json(done, capsys):
    folder, out, _ = done
    assert run(folder, "--row", "toy_k1", "--runs", out, "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["runs"]
    assert (found["row"], found["seed"], found["status"], found["error"]) == ("toy_k1", 1, "already done", None)
    assert main(["experiment", "show", str(folder), "toy_k1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["num_rounds"] == 1


def test_budget_data_folder_threads_and_settings_reach_the_run(folder, tmp_path):
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    options = ["--budget", "paper", "--data-dir", tmp_path / "elsewhere", "--threads", "1", "--runs", tmp_path / "runs"]
    assert run(folder, "--row", "toy_k0", *options, "--set", "model.pair_hidden=7") == 0
    (config,) = (tmp_path / "runs" / "paper" / "toy_k0").glob("paper-s1-*/config.json")
    values = json.loads(config.read_text())
    assert values["training"]["epochs"] == 3
    assert values["model"]["pair_hidden"] == 7
    assert json.loads((config.parent / "manifest.json").read_text())["threads"] == 1


def test_each_run_begins_with_a_line_and_shows_its_epochs(folder, tmp_path, capsys):
    run(folder, "--row", "toy_k1", "--runs", tmp_path / "runs")
    error = capsys.readouterr().err
    assert "toy_k1, seed 1, in " in error
    assert "epoch   2  loss" in error
    assert "toy_k1, seed 1: trained" in error


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run"], "no experiment given"),
        (["run", "nosuch"], "nosuch: no rows.toml"),
        (["run", "{folder}", "--row", "k7"], "--row k7"),
        (["show", "{folder}", "toy_*"], "matches 2 rows"),
        (["run", "{folder}", "--seeds", "0"], "--seeds 0"),
        (["run", "{folder}", "--budget", "long"], "paper knows short, own, paper"),
        (["table", "nosuch"], "no such folder"),
        (["table", "{folder}", "--json", "--markdown"], "choose one"),
        (["figure", "{folder}", "--out", "k.pdf"], "ends in .png"),
    ],
)
def test_bad_input_is_one_line_and_status_two(arguments, expected, folder, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["experiment", *(a.format(folder=folder) for a in arguments)]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert expected in error
    assert len(error.splitlines()) == 1


def test_the_table_of_a_dataset_fits_a_terminal(done, capsys, monkeypatch):
    folder, out, _ = done
    monkeypatch.setenv("COLUMNS", "80")
    capsys.readouterr()
    assert main(["experiment", "table", str(folder), "--runs", str(out)]) == 0
    shown = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    top = shown.index("toy, short budget")
    assert shown[top + 1].split() == ["row", "score", "seeds", "P", "R", "F1", "FP", "rate", "published", "gap"]
    assert all("…" not in line and len(line) <= 80 for line in shown if not line.startswith("  "))  # notes wrap
    (k0,) = [line for line in shown[top:] if line.startswith("k0 ")]
    assert (k0.split()[1], "74.7" in k0) == ("partial", True)
    assert [line.split()[2:4] for line in shown[top:] if line.startswith("k9")] == [["not", "run"]]
    assert shown.count("  k9: no row toy_k9 in rows.toml") == 1


def test_a_table_of_two_budgets_names_the_budget_of_each_row(capsys):
    figure = Spread(50.0, None)
    lines = [
        TableRow(
            "toy", "k0", score, budget, seeds=(1,), precision=figure, recall=figure, f1=figure, note=f"after {budget}"
        )
        for budget in ("short", "paper")
        for score in ("partial", "exact")
    ]
    show_rows(terminal.console(), lines)
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert shown[1] == ["row", "score", "budget", "seeds", "P", "R", "F1"]
    assert [line[:3] for line in shown[2:6]] == [
        ["k0", "partial", "short"], ["exact", "1", "50.0"], ["k0", "partial", "paper"], ["exact", "1", "50.0"]
    ]  # fmt: skip
    assert shown[6:8] == [["k0", "(short):", "after", "short"], ["k0", "(paper):", "after", "paper"]]


def test_the_table_is_printed_as_markdown(done, capsys):
    folder, out, _ = done
    capsys.readouterr()
    assert main(["experiment", "table", str(folder), "--runs", str(out), "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| data | row | score |")
    assert any(line.startswith("| toy | k1 | partial | short | 1 |") for line in lines)


def test_the_table_is_printed_as_json(done, capsys):
    folder, out, _ = done
    capsys.readouterr()
    assert main(["experiment", "table", str(folder), "--runs", str(out), "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)
    (k0,) = [line for line in lines if (line["row"], line["score"]) == ("k0", "partial")]
    assert k0["seeds"] == [1]
    assert k0["gap"] == pytest.approx(k0["f1"]["mean"] - 74.7)
    absent = [line for line in lines if line["dataset"] == "absent"]
    assert all("train.jsonl" in line["note"] for line in absent)


def test_a_row_is_printed_as_a_configuration_to_train(folder, tmp_path, capsys):
    assert main(["experiment", "show", str(folder), "toy_k1", "--budget", "paper"]) == 0
    (tmp_path / "k1.toml").write_text(capsys.readouterr().out)
    assert load_config(tmp_path / "k1.toml") == configure(one_row(folder, "toy_k1"), RunOptions("paper"))


def test_results_are_recorded_on_request_and_shown_without_the_runs(done, tmp_path, capsys):
    folder, out, _ = done
    assert run(folder, "--row", "toy_k1", "--runs", out, "--record") == 0
    path = folder / "results" / "toy_k1.json"
    assert f"recorded in {path}" in capsys.readouterr().err
    assert main(["experiment", "table", str(folder), "--runs", str(tmp_path), "--markdown"]) == 0
    assert "recorded 20" in capsys.readouterr().out
    path.unlink()


def test_the_figure_is_drawn_and_not_replaced_unasked(done, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    folder, out, _ = done
    png = tmp_path / "k.png"
    command = ["experiment", "figure", str(folder), "--runs", str(out), "--out", str(png)]
    assert main(command) == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert main(command) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0


def life(folder, out, number):
    """The same experiment in a process of its own, which gets a signal as soon as it has trained an epoch."""
    command = [sys.executable, "-m", "relknit", "experiment", "run", str(folder), "--row", "toy_k0", "--runs", str(out)]
    process = start([*command, "--set", "training.epochs=2000", "training.patience=2000"])
    assert any(line.startswith("epoch") for line in process.stderr)  # waits for the first
    process.send_signal(number)
    _, error = process.communicate()
    return process.returncode, error


def test_a_killed_experiment_goes_on_and_an_interrupted_one_says_how(folder, tmp_path, capsys):
    out = tmp_path / "runs"
    assert life(folder, out, signal.SIGKILL)[0] == -signal.SIGKILL
    status, error = life(folder, out, signal.SIGINT)
    assert status == 130
    assert "stopped; to resume" in error
    assert "Traceback" not in error
    (run_folder,) = out.glob("paper/toy_k0/short-s1-*")
    assert len(json.loads((run_folder / "manifest.json").read_text())["resumed"]) == 1
    assert main(["experiment", "table", str(folder), "--runs", str(out), "--markdown"]) == 0
    assert "seed 1: interrupted in epoch" in capsys.readouterr().out
