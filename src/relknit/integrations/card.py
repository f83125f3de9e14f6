"""A model card written from what a model and its folder know. What only its owner knows is left open, in so many words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from relknit.checkpoint import SavedModel
from relknit.page import amount
from relknit.version import __version__

SCORES: Final = "scores.json"
_RESULT: Final = "result.json"
_COLUMNS: Final = ("partial", "exact", "strict", "text", "entities")
_NO_FACT: Final = "no fact"
_TAGS: Final = ("relknit", "relation-extraction", "named-entity-recognition", "information-extraction")
_OPEN_LICENCE: Final = (
    "**Not chosen yet.** Owner of this model: choose a licence that those of your training data allow, put its text into "
    "LICENSE and its name behind `license:` at the top of this file. Until then nobody else may use the model."
)


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
    sections = [
        front_matter(licence, has_licence),
        f"# {_plain(Path(load_as).name)}\n",
        "Finds entities and the relations between them in text, with characters and confidence for each.\n",
        f"## Use\n\n```python\nimport relknit\n\nextract = relknit.load({json.dumps(load_as)})\n"
        'for triple in extract("Your own sentence.").triples:\n'
        "    print(triple.head.text, triple.relation, triple.tail.text, triple.confidence)\n```\n",
        f"## Licence\n\n{_licence(licence, has_licence)}\n",
        f"## What it finds\n\n{_labels(saved)}\n",
        f"## How it was made\n\n{_made(saved)}\n",
        f"## Scores\n\n{_scores(folder)}\n",
        "## Limits\n\nWhich texts it was made for, where its training data came from and what it gets wrong is for its owner "
        "to say here.\n",
    ]
    return "\n".join(sections)


def _licence(licence: str | None, has_licence: bool) -> str:
    if licence is not None:
        return f"{licence}{' (see LICENSE)' if has_licence else ''}."
    return "See LICENSE." if has_licence else _OPEN_LICENCE


def _labels(saved: SavedModel) -> str:
    labels = saved.model.labels
    types = _listed(labels.entity_types) if labels.entity_types else "none, entities have no types"
    return f"{amount(len(labels.relations), 'relation')}: {_listed(labels.relations)}.\n\nEntity types: {types}."


def _made(saved: SavedModel) -> str:
    weights = sum(weight.numel() for weight in saved.model.state_dict().values())
    known = saved.trained_on
    rounds = getattr(saved.model.settings, "num_rounds", None)
    model = f"`{saved.model.settings.name}`" + ("" if rounds is None else f" with K = {rounds}")
    fitted = saved.model.calibration
    sure = "the model's own probability, never calibrated"
    if fitted is not None:
        sure = f"calibrated on {amount(fitted.dev.triples, 'triple')} found in held-out sentences; `min_precision` takes it"
    return (
        f"- Model: {model} on a {saved.model.encoder.settings.name} encoder, {weights:,} weights, "
        f"written by relknit {__version__}.\n"
        f"- Training data: {amount(len(known.sentences), 'sentence')} with {amount(len(known.names), 'name')}. "
        "`training_data.json` holds hashes of them, so that an evaluation can say what the model has seen; whoever has a "
        "sentence can find out by them whether it was among these.\n"
        f"- Confidence: {sure}.\n"
        f"- Longer texts than {known.max_tokens} tokens are read in windows of whole sentences; nothing is cut off."
    )


def _scores(folder: Path | None) -> str:
    rows = list(_score_rows(folder)) if folder is not None else []
    if not rows:
        return "None known. `relknit evaluate MODEL --data FILE --json scores.json` measures them."
    shown = [name for name in (*_COLUMNS, _NO_FACT) if any(name in row for _, row in rows)]
    more = f"; {_NO_FACT}: the sentences without a fact in which one is found" if _NO_FACT in shown else ""
    lines = [f"F1, %{more}:", "", f"| | {' | '.join(shown)} |", "|---" * (len(shown) + 1) + "|"]
    for name, row in rows:
        cells = (f"{100 * row[column]:.1f}" if column in row else "" for column in shown)
        lines.append(f"| {_plain(name)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _score_rows(folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """(what was scored, F1 by score) of each evaluation that the folder's files tell of."""
    scores, result = _read(folder / SCORES), _read(folder / _RESULT)
    groups = (
        {"evaluation": scores, **scores} if scores else {split: _of_split(result, split) for split in ("dev", "test")}
    )
    for name, group in groups.items():
        if isinstance(group, Mapping):
            values = {column: _f1(group.get(column)) for column in _COLUMNS}
            if row := {column: value for column, value in values.items() if value is not None}:
                share = _false_positives(group.get("no_fact"))
                yield name, row if share is None else row | {_NO_FACT: share}


def _false_positives(nothing: Any) -> float | None:
    """A share alone, as a training writes it, or in a report, where it says nothing without sentences."""
    if isinstance(nothing, Mapping):
        return _ratio(nothing.get("share")) if nothing.get("sentences") else None
    return _ratio(nothing)


def _of_split(result: Mapping[str, Any], split: str) -> Any:
    """A split's scores in `result.json`, and the rate of false positives that stands beside them."""
    scores, nothing = result.get(split), result.get("no_fact")
    if not isinstance(scores, Mapping) or not isinstance(nothing, Mapping):
        return scores
    return {**scores, "no_fact": nothing.get(split)}


def _f1(value: Any) -> float | None:
    """An F1 between 0 and 1, alone or in a record of ratios."""
    return _ratio(value.get("f1") if isinstance(value, Mapping) else value)


def _ratio(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def _read(path: Path) -> Mapping[str, Any]:
    """A JSON object; nothing where there is none, for a card is no place to stop at a damaged file of scores."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{' '.join(name.replace('`', chr(39)).split())}`" for name in names)


def _plain(text: str) -> str:
    """Text on one line without any meaning in Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>|#&])", r"\\\1", " ".join(text.split()))
