import subprocess
import sys

import pytest

from relknit import __version__
from relknit.cli import main


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
