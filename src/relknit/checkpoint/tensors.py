"""Safetensors files with a note (JSON) and a checksum of both, written atomically."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import JsonValue
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from relknit.checkpoint.json_files import AGAIN, parse_json, write_bytes
from relknit.errors import CheckpointError, one_line

_ENTRY: Final = "relknit"  # the only one: several have no fixed order, and equal models should be equal files
_DIGEST: Final = "sha256"


def write_tensors(path: Path, tensors: Mapping[str, Tensor], note: Mapping[str, JsonValue]) -> None:
    """Write the tensors and the note. Raises CheckpointError."""
    digest = _digest(tensors, json.dumps(note, sort_keys=True))
    # not by safetensors itself, whose files only their owner may read
    write_bytes(path, save(dict(tensors), {_ENTRY: json.dumps({**note, _DIGEST: digest}, sort_keys=True)}))


def read_note(path: Path, *, fix: str = AGAIN) -> dict[str, Any]:
    """The note of a file, empty where it has none; raises CheckpointError, with the fix, when it is damaged."""
    with _opened(path, fix) as stored:
        text = (stored.metadata() or {}).get(_ENTRY)
    return {} if text is None else parse_json(dict[str, Any], text.encode("utf-8", "replace"), path, fix=fix)


def read_tensors(path: Path, *, fix: str = AGAIN) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the note; raises CheckpointError when the file is damaged, or is not as it was written."""
    note = read_note(path, fix=fix)
    with _opened(path, fix) as stored:
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    if note and note.pop(_DIGEST, None) != _digest(tensors, json.dumps(note, sort_keys=True)):
        raise CheckpointError(f"{path}: is not as it was saved, its {_DIGEST} differs; {fix}")
    return tensors, note


@contextmanager
def _opened(path: Path, fix: str) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as stored:
            yield stored
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:  # the last three: number formats
        reason = one_line(" ".join(f"{type(error).__name__}: {error}".split()), most=200)
        raise CheckpointError(f"{path}: damaged: {reason}; {fix}") from None


def _digest(tensors: Mapping[str, Tensor], note: str) -> str:
    """SHA-256 over the note and every tensor's name, kind, shape and bytes, in the order of names."""
    digest = hashlib.sha256(note.encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"\n{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
