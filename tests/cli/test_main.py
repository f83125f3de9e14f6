import subprocess
import sys

import pytest

from relknit import __version__
from relknit.cli import main
from relknit.cli.app import app


def run(line):
    return subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, text=True)


@pytest.mark.parametrize(
    "command", ["data stats {sample}", "data doctor {sample} --json", "score {sample}/test.jsonl {sample}/test.jsonl"]
)
def test_a_reader_that_goes_away_is_no_error(tmp_path, command):
    sample = tmp_path / "sample"
    assert main(["data", "sample", str(sample)]) == 0
    done = run(f"{sys.executable} -m relknit {command.format(sample=sample)} | true")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_the_version_is_printed(capsys):
    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_an_unknown_command_is_one_line_and_status_two(capsys):
    assert main(["knit"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert len(error.strip().splitlines()) == 1


def options(app):
    """The options of every command below an app, by its name."""
    for name in (name for name in app if not name.startswith("-")):
        yield from options(app[name])
        if app[name].default_command is not None:
            yield name, {n: a for a in app[name].assemble_argument_collection(parse_docstring=True) for n in a.names}


def test_commands_take_the_model_where_it_runs_and_json_alike():
    found = dict(options(app))
    for command in ("extract", "demo", "evaluate", "everyday", "predict", "calibrate"):
        assert {"--model", "--device", "--threads", "--memory-budget", "--dtype"} <= found[command].keys()
    for command in ("train", "run"):
        assert {"--set", "--device", "--threads"} <= found[command].keys()
    assert all("--json" in names and names["--json"].hint is bool for names in found.values())


@pytest.mark.parametrize(
    "line",
    [
        "extract Ada --threads 9999",
        "train nowhere --threads 9999",
        "vectors distill nowhere --out v.npz --threads 9999",
    ],
)
def test_a_number_of_threads_that_is_too_large_has_one_message_everywhere(line, capsys):
    assert main(line.split()) == 2
    assert capsys.readouterr().err == "error: threads is 9999, expected 0 (one per core) to 256\n"
