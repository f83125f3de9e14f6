"""Ctrl-C ends every command with status 130 and one line, at any moment, however often it is pressed.

Every test waits until the process has reached a known point, so that none depends on how fast the machine is.
"""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from relknit.cli.train import interrupts
from relknit.text.paragraphs import BLOCK
from tests.signals import start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")

RELKNIT = [sys.executable, "-m", "relknit"]


def assert_interrupted(process, number=signal.SIGINT):
    _, error = process.communicate()
    assert process.returncode == 128 + number
    assert error.splitlines()[-1] == "error: interrupted"
    assert "Traceback" not in error
    assert "terminate called" not in error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_text_that_is_still_read_is_given_up_and_no_unfinished_file_stays(tmp_path, number):
    process = start([*RELKNIT, "extract", "-", "--json", "--html", str(tmp_path / "a.html")], stdin=subprocess.PIPE)
    process.stdin.write("Alba Bridge is in London.\n\nIt" + "\n" * BLOCK)
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(number)
    assert_interrupted(process, number)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command", ["evaluate {} --model webnlg", "data convert {} out.jsonl", "data stats {}", "score {} {}"]
)
def test_a_file_that_is_still_read_is_given_up(tmp_path, command):
    path = tmp_path / "data.jsonl"
    os.mkfifo(path)
    process = start([*RELKNIT, *command.format(path, path).split()], cwd=tmp_path)
    with path.open("w"):  # waits until the command has opened it too
        process.send_signal(signal.SIGINT)
        assert_interrupted(process)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("module", ["relknit.cli", "rich.console", "cyclopts", "numpy", "torch"])
def test_nothing_but_one_line_is_printed_while_modules_are_imported(module):
    process = start([sys.executable, "-X", "importtime", *RELKNIT[1:], "extract", "-"], stdin=subprocess.PIPE)
    for line in process.stderr:
        if line.split("|")[-1].strip() == module:
            break
    process.send_signal(signal.SIGINT)
    assert_interrupted(process)


def command_of(body):
    """A process whose command line has one more command, `work`, with this body."""
    script = """
        import sys, threading
        import torch
        from relknit.__main__ import run
        from relknit.cli.app import app
        from relknit.ops import workers

        def multiply(ready):
            ready.wait()
            while True:
                torch.ones(300, 300) @ torch.ones(300, 300)

        def work():
            {body}

        app.command(work)
        sys.argv = ["relknit", "work"]
        run()
    """
    return [sys.executable, "-c", textwrap.dedent(script).format(body=body)]


def test_pressing_it_twice_while_worker_threads_compute_is_no_abort():
    process = start(command_of("print(flush=True); workers.run(multiply, [threading.Barrier(2)] * 2, threads=2)"))
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert_interrupted(process)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("raise KeyboardInterrupt", 130, "error: interrupted"),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit('no luck')", 1, "error: no luck"),
    ],
)
def test_the_status_is_that_of_how_a_command_ends(body, status, message):
    done = subprocess.run(command_of(body), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (status, message)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_training_is_asked_to_stop_and_then_told_to(number):
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with interrupts() as asked:
            assert not asked()
            signal.raise_signal(number)
            assert asked()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_a_signal_that_the_process_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with interrupts() as asked:
            signal.raise_signal(signal.SIGHUP)
            assert not asked()
    finally:
        signal.signal(signal.SIGHUP, before)
