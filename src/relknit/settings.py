"""Base classes of all settings: sections that refuse unknown keys and values of another type, and shared types.

A part (a model or an encoder) derives its own settings from `ModelSettings` or `EncoderSettings`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import ErrorDetails

from relknit.errors import ConfigError

Fraction = Annotated[float, Field(ge=0, lt=1)]
FilePath = Annotated[Path, Field(strict=False)]  # TOML has no paths, only strings


class Section(BaseModel):
    """Settings that are validated together. Names may be given by an alias of an earlier version."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )

    @classmethod
    def anchored(cls, values: dict[str, Any], folder: Path) -> dict[str, Any]:
        """The plain values of a section in a file, its relative paths taken from the file's folder."""
        paths = {name for name, field in cls.model_fields.items() if _is_path(field.annotation)}
        return {
            key: str(folder / value) if key in paths and isinstance(value, str) else value
            for key, value in values.items()
        }


class EncoderSettings(Section):
    """Base of the [encoder] section of every encoder; `name` is the name under which the encoder is registered."""

    name: str
    not_stored: ClassVar[frozenset[str]] = frozenset()
    """Settings that only the start of a training reads; a model folder leaves them out."""

    def source_files(self) -> dict[str, Path]:
        """The files that building the encoder reads, by their role; recorded in the manifest of a run."""
        return {}

    least_steps: ClassVar[int] = 1200
    """Steps that a training takes at least, where its epochs are not given."""

    @property
    def suited_training(self) -> dict[str, Any]:
        """Settings of [training] that suit the encoder better than their defaults, for those that are not given."""
        return {}

    @property
    def highest_usual_rate(self) -> float | None:
        """A learning rate above this gets a warning; None for no limit."""
        return None


class ModelSettings(Section):
    """Base of the [model] section of every model; `name` is the name under which the model is registered."""

    name: str
    changeable: ClassVar[frozenset[str]] = frozenset()
    """Settings that a training with --from may give another value than its model has: those that no weight depends on."""

    @property
    def suited_training(self) -> dict[str, Any]:
        """Settings of [training] that suit the model better than those which follow from the data, where they are not given."""
        return {}

    def changed_to(self, given: ModelSettings) -> Self:
        """These settings with the `changeable` ones that are given, if they are for the same model."""
        if given.name != self.name:
            return self
        return self.model_copy(update={key: getattr(given, key) for key in self.changeable & given.model_fields_set})


def _is_path(annotation: Any) -> bool:
    return annotation is Path or any(_is_path(part) for part in get_args(annotation))


def read_toml(path: Path, *, fix: str) -> dict[str, Any]:
    """The values of a TOML file. fix: what to do where it cannot be read. Raises ConfigError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}; {fix}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def complaint(section: str, settings: type[Section], error: ErrorDetails) -> str:
    """What is wrong with a value of a section: its key, the value, and what was expected."""
    key = ".".join((section, *map(str, error["loc"])))
    if error["type"] == "extra_forbidden":
        return f"unknown key {key}; known here: {', '.join(settings.model_fields)}"
    if error["type"] == "model_type":
        return f"{key} = {error['input']!r}: expected a section of keys and values, [{key}] in TOML"
    if error["type"] == "value_error":
        return f"{key} = {error['input']!r}: {error['ctx']['error']}"
    return f"{key} = {error['input']!r}: {error['msg']}"
