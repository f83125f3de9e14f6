"""One process at a time in a run folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from relknit.errors import RelknitError

LOCK_FILE: Final = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; the system lets go of it when the process ends, however it ends.

    Raises RelknitError when another process holds it. Does nothing on systems without `flock` (Windows).
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    try:
        handle = (folder / LOCK_FILE).open("w")
    except OSError as error:
        raise RelknitError(f"{folder}: cannot be written to: {error.strerror}; use another --out") from None
    with handle:  # the file stays: one that is removed and made again could be held twice
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RelknitError(
                f"{folder}: another process is training in it; wait for it, or use another --out"
            ) from None
        yield
