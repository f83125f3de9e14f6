"""Where a file can be downloaded, and the checksum by which it is recognised."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from relknit.errors import DataError


@dataclass(frozen=True, slots=True)
class Checksum:
    """The expected checksum of a file in lower-case hex: its SHA-256, or the id git gives to a file of a commit.

    A git commit lists the blob id of each of its files, so the id is known for a file that was never downloaded.
    """

    kind: Literal["SHA-256", "git blob id"]
    value: str

    def matches(self, path: Path) -> bool:
        """Whether the file at `path` has this checksum; raises OSError if it cannot be read."""
        digest = hashlib.sha256()
        if self.kind == "git blob id":
            digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: digest).hexdigest() == self.value


@dataclass(frozen=True, slots=True)
class Address:
    """One file of a public repository at a fixed commit: URL, checksum, and size in bytes (None if unknown)."""

    url: str
    checksum: Checksum
    size: int | None = None

    @property
    def name(self) -> str:
        """The file name: the last part of the URL."""
        return self.url.rsplit("/", 1)[-1]

    def is_at(self, path: Path) -> bool:
        """Whether the file at `path` has the checksum; raises DataError if it cannot be read."""
        try:
            return path.is_file() and self.checksum.matches(path)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror or error}", path=path) from None
