"""Checksums of a model folder, kept in its model.json, so that no flipped bit and no mixture of two models is loaded.

    "sha256": {"model.json": …, "model.safetensors": …, "training_data.json": …, "vocabulary.json": …}

That of a JSON file counts its line ends as "\\n", as `sha256sum` does where nothing has changed them; that of model.json
is of its value without "sha256", so that it may be laid out anew. A file without an entry is not checked: older
folders have none, and who changes a file by hand removes its entry. While weights are replaced by later ones of the
same model, "earlier model.safetensors" says what may still stand there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from relknit.errors import CheckpointError

KEY: Final = "sha256"
DESCRIPTION: Final = "model.json"
EARLIER: Final = "earlier "


def bytes_digest(content: bytes) -> str:
    """SHA-256 of the bytes, as 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file, as 64 hex digits; line ends of a JSON file count as "\\n". Raises OSError."""
    if path.suffix == ".json":  # a checkout may have given it those of its own system
        return bytes_digest(path.read_bytes().replace(b"\r\n", b"\n"))
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def value_digest(value: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON object without its "sha256", however it is laid out in its file; 64 hex digits."""
    plain = {key: inner for key, inner in value.items() if key != KEY}
    return bytes_digest(json.dumps(plain, sort_keys=True).encode())


def with_checksums(description: Mapping[str, Any], digests: Mapping[str, str]) -> dict[str, Any]:
    """The description of a model with the digests of the other files, and with its own."""
    plain = {key: value for key, value in description.items() if key != KEY}
    return plain | {KEY: dict(sorted({**digests, DESCRIPTION: value_digest(plain)}.items()))}


def checksums(description: Mapping[str, Any]) -> dict[str, str]:
    """The digests by file name that a description holds, none for one of an older relknit; raises TypeError."""
    found = description.get(KEY, {})
    if not isinstance(found, dict) or not all(isinstance(digest, str) for digest in found.values()):
        raise TypeError(f"{KEY} should be an object of strings")
    return found


def check_files(folder: Path, description: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise CheckpointError when a file of the folder, or the description itself, is not as it was saved.

    Raises OSError when a file cannot be read, and TypeError for checksums that are none.
    """
    known = checksums(description)
    for name in names:
        if name not in known:
            continue
        found = value_digest(description) if name == DESCRIPTION else file_digest(folder / name)
        if found not in (known[name], known.get(EARLIER + name)):
            mend = f"copy it again, or remove its entry from {KEY} in {DESCRIPTION} if you changed it yourself"
            raise CheckpointError(f"{folder / name}: is not as it was saved, its {KEY} differs; {mend}")


def earlier_digest(path: Path, before: Mapping[str, str], after: Mapping[str, str]) -> str | None:
    """The digest of a file that is about to be replaced, None where it is of another model or not as it was saved.

    before, after: the digests in the folder's model.json, and those to come. Raises OSError.
    """
    others = after.keys() - {path.name}
    if path.name not in before or any(before.get(name) != after[name] for name in others):
        return None
    found = file_digest(path)
    return found if found in (before[path.name], before.get(EARLIER + path.name)) else None
