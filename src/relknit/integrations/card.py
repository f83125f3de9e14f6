"""A model card written from what a model and its folder know. What only its owner knows is left open, in so many words."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from relknit.checkpoint import SavedModel
from relknit.checkpoint.recorded_scores import NEGATIVES, NOT_ASSERTED, recorded_scores
from relknit.metrics import SCORES
from relknit.page import render
from relknit.version import __version__

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
    fitted, scores = saved.model.calibration, {} if folder is None else recorded_scores(folder)
    columns = [name for name in (*SCORES, NEGATIVES, NOT_ASSERTED) if any(name in row for row in scores.values())]
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
        scores=list(scores.items()),
        not_asserted=next((row[NOT_ASSERTED] for row in scores.values() if NOT_ASSERTED in row), None),
    )
    return front_matter(licence, has_licence) + "\n" + card
