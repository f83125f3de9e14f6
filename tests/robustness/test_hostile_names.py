"""Names of files may hold anything; what steers a terminal is shown, never sent, by errors and by what is printed."""

import sys

import pytest

from relknit.cli import main
from relknit.errors import CheckpointError, ConfigError, DataError, MissingExtraError, RelknitError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="such names need POSIX files")

STEERING = "\x1b]0;pwned\x07\x1b[2J\x9b1m\x7f"
COMMANDS = [
    "data stats {bad}",
    "data doctor {bad}",
    "data convert {bad} out.jsonl",
    "data convert {good} {made}",
    "data convert {good} {good}",
    "data convert {bad} out.spacy",
    "data split {bad} {folder}",
    "evaluate {bad} --model webnlg",
    "predict webnlg {bad} --out out.jsonl",
    "predict webnlg {good} --out {made}",
    "predict webnlg {good} --out {good}",
    "calibrate webnlg --data {bad} --out {folder}",
    "score {bad} {good}",
    "score {good} {good} --html {made}",
    "compare {good} {bad} {good}",
    "extract {bad}",
    "extract {absent}",
    "extract text --model {folder}",
    "extract text --html {made}.html",
    "train {absent}",
    "train {folder}",
    "vectors info {bad}",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_sends_what_a_file_name_holds_to_the_terminal(tmp_path, monkeypatch, capfd, command):
    monkeypatch.chdir(tmp_path)
    names = {
        "bad": "bad{}.jsonl",
        "good": "good{}.jsonl",
        "made": "new{}.jsonl",
        "absent": "no{}.txt",
        "folder": "in{}",
    }
    paths = {name: str(tmp_path / pattern.format(STEERING)) for name, pattern in names.items()}
    (tmp_path / paths["folder"]).mkdir()
    (tmp_path / paths["bad"]).write_text("no JSON\n")
    (tmp_path / paths["good"]).write_text('{"tokens": ["Ada"]}\n')
    main([argument.format(**paths) for argument in command.split()])
    shown = "".join(capfd.readouterr())
    assert shown
    assert not [c for c in shown if not c.isprintable() and c != "\n"]


@pytest.mark.parametrize("kind", [RelknitError, DataError, ConfigError, CheckpointError, MissingExtraError])
def test_every_error_is_one_short_line_of_printable_characters(kind):
    message = str(kind(f"{STEERING}\nnot UTF-8: \udce9 " + "long " * 1000))
    assert message.isprintable()
    assert 400 < len(message) <= 500


def test_a_long_path_hides_no_message():
    error = DataError("no such file", path="x/" * 3000 + STEERING, line=7)
    assert error.line == 7
    assert str(error).endswith("...:7: no such file")
    assert str(error).isprintable()
