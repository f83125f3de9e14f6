"""The datasets that the papers of this field report on, as `datasets.toml` beside this file lists them."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from relknit.data.convert.assemble import Anchor
from relknit.data.readers.splits import SPLITS
from relknit.errors import ConfigError, DataError


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


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset: description, terms and addresses.

    annotation:    what an argument of a relation is: the "whole" name, its "last word" alone, or "none"
    splits:        the published number of sentences of each split (None if unknown)
    files:         the address of each split that has one
    source_format: the format of the files, and `anchor` how their names are to be read, for `convert`
    look:          where the splits without an address can be found
    """

    name: str
    about: str
    annotation: Literal["whole", "last word", "none"]
    terms: str
    citation: str
    splits: Mapping[str, int | None]
    files: Mapping[str, Address] = field(default_factory=dict)
    source_format: str = "triples"
    anchor: Anchor | None = None
    look: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The splits without an address."""
        return tuple(split for split in self.splits if split not in self.files)


def dataset(name: str) -> Dataset:
    """The dataset of this name; raises ConfigError that lists the known ones."""
    if name not in DATASETS:
        raise ConfigError(f"no dataset is called {name!r}, expected one of {', '.join(DATASETS)}")
    return DATASETS[name]


def _dataset(name: str, entry: dict[str, Any]) -> Dataset:
    root = f"https://raw.githubusercontent.com/{entry.pop('repository', '')}/{entry.pop('commit', '')}"
    addresses = {}
    for split, (path, *size, value) in entry.pop("files", {}).items():
        checksum = Checksum("SHA-256" if size else "git blob id", value)
        addresses[split] = Address(f"{root}/{path}", checksum, *size)
    splits = {split: entry["splits"].get(split) for split in SPLITS}
    return Dataset(name, **entry | {"splits": MappingProxyType(splits), "files": MappingProxyType(addresses)})


def _read() -> dict[str, Dataset]:
    text = (files("relknit") / "data" / "catalogue" / "datasets.toml").read_text(encoding="utf-8")
    return {name: _dataset(name, entry) for name, entry in tomllib.loads(text).items()}


DATASETS: Final[Mapping[str, Dataset]] = MappingProxyType(_read())
