"""Where a file is to be had, and what tells that it is that file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a file's bytes must come to, in lower-case hex: their SHA-256, or the id that git gives to a file of a commit.

    A commit lists the id of every file of it, so a file can be told by it that was never seen. The id is the SHA-1 of the
    size and the bytes: no other file can be made to fit an id that stands, for all that is known against SHA-1.
    """

    kind: Literal["SHA-256", "git blob id"]
    value: str

    def matches(self, path: Path) -> bool:
        """Whether the file at `path` has this checksum; raises OSError if it can't be read."""
        digest = hashlib.sha256()
        if self.kind == "git blob id":
            digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: digest).hexdigest() == self.value


def sha256(value: str) -> Checksum:
    """The checksum of a file that was seen: its SHA-256 in hex."""
    return Checksum("SHA-256", value)


def git_blob(value: str) -> Checksum:
    """The checksum of a file that a commit lists: its id as `git ls-tree` shows it."""
    return Checksum("git blob id", value)


@dataclass(frozen=True, slots=True)
class Address:
    """One file of a public repository at one commit: where it is, its checksum, and its size in bytes (None: not known)."""

    url: str
    checksum: Checksum
    size: int | None = None

    @property
    def name(self) -> str:
        """The last part of the address, which the file keeps."""
        return self.url.rsplit("/", 1)[-1]
