"""Everything relknit raises on purpose.

    RelknitError
    ├── DataError          a dataset file or a line of it is not what the format says
    ├── ConfigError        a configuration value is unknown, missing or out of range
    ├── CheckpointError    a model folder is absent, damaged, foreign or of another version
    └── MissingExtraError  an optional dependency is not installed

A message names the value, what was expected, and the fix. It is made one line of printable characters, whatever file name
or damaged file it quotes.
"""

from __future__ import annotations

import reprlib
from pathlib import Path


def one_line(text: str, *, most: int = 500) -> str:
    """A text on one line of at most `most` characters, those that are not printable escaped."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 3] + "..."


def short(value: object) -> str:
    """A value for a message, in at most 60 characters, bounded in depth too."""
    shown = reprlib.repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


class RelknitError(Exception):
    """Base of every error that relknit raises on purpose; a message of more than 500 characters is shortened."""

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class DataError(RelknitError):
    """A dataset file, or one line of it, breaks the format.

    `path` and `line` (1-based) tell where, when they are known; `str()` puts them in front of the message.
    """

    def __init__(self, message: str, *, path: str | Path | None = None, line: int | None = None) -> None:
        self.message = one_line(message)
        self.path = None if path is None else str(path)
        self.line = line
        where = "" if self.path is None else one_line(self.path) + (":" if line is None else f":{line}:") + " "
        Exception.__init__(self, where + self.message)


class ConfigError(RelknitError):
    """A configuration value is unknown, missing or out of range."""


class CheckpointError(RelknitError):
    """A model folder is absent, damaged, foreign or of another version."""


class MissingExtraError(RelknitError):
    """An optional dependency is not installed; the message names the extra that brings it."""
