"""The command line: thin commands over the library, one file each. Errors are one line, exit status 2."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence

from relknit.errors import RelknitError, one_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `relknit` with these arguments (those of the process by default) and return the exit status.

    130 after Ctrl-C, 2 after an error; a command that raises SystemExit keeps its status.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what we write is UTF-8, whatever the terminal's own idea
            stream.reconfigure(encoding="utf-8")
    try:
        return _run(arguments)
    except RelknitError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("interrupted", status=130)
    except SystemExit as error:
        return _exit_status(error)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except UnicodeEncodeError as error:
        return _fail(f"{error.object[error.start]!a} is a lone surrogate, which UTF-8 cannot encode; fix the text")
    except OSError as error:
        return _fail(f"{error.filename or 'input/output'}: {error.strerror or error}")


def _run(arguments: Sequence[str] | None) -> int:
    from cyclopts import CycloptsError

    from relknit.cli.app import app

    try:
        status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _fail(str(error))
    sys.stdout.flush()
    return status if isinstance(status, int) else 0


def _exit_status(error: SystemExit) -> int:
    if isinstance(error.__context__, BrokenPipeError):  # rich's way of saying that nobody reads our output any more
        return 0
    if isinstance(error.code, str):
        return _fail(error.code, status=1)
    return error.code or 0


def _fail(message: str, *, status: int = 2) -> int:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print("error: " + one_line(" ".join(message.split()), most=1_000), file=sys.stderr)
    return status
