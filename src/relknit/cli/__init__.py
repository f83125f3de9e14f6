"""The command line: thin commands over the library, one file each. Errors are one line, exit status 2."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from relknit.errors import RelknitError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `relknit` with these arguments (those of the process by default) and return the exit status."""
    from cyclopts import CycloptsError

    from relknit.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what we write is UTF-8, whatever the terminal's own idea
            stream.reconfigure(encoding="utf-8")
    try:
        status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except (RelknitError, CycloptsError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("interrupted", status=130)
    except SystemExit:  # rich's way of saying that the reader of our output has gone, as `head` does
        return 0
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except UnicodeEncodeError as error:
        return _fail(f"{error.object[error.start]!a} is half of a character pair; mend the text")
    except OSError as error:
        return _fail(f"{error.filename or 'input/output'}: {error.strerror or error}")
    return status if isinstance(status, int) else 0


def _fail(message: str, *, status: int = 2) -> int:
    print("error: " + " ".join(message.split()), file=sys.stderr)
    return status
