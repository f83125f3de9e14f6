"""Writing files so that an existing file is replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import gzip
import io
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from relknit.errors import DataError


def partial_path(path: Path) -> Path:
    """A name beside `path` for what is still being written: `.NAME.RANDOM.partial`, which nobody can predict."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new, empty file beside `path` to write to, which replaces it if all goes well and is removed if not.

    It is created as a file of its own, never through a link, with the permissions of the file that it replaces or else
    those of any new file. Raises DataError when the system refuses; an existing file is then unchanged.
    """
    partial = partial_path(path)
    try:
        partial.touch(exist_ok=False)
        yield partial
        with contextlib.suppress(FileNotFoundError):
            partial.chmod(stat.S_IMODE(path.stat().st_mode))
        partial.replace(path)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}; an existing file is unchanged"
        raise DataError(message, path=path) from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


@contextmanager
def open_text(path: Path, *, packed: bool) -> Iterator[TextIO]:
    """A UTF-8 file to write, with gzip if `packed`; the same lines give the same bytes on every system."""
    with path.open("wb") as raw:
        stream = gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) if packed else raw
        with io.TextIOWrapper(stream, encoding="utf-8", newline="\n") as out:
            yield out


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
