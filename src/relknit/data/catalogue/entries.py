"""The datasets that the papers of this field report on; `datasets.toml` beside this file lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Literal

from relknit.data.catalogue.address import Address, Checksum
from relknit.data.convert.assemble import Anchor
from relknit.data.readers.splits import SPLITS
from relknit.errors import ConfigError


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


def _address(root: str, path: str, *known: Any) -> Address:
    """known: bytes and SHA-256, or the git blob id."""
    if len(known) == 1:
        return Address(f"{root}/{path}", Checksum("git blob id", known[0]))
    return Address(f"{root}/{path}", Checksum("SHA-256", known[1]), known[0])


def _dataset(name: str, entry: dict[str, Any]) -> Dataset:
    root = f"https://raw.githubusercontent.com/{entry.pop('repository', '')}/{entry.pop('commit', '')}"
    addresses = {split: _address(root, *known) for split, known in entry.pop("files", {}).items()}
    splits = {split: entry["splits"].get(split) for split in SPLITS}
    return Dataset(name, **entry | {"splits": MappingProxyType(splits), "files": MappingProxyType(addresses)})


def _read() -> dict[str, Dataset]:
    text = (files("relknit") / "data" / "catalogue" / "datasets.toml").read_text(encoding="utf-8")
    return {name: _dataset(name, entry) for name, entry in tomllib.loads(text).items()}


DATASETS: Final[Mapping[str, Dataset]] = MappingProxyType(_read())
