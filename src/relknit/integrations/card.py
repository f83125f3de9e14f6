"""A model card written from what a model and its folder know. What only its owner knows is left open, in so many words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from relknit.checkpoint import SavedModel
from relknit.checkpoint.json_files import read_object
from relknit.errors import CheckpointError
from relknit.metrics import SCORES
from relknit.page import render
from relknit.version import __version__

SCORES_FILE: Final = "scores.json"
_RESULT: Final = "result.json"
_NEGATIVES: Final = "negatives"
_TAGS: Final = ("relknit", "relation-extraction", "named-entity-recognition", "information-extraction")


def front_matter(licence: str | None, has_licence: bool) -> str:
    """The YAML at the top of a card. licence: its name on the hub; has_licence: whether a file LICENSE is there."""
    lines = ["---", "library_name: relknit"]
    if licence is None and has_licence:
        lines += ["license: other", "license_name: see-license", "license_link: LICENSE"]
    else:
        lines.append(f"license: {licence or 'unknown'}")
    return "\n".join([*lines, "tags:", *(f"- {tag}" for tag in _TAGS), "---", ""])


def model_card(saved: SavedModel, folder: Path | None, *, licence: str | None, has_licence: bool, load_as: str) -> str:
    """The whole card, Markdown. folder: where scores.json or result.json may lie. load_as: what `relknit.load` takes."""
    fitted, scores = saved.model.calibration, list(_score_rows(folder)) if folder is not None else []
    columns = [name for name in (*SCORES, _NEGATIVES) if any(name in row for _, row in scores)]
    card = render(
        "integrations/card.md",
        name=Path(load_as).name,
        load_as=load_as,
        licence=licence,
        has_licence=has_licence,
        labels=saved.model.labels,
        model=saved.model.settings.name,
        rounds=getattr(saved.model.settings, "num_rounds", None),
        encoder=saved.model.encoder.settings.name,
        weights=sum(weight.numel() for weight in saved.model.state_dict().values()),
        version=__version__,
        known=saved.trained_on,
        calibrated_on=None if fitted is None else fitted.dev.triples,
        columns=columns,
        scores=scores,
    )
    return front_matter(licence, has_licence) + "\n" + card


def _score_rows(folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """(what was scored, F1 by score) of each evaluation in the folder's files."""
    scores, result = _read(folder / SCORES_FILE), _read(folder / _RESULT)
    groups = (
        {"evaluation": scores, **scores} if scores else {split: _of_split(result, split) for split in ("dev", "test")}
    )
    for name, group in groups.items():
        if isinstance(group, Mapping):
            values = ((column, _f1(group.get(column))) for column in SCORES)
            if row := {str(column): value for column, value in values if value is not None}:
                rate = _false_positives(_negatives(group))
                yield name, row if rate is None else row | {_NEGATIVES: rate}


def _negatives(record: Mapping[str, Any]) -> Any:
    """What a record holds on negative sentences; version 0.1.0 called it "no_fact"."""
    return record.get(_NEGATIVES, record.get("no_fact"))


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
    return {**scores, _NEGATIVES: rates.get(split)}


def _f1(value: Any) -> float | None:
    """An F1 between 0 and 1, alone or in a record of ratios."""
    return _ratio(value.get("f1") if isinstance(value, Mapping) else value)


def _ratio(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def _read(path: Path) -> Mapping[str, Any]:
    """A JSON object; empty without one, because a damaged file of scores should not keep a model from being saved."""
    try:
        return read_object(path)[0]
    except CheckpointError:
        return {}
