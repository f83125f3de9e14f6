"""Writing files so that what stood there before is never lost."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relknit.errors import DataError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write beside `path`, which takes its place if all goes well and is removed if not.

    Raises DataError when the system refuses; what stood at `path` is then still there.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"cannot be written: {reason}; what stood there is still there", path=path) from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def check_target(path: Path, *, suffixes: tuple[str, ...], overwrite: bool) -> None:
    """Make sure before any work that a result can go to `path`; its folder is made. Raises DataError."""
    if not path.name.endswith(suffixes):
        raise DataError(f"expected a name that ends in {' or '.join(suffixes)}", path=path)
    if path.is_dir():
        raise DataError("is a folder; name a file", path=path)
    if path.exists() and not overwrite:
        raise DataError("exists already; name another file or add --overwrite", path=path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"its folder cannot be made: {error.strerror or error}; name another file", path=path) from None
