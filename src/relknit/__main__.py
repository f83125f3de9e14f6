"""The process of the command `relknit`, and of `python -m relknit`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130  # 128 + SIGINT, as shells report it
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


def run() -> None:
    """Run the command line and end the process with its exit status.

    The first Ctrl-C, SIGTERM or SIGHUP (a closed terminal) raises KeyboardInterrupt, so that unfinished files are removed; a
    second one ends the process at once. The status is 128 and the number of the signal.
    """
    interrupted, received = False, int(signal.SIGINT)

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted, received
        received = received if number == getattr(signal, "SIGALRM", None) else number
        if interrupted:
            _end_interrupted(received)
        interrupted = True
        raise KeyboardInterrupt

    def unraisable(unraised: sys.UnraisableHookArgs) -> None:
        nonlocal interrupted
        if unraised.exc_type is not KeyboardInterrupt:
            sys.__unraisablehook__(unraised)
            return
        # Python ignored it, as in a weak reference's callback: it is raised again as soon as that is left
        interrupted = False
        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.01)

    for number in (getattr(signal, name) for name in SIGNALS if hasattr(signal, name)):
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):  # ignored in a background job
            signal.signal(number, interrupt)
    if sys.platform != "win32":
        sys.unraisablehook = unraisable
    try:
        from relknit.cli import main

        status = main()
    except KeyboardInterrupt:  # before `main` could catch it
        _end_interrupted(received)
    if status == INTERRUPTED:  # without waiting for worker threads, during which a second Ctrl-C would abort
        _end(128 + received)
    if interrupted:  # raised where Python ignores exceptions, such as a callback of the import system
        _end_interrupted(received)
    sys.exit(status)


def _end_interrupted(number: int) -> None:
    with contextlib.suppress(OSError):
        os.write(2, b"error: interrupted\n")
    os._exit(128 + number)


def _end(status: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    run()
