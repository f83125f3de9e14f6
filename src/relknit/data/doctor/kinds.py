"""The kinds of findings, as `kinds.toml` beside this file lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal

Level = Literal["error", "warning", "note"]
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note")
BROKEN_LINE: Final = "broken line"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding.

    level:    error (training stops), warning (wrong training data or scores), note (worth knowing)
    why:      its effect on training and scores
    fix:      what to do about it
    by:       whether `--fix` does that, does it on request, or it has to be done manually
    why_left: why `--fix` does not fix what it leaves unchanged
    """

    name: str
    level: Level
    why: str
    fix: str
    by: Literal["--fix", "--fix --drop-leaks", "manual"] = "manual"
    why_left: str = "the decision needs knowledge of the data"


def _read() -> dict[str, Kind]:
    text = (files("relknit") / "data" / "doctor" / "kinds.toml").read_text(encoding="utf-8")
    return {name: Kind(name, **entry) for name, entry in tomllib.loads(text).items()}


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(_read())
"""By name, in the order in which a report shows those of one level."""
