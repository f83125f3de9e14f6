"""What a case study is to show: of which rows, and which sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from relknit.errors import ConfigError, DataError
from relknit.experiments.rows import Row, find_rows, read_object

CASES_FILE: Final = "cases.json"
FEW: Final = 5
"""How many sentences are shown unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows are to be compared, and on which sentences.

    title: the data set. sentences: (label, id) each; None for those in which the rows differ most, at most `limit`.
    """

    title: str
    rows: tuple[Row, ...]
    sentences: tuple[tuple[str, str], ...] | None = None
    limit: int = FEW


def questions(
    sources: Sequence[Path], *, ids: Sequence[str] = (), limit: int | None = None, data: Path | None = None
) -> list[Question]:
    """One question for each data set among the rows, or one for all rows where `data` is given.

    A folder with a `cases.json`, when neither ids, limit nor data say otherwise, asks for the rows and sentences there.
    Raises ConfigError for what is no experiment and for a limit below 1, DataError for a damaged `cases.json`.
    """
    if limit is not None and limit < 1:
        raise ConfigError(f"--limit {limit}: expected 1 or more")
    chosen = bool(ids) or limit is not None or data is not None
    stored = {source: [] if chosen or not source.is_dir() else read_cases(source) for source in sources}
    rest = [source for source, found in stored.items() if not found]
    groups: dict[str, list[Row]] = {}
    for row in find_rows(rest):
        groups.setdefault(row.dataset if data is None else data.name, []).append(row)
    sentences = tuple(("", identity) for identity in ids) or None
    asked = [Question(title, tuple(rows), sentences, limit or FEW) for title, rows in groups.items()]
    return [question for found in stored.values() for question in found] + asked


def read_cases(folder: Path) -> list[Question]:
    """The comparisons in the folder's `cases.json`, none when there is no such file; raises DataError."""
    try:
        return [
            Question(
                dataset,
                tuple(Row(folder / f"{dataset}_{label}.toml") for label in _strings(list(case["rows"]))),
                tuple(zip(case["sentences"], _strings(list(case["sentences"].values())), strict=True)),
            )
            for dataset, case in read_object(folder / CASES_FILE).items()
        ]
    except (AttributeError, KeyError, TypeError):
        message = 'expected {DATASET: {"rows": [ROW, ...], "sentences": {LABEL: ID}}}'
        raise DataError(message, path=folder / CASES_FILE) from None


def _strings(values: list[Any]) -> list[str]:
    if not values or not all(isinstance(value, str) for value in values):
        raise TypeError("expected strings")
    return values
