"""Which model found the facts of a graph."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from relknit.checksums import DESCRIPTION, bytes_digest, file_digest, model_files
from relknit.errors import CheckpointError

if TYPE_CHECKING:  # a graph is read and queried without torch
    from relknit.checkpoint.label_counts import LabelCounts


@dataclass(frozen=True, slots=True)
class GraphModel:
    """A model with the options that it was used with.

    sha256: of all its files. options: those that change what it finds. labels: what occurs in its training data, if it is known.
    """

    sha256: str
    name: str = ""
    options: str = "{}"
    labels: LabelCounts | None = None

    @property
    def id(self) -> str:
        """SHA-256 of the checksum and the options; the name plays no part."""
        return bytes_digest(json.dumps([self.sha256, self.options]).encode())

    @staticmethod
    def of_folder(folder: Path, name: str, options: Mapping[str, Any]) -> GraphModel:
        """The model of a folder, without its labels, which only the loaded model has. Raises CheckpointError."""
        return GraphModel(folder_digest(folder), name, json.dumps(dict(options), sort_keys=True))


def folder_digest(folder: Path) -> str:
    """SHA-256 of the names and digests of all files of a model folder. Raises CheckpointError where one cannot be read."""
    try:
        description = json.loads((folder / DESCRIPTION).read_bytes())
        present = [name for name in sorted(model_files(description)) if (folder / name).is_file()]
        digests = [[name, file_digest(folder / name)] for name in present]
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder}: cannot be read as a model folder ({error})") from None
    return bytes_digest(json.dumps(digests).encode())
