"""The rows of an experiment folder: `rows.toml` holds a configuration for each, `expected.json` the published figures.

[bases.NAME.SECTION]    settings that rows share
[rows]
DATASET_ROW = { base = ["NAME", …], SECTION.key = value, … }
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, TypeAlias

from pydantic import TypeAdapter, ValidationError

from relknit.errors import ConfigError, DataError
from relknit.settings import read_toml

ROWS_FILE: Final = "rows.toml"
EXPECTED_FILE: Final = "expected.json"

Figure: TypeAlias = tuple[float | None, float | None, float]
"""Precision, recall and F1 in percent; the first two None where only F1 is known."""

Published: TypeAlias = dict[str, dict[str, dict[str, Figure]]]
"""Row, then dataset, then score."""

_PUBLISHED: Final = TypeAdapter(Published)


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """A row of a paper's table: the settings of the model behind it, by section; bases are already applied."""

    folder: Path
    name: str
    values: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def dataset(self) -> str:
        """The name up to its first underscore."""
        return self.name.partition("_")[0]

    @property
    def label(self) -> str:
        """The name after its first underscore: the row of the paper's table. Empty without one."""
        return self.name.partition("_")[2]

    @property
    def where(self) -> str:
        """File and name, for messages."""
        return f"{self.folder / ROWS_FILE}: {self.name}"


def find_rows(sources: Sequence[Path], patterns: Sequence[str] = ()) -> list[ExperimentRow]:
    """The rows of experiment folders, each once, sorted by name within a folder.

    sources:  folders that hold a `rows.toml`, or such files.
    patterns: names of rows, `*` and `?` allowed; without any, all rows.
    Raises ConfigError for a source without rows, an invalid file, or a pattern that matches no row.
    """
    folders = {_folder_of(source): None for source in sources}
    rows = [row for folder in folders for row in _read_rows(folder)]
    for pattern in patterns:
        if not any(fnmatchcase(row.name, pattern) for row in rows):
            raise ConfigError(f"--row {pattern}: no such row; known: {', '.join(row.name for row in rows)}")
    return [row for row in rows if not patterns or any(fnmatchcase(row.name, pattern) for pattern in patterns)]


def read_published(folder: Path) -> Published:
    """The figures in the folder's `expected.json`, empty without that file; raises DataError."""
    try:
        return _PUBLISHED.validate_python(read_json_object(folder / EXPECTED_FILE))
    except ValidationError:
        message = "expected {ROW: {DATASET: {SCORE: [precision, recall, F1]}}} in percent"
        raise DataError(message, path=folder / EXPECTED_FILE) from None


def read_json_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file, empty without that file; raises DataError."""
    if not path.exists():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"cannot be read as JSON: {error}", path=path) from None
    if not isinstance(values, dict):
        raise DataError(f"expected a JSON object, found {type(values).__name__}", path=path)
    return values


def _folder_of(source: Path) -> Path:
    folder = (source if source.is_dir() else source.parent).resolve()
    if (source.name != ROWS_FILE and not source.is_dir()) or not (folder / ROWS_FILE).is_file():
        raise ConfigError(f"{source}: no {ROWS_FILE} there; give an experiment folder such as experiments/emnlp2020")
    return folder


def _read_rows(folder: Path) -> list[ExperimentRow]:
    path = folder / ROWS_FILE
    table = read_toml(path, fix="check the permissions of the file")
    rows, bases = table.get("rows"), table.get("bases", {})
    if not isinstance(rows, dict) or not rows or not isinstance(bases, dict) or set(table) - {"rows", "bases"}:
        raise ConfigError(f"{path}: expected [bases.NAME.SECTION] tables and a table [rows] with at least one row")
    return [ExperimentRow(folder, name, _resolve(f"{path}: {name}", rows[name], bases)) for name in sorted(rows)]


def _resolve(where: str, row: Any, bases: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a row on top of those of its bases, of which the later are stronger."""
    if not isinstance(row, dict):
        raise ConfigError(f"{where} = {row!r}: expected a table of settings")
    names = row.get("base", [])
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or any(name not in bases for name in names):
        raise ConfigError(f"{where}: base = {row['base']!r}: expected one or more of {', '.join(bases)}")
    result: dict[str, Any] = {}
    for layer in (*(bases[name] for name in names), {key: value for key, value in row.items() if key != "base"}):
        for section, values in layer.items():
            if not isinstance(values, dict):
                raise ConfigError(f"{where}: {section} = {values!r}: expected a section of keys and values")
            result[section] = result.get(section, {}) | values
    return result
