"""What is known about a model: its labels, training data, scores, licence, limits and size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from relknit.checkpoint.folder import SavedModel, load_model
from relknit.checkpoint.json_files import read_object
from relknit.checkpoint.recorded_scores import recorded_scores
from relknit.checksums import DESCRIPTION, WEIGHTS, model_files
from relknit.document.coreference import has_references
from relknit.sources import NOTICES, find_model

_FRONT_MATTER: Final = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_LICENCE_KEY: Final = re.compile(r"^license:[ \t]*(\S.*)$", re.MULTILINE)
_LICENCE_LINE: Final = re.compile(r"^\**Licen[cs]e:[ \t]*([^*\n]+)", re.MULTILINE | re.IGNORECASE)
_LIMITS: Final = re.compile(r"^## Limits[^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_MOST_CARD: Final = 1_000_000  # bytes


@dataclass(frozen=True)
class ModelInfo:
    """What a model folder says about its model; None is what it does not record.

    relations, entity_types: label -> number of triples and entities in the training data; without entity types the
        model's entities are untyped.
    scores: name of an evaluation -> F1 by score (0 to 1), the false positive rate on negative sentences ("negatives") and the
        fraction of facts predicted that are not asserted ("not_asserted").
    licence: as its card or LICENSE names it. limits: what its card says under "Limits", one item each.
    sentences, names: how many of each it was trained on. size: bytes of the model's files. weights: their number.
    max_tokens: longer texts are read in windows of so many tokens. calibrated_on: dev triples that confidence was
        calibrated on. coreference: whether it resolves pronouns and descriptions to names.
    encoder, model, decoding: their settings, as in model.json.
    """

    name: str
    folder: Path
    licence: str | None
    relations: Mapping[str, int | None]
    entity_types: Mapping[str, int | None]
    sentences: int
    names: int
    scores: Mapping[str, Mapping[str, float]]
    limits: tuple[str, ...]
    size: int
    weights: int
    max_tokens: int
    calibrated_on: int | None
    coreference: bool
    encoder: Mapping[str, Any]
    model: Mapping[str, Any]
    decoding: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; unknown values are null."""
        return asdict(self) | {"folder": str(self.folder), "limits": list(self.limits)}


def info(model: str | Path) -> ModelInfo:
    """What is known about a model: a folder, the name of a shipped or installed model, or hf:owner/name.

        relknit.info("everyday").relations

    Raises CheckpointError as `relknit.load` does.
    """
    folder = find_model(model)
    return describe(load_model(folder), folder, name=str(model))


def describe(saved: SavedModel, folder: Path, *, name: str) -> ModelInfo:
    """The same of a model that was loaded from a folder."""
    network, known, card = saved.model, saved.trained_on, _card(folder)
    counts = known.labels
    fitted = network.calibration
    return ModelInfo(
        name=name,
        folder=folder,
        licence=_licence(card, folder),
        relations=_counted(network.labels.relations, None if counts is None else counts.by_relation),
        entity_types=_counted(network.labels.entity_types, None if counts is None else counts.by_entity_type),
        sentences=len(known.sentences),
        names=len(known.names),
        scores=recorded_scores(folder),
        limits=tuple(_limits(card)),
        size=_size(folder),
        weights=sum(weight.numel() for weight in network.state_dict().values()),
        max_tokens=known.max_tokens,
        coreference=has_references(network.labels.relations, network.labels.entity_types),
        calibrated_on=None if fitted is None else fitted.dev.triples,
        encoder=_plain(network.encoder.settings),
        model=_plain(network.settings),
        decoding=_plain(network.decoding),
    )


def _counted(labels: tuple[str, ...], counts: Mapping[str, int] | None) -> dict[str, int | None]:
    """The most frequent first; in the model's order where nothing was counted."""
    if counts is None:
        return dict.fromkeys(labels)
    return {label: counts.get(label, 0) for label in sorted(labels, key=lambda label: -counts.get(label, 0))}


def _plain(value: Any) -> dict[str, Any]:
    """The settings or decoding as JSON holds them."""
    found: dict[str, Any] = TypeAdapter(type(value)).dump_python(value, mode="json")
    return found


def _size(folder: Path) -> int:
    names = {WEIGHTS, *model_files(read_object(folder / DESCRIPTION)[0])}
    return sum((folder / name).stat().st_size for name in names if (folder / name).is_file())


def _card(folder: Path) -> str:
    """The model card; empty where there is none that can be read."""
    try:
        with (folder / "README.md").open("rb") as card:
            return card.read(_MOST_CARD).decode(errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""


def _licence(card: str, folder: Path) -> str | None:
    front = _FRONT_MATTER.search(card)
    named = _LICENCE_KEY.search(front[1]) if front else None
    if named is not None and named[1].strip() not in ("unknown", "other"):
        return named[1].strip()
    stated = _LICENCE_LINE.search(card, front.end() if front else 0)
    if stated is not None:
        return stated[1].strip()
    return f"see {NOTICES[0]}" if (folder / NOTICES[0]).is_file() else None


def _limits(card: str) -> Iterator[str]:
    """The items of the card's section "Limits": its list items, or its paragraphs where it has no list."""
    found = _LIMITS.search(card)
    if found is None:
        return
    for item in re.split(r"^[-*] |\n\s*\n", found[1], flags=re.MULTILINE):
        if line := " ".join(item.split()):
            yield line
