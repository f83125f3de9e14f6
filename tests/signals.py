"""Processes that get signals, however the tests were started: below `nohup` or in the background some are ignored."""

import signal
import subprocess


def heed_signals():
    """Let this process end by signals as a program at a terminal does."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def start(command, **options):
    """A process with its output in text pipes, which heeds signals."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, preexec_fn=heed_signals, **(streams | options))
