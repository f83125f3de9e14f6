"""Where models and encoders come from: a folder, the package itself, an installed package, or the Hugging Face Hub.

    runs/sample               a folder
    webnlg                    a model that comes with relknit, or with an installed package (entry point relknit.model_data)
    hf:owner/name             a repository of the Hub; with @revision a branch, tag or commit of it

Only a name with the prefix `hf:` uses the network, and what is in the Hub's own cache is used without it. Of a model only
files of relknit's format are fetched, and nothing of them is executed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from relknit.checksums import DESCRIPTION, model_files
from relknit.errors import CheckpointError, ConfigError, one_line, short
from relknit.extras import import_extra
from relknit.registry import Registry
from relknit.version import __version__

HUB: Final = "hf:"
DEFAULT_MODEL: Final = "everyday"
"""The model of every function and command that is given none."""
NOTICES: Final = ("LICENSE", "README.md")
MODEL_DATA: Final = Registry("relknit.model_data", {})
_PART: Final = r"[A-Za-z0-9](?:[\w.-]*\w)?"
_HUB_NAME: Final = re.compile(rf"(?P<repo>{_PART}(?:/{_PART})?)(?:@(?P<revision>{_PART}(?:/{_PART})*))?", re.ASCII)
_ENCODER_FILES: Final = ("config.json", "tokenizer.json", "model.safetensors")
_ENCODER_PATTERNS: Final = ("*.json", "*.txt", "*.model", "model*.safetensors")


class HubName(NamedTuple):
    """A repository of the Hub, such as "owner/name", and which of its revisions; None is the newest."""

    repo: str
    revision: str | None


def shipped_models() -> dict[str, Path]:
    """Name and folder of every model that comes with relknit."""
    folder = Path(__file__).parent / "shipped" / "models"
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()} if folder.is_dir() else {}


def find_model(model: str | Path) -> Path:
    """The folder of a model: the path itself if it exists, else that of a shipped or installed model, else the Hub's.

    Raises CheckpointError where there is none, ConfigError for what is neither text nor path, and MissingExtraError where
    the Hub needs the extra `hub`.
    """
    here = model_here(model)
    if here is not None:
        return here
    if hub_name(model) is not None:
        return download_model(str(model))
    known = ", ".join((*shipped_models(), *MODEL_DATA.names()))
    message = f"no such folder, and not the name of an installed model (installed: {known or 'none'})"
    raise CheckpointError(f"{_shown(model)}: {message}; for a model of the Hugging Face Hub write {HUB}owner/name")


def model_here(model: str | Path) -> Path | None:
    """What `find_model` gives without the network; None where there is no such model.

    Raises ConfigError for what is neither text nor path, and CheckpointError for a file, and for a folder without a model
    that hides the shipped one of its name.
    """
    if not isinstance(model, str | os.PathLike):
        raise ConfigError(f"model is {short(model)}, expected a model folder, the name of a model, or {HUB}owner/name")
    shipped = shipped_models().get(str(model))
    if os.path.isdir(model):  # unlike Path's, false for names that no file can have, and for ""
        if shipped is not None and not (Path(model) / DESCRIPTION).is_file():
            message = f"a folder without a {DESCRIPTION}, which hides the shipped model of that name; rename the folder"
            raise CheckpointError(f"{_shown(model)}: {message}")
        return Path(model)
    if os.path.exists(model):
        raise CheckpointError(f"{_shown(model)}: is a file; give the model folder that it is in")
    if shipped is not None or not isinstance(model, str) or model not in MODEL_DATA.names():
        return shipped
    return _data_folder(MODEL_DATA.get(model), model)


def find_encoder(source: str) -> Path:
    """The folder of a pretrained transformer: an existing one, else that in the installed package of that name, else hf:NAME.

    Raises ConfigError where there is none, or the Hub does not give it.
    """
    if os.path.isdir(source):
        return Path(source)
    if source.startswith(HUB):
        where = hub_name(source)
        if where is None:
            raise ConfigError(f"encoder.source is {short(source)}, expected {HUB}NAME or {HUB}NAME@REVISION")
        try:
            return _fetch(where, _ENCODER_PATTERNS, ignore_patterns=["*/*"])
        except hub_errors() as error:
            message = f"the Hugging Face Hub did not give it ({reason(error)})"
            raise ConfigError(
                f"{source}: {message}; check the name and the network, or name a folder with it"
            ) from None
    folder = _packaged_encoder(source)
    if folder is None:
        message = "no such folder, and no installed package of that name holds an encoder"
        raise ConfigError(f"{_shown(source)}: {message}; for one of the Hugging Face Hub write {HUB}{_shown(source)}")
    return folder


def hub_name(name: str | Path) -> HubName | None:
    """The repository that a text of the form hf:owner/name[@revision] names, None for anything else."""
    found = _HUB_NAME.fullmatch(name.removeprefix(HUB)) if isinstance(name, str) and name.startswith(HUB) else None
    return None if found is None or ".." in found[0] else HubName(found["repo"], found["revision"])


def download_model(
    name: str,
    *,
    revision: str | None = None,
    cache_dir: str | Path | None = None,
    token: str | None = None,
    local_files_only: bool = False,
) -> Path:
    """The folder in the Hub's cache with the files of hf:owner/name, fetched where they are missing or have changed.

    cache_dir: None is the Hub's own. token: None is the one that `hf auth login` left. local_files_only: no network.
    Raises ConfigError for a name of another form or two revisions, MissingExtraError, and CheckpointError where the
    Hub does not give the files, or has another kind of model there, whose weights are then not fetched.
    """
    where = hub_name(name)
    if where is None:
        raise ConfigError(f"{name}: not a model of the Hub; expected {HUB}owner/name or {HUB}owner/name@revision")
    if revision is not None and where.revision is not None:
        raise ConfigError(f"{name}: a second revision, {revision}, was given; name one of them")
    where = HubName(where.repo, revision or where.revision)
    options = {"cache_dir": cache_dir, "token": token, "local_files_only": local_files_only}
    try:
        description = _fetch(where, [DESCRIPTION], **options) / DESCRIPTION
        if not description.is_file():  # before the weights, which may be gigabytes of something else
            raise CheckpointError(f"{name}: not a relknit model, the Hub has no {DESCRIPTION} there; check the name")
        return _fetch(where, [*model_files(json.loads(description.read_bytes())), *NOTICES], **options)
    except hub_errors() as error:
        message = f"the Hugging Face Hub did not give it ({reason(error)})"
        raise CheckpointError(f"{name}: {message}; check the name, the network and `hf auth login`") from None


def _fetch(where: HubName, patterns: Sequence[str], **options: Any) -> Path:
    hub = import_extra("huggingface_hub", "hub")
    about = {"library_name": "relknit", "library_version": __version__}
    names = list(patterns)
    return Path(hub.snapshot_download(where.repo, revision=where.revision, allow_patterns=names, **about, **options))


def hub_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Every error by which the Hub's library says that something did not work, and the others."""
    known = vars(import_extra("huggingface_hub.errors", "hub")).values()
    own = (e for e in known if isinstance(e, type) and issubclass(e, Exception))
    return (OSError, ValueError, RuntimeError, *own, *others)


def reason(error: Exception) -> str:
    """An error of the Hub's library in one short line."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return one_line(f"{type(error).__name__}: {first}" if first else type(error).__name__, most=200)


def _data_folder(found: Any, name: str) -> Path:
    """The folder that an entry point of relknit.model_data names: that of a module, or a path."""
    if isinstance(found, ModuleType) and found.__file__ is not None:
        return Path(found.__file__).parent
    if isinstance(found, str | os.PathLike):
        return Path(found)
    raise CheckpointError(f"{name}: its package gives {short(found)}, expected a module or a path")


def _packaged_encoder(name: str) -> Path | None:
    """The folder with the files of an encoder in the installed distribution of that name."""
    try:
        files = distribution(name).files or []
    except (PackageNotFoundError, ValueError):
        return None
    for file in files:
        folder = Path(str(file.locate())).parent
        if file.name == _ENCODER_FILES[0] and all((folder / other).is_file() for other in _ENCODER_FILES):
            return folder
    return None


def _shown(model: str | Path) -> str:
    return one_line(str(model), most=200) or "''"
