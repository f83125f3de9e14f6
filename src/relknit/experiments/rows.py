"""The rows of an experiment folder: a configuration for each, and the figures that a paper printed for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from relknit.errors import ConfigError, DataError

EXPECTED_FILE: Final = "expected.json"

Figure: TypeAlias = tuple[float | None, float | None, float]
"""Precision, recall and F1 in percent; the first two None where the paper gives F1 alone."""

Published: TypeAlias = dict[str, dict[str, dict[str, Figure]]]
"""Row, then dataset, then score."""


@dataclass(frozen=True, slots=True)
class Row:
    """One configuration of an experiment folder, a file called `DATASET_ROW.toml`."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name without `.toml`."""
        return self.path.name.removesuffix(".toml")

    @property
    def dataset(self) -> str:
        """What stands before the first underscore."""
        return self.name.partition("_")[0]

    @property
    def label(self) -> str:
        """What stands after the first underscore, the row of the paper's table; empty where there is none."""
        return self.name.partition("_")[2]

    @property
    def folder(self) -> Path:
        """The experiment folder, absolute."""
        return self.path.resolve().parent


def find_rows(sources: Sequence[Path]) -> list[Row]:
    """The rows meant by configurations and folders of them, each once, those of a folder by name.

    Raises ConfigError for what is neither, and for a folder without a configuration.
    """
    found: dict[Path, Row] = {}
    for source in sources:
        paths = sorted(source.glob("*.toml")) if source.is_dir() else [source]
        if not paths:
            raise ConfigError(f"{source}: no .toml file in it; give an experiment folder such as experiments/emnlp2020")
        for path in paths:
            if path.suffix != ".toml" or not path.is_file():
                raise ConfigError(f"{path}: no such experiment; give a folder of .toml files, or one of them")
            found.setdefault(path.resolve(), Row(path))
    return list(found.values())


def read_published(folder: Path) -> Published:
    """The figures in the folder's `expected.json`, nothing when there is no such file; raises DataError."""
    values = read_object(folder / EXPECTED_FILE)
    try:
        return {
            row: {
                data: {score: _figure(figure) for score, figure in scores.items()} for data, scores in by_data.items()
            }
            for row, by_data in values.items()
        }
    except (AttributeError, TypeError, ValueError):
        raise DataError(
            "expected {ROW: {DATASET: {SCORE: [precision, recall, F1]}}} in percent", path=folder / EXPECTED_FILE
        ) from None


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, an empty one when there is no such file; raises DataError."""
    if not path.exists():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"cannot be read as JSON: {error}", path=path) from None
    if not isinstance(values, dict):
        raise DataError(f"expected a JSON object, found {type(values).__name__}", path=path)
    return values


def _figure(values: Any) -> Figure:
    precision, recall, f1 = (None if value is None else float(value) for value in values)
    if f1 is None:
        raise ValueError("a figure needs an F1")
    return precision, recall, f1
