"""JSON files of a model or run folder: written atomically, read through pydantic, of bounded size."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from relknit.errors import CheckpointError, ConfigError, DataError, one_line, short
from relknit.files import replacing

MOST_BYTES: Final = 500_000_000
AGAIN: Final = "copy it again, or train again"
T = TypeVar("T")


def write_json(path: Path, value: Any, *, indent: int | None = None) -> None:
    """Write plain values as JSON, atomically. Raises CheckpointError; the existing file is then unchanged."""
    write_bytes(path, to_json(value, indent=indent))


def to_json(value: Any, *, indent: int | None = None) -> bytes:
    """Plain values as a JSON file. Raises CheckpointError for text that is not valid Unicode."""
    try:
        return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode()
    except UnicodeEncodeError as error:
        raise CheckpointError(f"{one_line(error.object, most=60)}: holds a lone surrogate, which no file can") from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically: beside it, flushed to disk, then renamed. Raises CheckpointError."""
    try:
        with replacing(path) as partial, partial.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except DataError as error:
        raise CheckpointError(str(error)) from None


def read_bytes(path: Path) -> bytes:
    """The content of a JSON file. Raises CheckpointError where it cannot be read, or is too large to be one of ours."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CheckpointError(f"{path}: more than {MOST_BYTES} bytes, which no such file has; copy it again")
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from None


def parse_json(kind: type[T], content: bytes, path: Path, *, fix: str = AGAIN) -> T:
    """The value of that type in a JSON file. Raises CheckpointError naming the key that is not as expected."""
    try:
        return TypeAdapter(kind).validate_json(content)
    except ConfigError as error:
        raise CheckpointError(f"{path}: damaged: {error}; {fix}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where, value = ".".join(map(str, first["loc"])), first["input"]
        if where and (isinstance(value, str | float) or (isinstance(value, int) and abs(value) < 10**20)):
            where += f" = {short(value)}"
        reason = one_line(" ".join(f"{where}: {first['msg']}".removeprefix(": ").split()), most=300)
        raise CheckpointError(f"{path}: damaged: {reason}; {fix}") from None


def read_object(path: Path, *, fix: str = AGAIN) -> tuple[dict[str, Any], bytes]:
    """The JSON object in a file, and the file's content. Raises CheckpointError for anything else, and for NaN in it."""
    content = read_bytes(path)
    try:
        value = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise CheckpointError(f"{path}: damaged: not readable JSON: {error}; {fix}") from None
    if not isinstance(value, dict):
        raise CheckpointError(f"{path}: damaged: expected a JSON object, found {short(value)}; {fix}")
    return value, content


def make_folder(folder: Path) -> None:
    """Create a folder where there is none. Raises CheckpointError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"{folder}: cannot be created: {error.strerror or error}; use another folder") from None
