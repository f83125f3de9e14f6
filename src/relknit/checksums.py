"""Checksums of a model folder, kept in its model.json, so that no flipped bit and no mixture of two models is loaded.

    "sha256": {"model.json": …, "training_data.json": …, "vocabulary.json": …}

That of a JSON file counts its line ends as "\\n", as `sha256sum` does if nothing has changed them; that of model.json is
of its value without "sha256", so it may be reformatted. A file without an entry is not checked: to change a file
manually, remove its entry. Weights carry their own (see `relknit.checkpoint.tensors`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

KEY: Final = "sha256"
DESCRIPTION: Final = "model.json"
WEIGHTS: Final = "model.safetensors"
TRAINING_DATA: Final = "training_data.json"
_EARLIER_FILES: Final = ("vocabulary.json", "encoder.json", "tokenizer.json")  # of folders without checksums
_NAME: Final = re.compile(r"[A-Za-z0-9]\w*\.json", re.ASCII)


def bytes_digest(content: bytes) -> str:
    """SHA-256 of the bytes, as 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def json_digest(content: bytes) -> str:
    """SHA-256 of a JSON file; line ends count as "\\n", a checkout may have given it those of its own system."""
    return bytes_digest(content.replace(b"\r\n", b"\n"))


def file_digest(path: Path) -> str:
    """SHA-256 of a file of any kind. Raises OSError."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def value_digest(value: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON object without its "sha256", however it is laid out in its file; 64 hex digits."""
    plain = {key: inner for key, inner in value.items() if key != KEY}
    return bytes_digest(json.dumps(plain, sort_keys=True).encode())


def is_model_file(name: str) -> bool:
    """Whether a file of a model folder can have this name."""
    return name == WEIGHTS or _NAME.fullmatch(name) is not None


def model_files(description: Any) -> tuple[str, ...]:
    """The names of the files of a model folder, from the value of its model.json, which may be of any kind."""
    known = description.get(KEY) if isinstance(description, Mapping) else None
    names = [name for name in known if _NAME.fullmatch(name)] if isinstance(known, Mapping) else [*_EARLIER_FILES]
    return tuple(dict.fromkeys((DESCRIPTION, WEIGHTS, TRAINING_DATA, *names)))
