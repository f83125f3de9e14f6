"""Scores that a model folder holds: `scores.json`, which belongs to its card, or the `result.json` of its training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from relknit.checkpoint.json_files import read_object
from relknit.errors import CheckpointError
from relknit.metrics import SCORES

SCORES_FILE: Final = "scores.json"
NEGATIVES: Final = "negatives"
NOT_ASSERTED: Final = "not_asserted"
CROSS_VALIDATION: Final = "cross-validation"
_RESULT: Final = "result.json"


def recorded_scores(folder: Path) -> dict[str, dict[str, float]]:
    """Name of each evaluation -> its F1 by score (0 to 1), and two rates where they were measured.

    "negatives" is the false positive rate on negative sentences, "not_asserted" the fraction of the facts that a text
    mentions and does not assert which are predicted all the same.
    Empty without such a file; a damaged one is treated as absent, as it should not keep a model from being used.
    """
    return dict(_rows(folder))


def _rows(folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    scores, result = _read(folder / SCORES_FILE), _read(folder / _RESULT)
    if scores:
        groups = {"evaluation": scores, **scores}
    else:
        groups = {_held_out_name(result): _of_split(result, "dev"), "test": _of_split(result, "test")}
    for name, group in groups.items():
        if isinstance(group, Mapping):
            values = ((column, _f1(group.get(column))) for column in SCORES)
            if row := {str(column): value for column, value in values if value is not None}:
                rates = {NEGATIVES: _false_positives(_negatives(group)), NOT_ASSERTED: _not_asserted(group)}
                yield name, row | {column: rate for column, rate in rates.items() if rate is not None}


def _held_out_name(result: Mapping[str, Any]) -> str:
    """What the dev scores of a training are: cross-validation may have replaced dev."""
    folds = result.get("folds")
    return f"{CROSS_VALIDATION} in {folds} folds" if isinstance(folds, int) and folds > 0 else "dev"


def _not_asserted(record: Mapping[str, Any]) -> float | None:
    """The fraction in a report."""
    measured = record.get(NOT_ASSERTED)
    facts = measured.get(NOT_ASSERTED) if isinstance(measured, Mapping) else None
    return _ratio(facts.get("fraction")) if isinstance(facts, Mapping) else None


def _negatives(record: Mapping[str, Any]) -> Any:
    """What a record holds on negative sentences; version 0.1.0 called it "no_fact"."""
    return record.get(NEGATIVES, record.get("no_fact"))


def _false_positives(measured: Any) -> float | None:
    """A rate alone, as training writes it, or in a report, where it means nothing without sentences."""
    if isinstance(measured, Mapping):
        rate = measured.get("false_positive_rate", measured.get("share"))
        return _ratio(rate) if measured.get("sentences") else None
    return _ratio(measured)


def _of_split(result: Mapping[str, Any], split: str) -> Any:
    """A split's scores in `result.json`, and its false positive rate beside them."""
    scores, rates = result.get(split), _negatives(result)
    if not isinstance(scores, Mapping) or not isinstance(rates, Mapping):
        return scores
    return {**scores, NEGATIVES: rates.get(split)}


def _f1(value: Any) -> float | None:
    """An F1 between 0 and 1, alone or in a record of ratios."""
    return _ratio(value.get("f1") if isinstance(value, Mapping) else value)


def _ratio(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return read_object(path)[0]
    except CheckpointError:
        return {}
