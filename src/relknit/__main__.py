"""The process of the command `relknit`, and of `python -m relknit`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def run() -> None:
    """Run the command line and end the process with its exit status.

    The first Ctrl-C raises KeyboardInterrupt, so that unfinished files are removed; a second one ends the process at once.
    """
    interrupted = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted:
            _end_interrupted()
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

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it may be ignored, as in a background job
        signal.signal(signal.SIGINT, interrupt)
        if sys.platform != "win32":
            sys.unraisablehook = unraisable
    try:
        from relknit.cli import main

        status = main()
    except KeyboardInterrupt:  # before `main` could catch it
        _end_interrupted()
    if status == INTERRUPTED:  # without waiting for worker threads, during which a second Ctrl-C would abort
        _end(status)
    if interrupted:  # raised where Python ignores exceptions, such as a callback of the import system
        _end_interrupted()
    sys.exit(status)


def _end_interrupted() -> None:
    with contextlib.suppress(OSError):
        os.write(2, b"error: interrupted\n")
    os._exit(INTERRUPTED)


def _end(status: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    run()
