"""Models by their name on the Hugging Face Hub: the files of our format, and nothing else, into the hub's own cache.

    owner/name            the model as it stands there
    owner/name@revision   a branch, tag or commit of it

Nothing of them is executed. Only a name of that form uses the network, and what is in the cache is used without it.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from relknit.checkpoint import FILES
from relknit.errors import CheckpointError, ConfigError, MissingExtraError
from relknit.version import __version__

NOTICES: Final = ("LICENSE", "README.md")
_OURS: Final = "model.json"
_PART: Final = r"[A-Za-z0-9](?:[\w.-]*\w)?"
_HUB_ID: Final = re.compile(rf"(?P<repo>{_PART}/{_PART})(?:@(?P<revision>{_PART}(?:/{_PART})*))?", re.ASCII)


class HubId(NamedTuple):
    """A repository on the hub, such as "owner/name", and which of its revisions; None is the newest."""

    repo: str
    revision: str | None


def hub_id(name: str | Path) -> HubId | None:
    """The hub id that a text spells, None for anything else; a Path is always a path."""
    found = _HUB_ID.fullmatch(name) if isinstance(name, str) else None
    return None if found is None or ".." in found[0] else HubId(found["repo"], found["revision"])


def hub_module(name: str = "huggingface_hub") -> Any:
    """A module that the extra `hub` brings; raises MissingExtraError."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"the Hugging Face Hub needs {name}, which cannot be imported ({error}): pip install 'relknit[hub]'"
        ) from None


def download(
    name: str,
    *,
    revision: str | None = None,
    cache_dir: str | Path | None = None,
    token: str | None = None,
    local_files_only: bool = False,
) -> Path:
    """The folder in the hub's cache with the model's files, fetched where they are missing or have changed.

    cache_dir: None is the hub's own. token: None is the one that `hf auth login` left. local_files_only: no network.
    Raises ConfigError for a name that is no hub id or two revisions, MissingExtraError, and CheckpointError where the
    hub does not give the files, or has another kind of model there, whose weights are then not fetched.
    """
    where = hub_id(name)
    if where is None:
        raise ConfigError(f"{name}: not a hub id; expected owner/name or owner/name@revision")
    if revision is not None and where.revision is not None:
        raise ConfigError(f"{name}: a second revision, {revision}, was given; name one of them")
    try:
        hub = hub_module()
    except MissingExtraError as error:
        raise MissingExtraError(f"{name}: no such model folder here, and {error}") from None

    def fetch(*names: str) -> Path:
        folder: str = hub.snapshot_download(
            where.repo,
            revision=revision or where.revision,
            cache_dir=cache_dir,
            token=token,
            local_files_only=local_files_only,
            allow_patterns=list(names),
            library_name="relknit",
            library_version=__version__,
        )
        return Path(folder)

    try:
        if not (fetch(_OURS) / _OURS).is_file():  # before the weights, which may be gigabytes of something else
            raise CheckpointError(f"{name}: not a relknit model, the hub has no {_OURS} there; check the name")
        return fetch(*FILES, *NOTICES)
    except hub_errors() as error:
        message = f"no such model folder here, and the Hugging Face Hub did not give it ({reason(error)})"
        mend = "check the name, the network and `hf auth login`, or give a folder"
        raise CheckpointError(f"{name}: {message}; {mend}") from None


def hub_errors() -> tuple[type[Exception], ...]:
    """Every error by which the hub's library says that something did not work."""
    known = vars(hub_module("huggingface_hub.errors")).values()
    return (OSError, ValueError, RuntimeError, *(e for e in known if isinstance(e, type) and issubclass(e, Exception)))


def reason(error: Exception) -> str:
    """An error of the hub's library in one short line."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    text = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."
