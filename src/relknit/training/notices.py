"""Licence and card of a fine-tuned model: the licence of the model that it starts from applies to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from relknit.files import replacing
from relknit.page import render
from relknit.sources import NOTICES
from relknit.training.fine_tuning import Parent, Retention
from relknit.version import __version__

LICENCE, CARD = NOTICES
_NAMES: Final = re.compile(
    r"CC0 1\.0|CC BY(?:-[A-Z]{2})*(?: \d\.\d)?|Apache License|MIT License|GNU [A-Z][a-z]+ General Public License"
    r"|Mozilla Public License|BSD \d-Clause"
)
_FRONT_MATTER: Final = re.compile(r"\A---\n.*?\n---\n\s*", re.DOTALL)


def licence_name(folder: Path) -> str | None:
    """What the licence in a model folder is called, or how its text begins; None where the folder has none."""
    text = _read(folder / LICENCE)
    if not text.strip():
        return None
    found = _NAMES.search(" ".join(text.split()))
    return found[0] if found else text.strip().splitlines()[0][:80]


def copy_licence(parent: Path, folder: Path) -> None:
    """Copy the parent's licence into the folder of the new model, unless that holds one. Raises DataError."""
    if (parent / LICENCE).is_file() and not (folder / LICENCE).exists():
        with replacing(folder / LICENCE) as partial:
            partial.write_bytes((parent / LICENCE).read_bytes())


def write_card(parent: Parent, folder: Path, retention: Retention | None, *, relations: tuple[str, ...]) -> None:
    """Write a card above that of the parent, where that has one and the folder has none. Raises DataError.

    relations: those that the new model has and the parent lacks. The parent's front matter, with its licence, comes first.
    """
    card = _read(parent.folder / CARD)
    if not card or (folder / CARD).exists():
        return
    matter = _FRONT_MATTER.match(card)
    text = render(
        "training/fine_tuned_card.md",
        name=folder.resolve().name,
        parent=parent.folder.resolve().name,
        version=__version__,
        relations=relations,
        licence=licence_name(folder),
        retention=retention,
        card=card[matter.end() :] if matter else card,
    )
    with replacing(folder / CARD) as partial:
        partial.write_text((matter[0] if matter else "") + text, encoding="utf-8")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
