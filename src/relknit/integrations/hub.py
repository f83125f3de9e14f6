"""Models to and from the Hugging Face Hub.

    from relknit.integrations.hub import from_pretrained, push_to_hub, save_pretrained

    extractor = from_pretrained("hf:owner/name", revision="v1")
    save_pretrained(extractor, "my-model")                  # model, licence, and a card written for you
    push_to_hub(extractor, "owner/name", private=True)      # needs `hf auth login`, or a token

Only files of relknit's own format come from the hub, and nothing of them is executed. Needs the extra `hub`, but for
folders and shipped models.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from relknit.checkpoint import SavedModel, load_model, save_model
from relknit.checkpoint.recorded_scores import SCORES_FILE
from relknit.checkpoint.storage import storage_of
from relknit.errors import CheckpointError, ConfigError
from relknit.extractor import Extractor, load
from relknit.extras import import_extra
from relknit.files import replacing
from relknit.integrations.card import front_matter, model_card
from relknit.predict.filters import Signatures
from relknit.runtime import Runtime
from relknit.sources import HUB, NOTICES, download_model, find_model, hub_errors, hub_name, model_here, reason
from relknit.version import __version__

LICENCE, CARD = NOTICES
_LICENCE_ID: Final = re.compile(r"[a-z0-9][a-z0-9.+-]*")


def from_pretrained(
    model: str | Path,
    *,
    revision: str | None = None,
    cache_dir: str | Path | None = None,
    token: str | None = None,
    local_files_only: bool = False,
    runtime: Runtime = Runtime(),
    min_precision: float | None = None,
    coreference: bool = True,
    relations: Iterable[str] | None = None,
    types: Iterable[str] | None = None,
    signatures: Signatures | None = None,
) -> Extractor:
    """An Extractor for an existing folder, an installed model's name, or hf:owner/name; `relknit.load` with more to choose.

    revision, cache_dir, token, local_files_only: see `relknit.sources.download_model`. The other values are those of
    `relknit.load`. Raises CheckpointError, ConfigError
    (also for a revision of something that is not on the hub) and MissingExtraError.
    """
    folder = model_here(model)
    if folder is None and hub_name(model) is not None:
        folder = download_model(
            str(model), revision=revision, cache_dir=cache_dir, token=token, local_files_only=local_files_only
        )
    elif revision is not None:
        raise ConfigError(f"revision {revision} of {model}: only what is on the hub has revisions; leave it out")
    return load(
        folder or model,
        runtime=runtime,
        min_precision=min_precision,
        coreference=coreference,
        relations=relations,
        types=types,
        signatures=signatures,
    )


def save_pretrained(
    model: Extractor | SavedModel | str | Path,
    folder: str | Path,
    *,
    licence: str | None = None,
    overwrite_card: bool = False,
) -> Path:
    """Write a model with its licence and its card (README.md) into a folder, which is returned.

    What the model's own folder holds of LICENSE, README.md and scores.json goes with it. Where it has no card one is
    written from what is known; a card that is already in `folder` stays as it is, and a licence too.

    model: an Extractor, a SavedModel, or whatever `find_model` finds. licence: its name on the hub, such as "mit".
    overwrite_card: replace the card that is there. Raises CheckpointError, and ConfigError for no name of a licence or
    an empty one of the folder.
    """
    if folder == "":
        raise ConfigError("folder is '', expected where to write the model; '.' is the current one")
    name = Path(folder).resolve().name
    return _save(model, Path(folder), licence=licence, overwrite_card=overwrite_card, load_as=name)


def push_to_hub(
    model: Extractor | SavedModel | str | Path,
    repo_id: str,
    *,
    private: bool = True,
    token: str | None = None,
    licence: str | None = None,
    commit_message: str = "Model made with relknit",
    overwrite_card: bool = False,
) -> str:
    """Upload what `save_pretrained` writes to owner/name on the hub, which is made where it does not exist; its address.

    private: false lets everybody read the model; a repository that exists keeps its own setting, and one that everybody
    can read is refused while `private` is true. token: None is the one that `hf auth login` left. A card that is there
    stays unless `overwrite_card`. Raises CheckpointError, ConfigError and MissingExtraError.
    """
    where = hub_name(HUB + repo_id)
    if where is None or where.revision is not None or "/" not in where.repo:
        raise ConfigError(f"{repo_id}: not a repository of the hub; expected owner/name")
    hub = import_extra("huggingface_hub", "hub")
    with TemporaryDirectory() as name:
        folder = _save(model, Path(name), licence=licence, overwrite_card=True, load_as=HUB + repo_id)
        api = hub.HfApi(token=token, library_name="relknit", library_version=__version__)
        try:
            address = str(api.create_repo(repo_id, private=private, exist_ok=True))
            if private and not api.repo_info(repo_id).private:
                raise CheckpointError(
                    f"{repo_id}: everybody can read it; add private=False, or name another repository"
                )
            keep_card = not overwrite_card and api.file_exists(repo_id, CARD)
            files = [path.name for path in folder.iterdir() if not (keep_card and path.name == CARD)]
            api.upload_folder(
                repo_id=repo_id, folder_path=folder, commit_message=commit_message, allow_patterns=sorted(files)
            )
        except hub_errors() as error:
            fix = "check the name, the network and `hf auth login`"
            raise CheckpointError(f"{repo_id}: the hub did not take the model ({reason(error)}); {fix}") from None
    return address


def _save(model: Any, folder: Path, *, licence: str | None, overwrite_card: bool, load_as: str) -> Path:
    if licence is not None and not _LICENCE_ID.fullmatch(licence):
        raise ConfigError(f"licence is {licence!r}, expected a name as the hub writes them, such as mit or cc-by-4.0")
    saved, source = _parts(model)
    _check_licence(source, folder)
    save_model(folder, saved, storage=storage_of(saved.model.state_dict()))
    for name in (LICENCE, SCORES_FILE):
        if source is not None and (source / name).is_file() and not _is_same(source / name, folder / name):
            with replacing(folder / name) as partial:
                shutil.copyfile(source / name, partial)
    if overwrite_card or not (folder / CARD).exists():
        card = _card(saved, source, licence=licence, has_licence=(folder / LICENCE).is_file(), load_as=load_as)
        with replacing(folder / CARD) as partial:
            partial.write_text(card, encoding="utf-8")
    return folder


def _parts(model: Any) -> tuple[SavedModel, Path | None]:
    """A model and the folder that it came from, which must still be there: its licence is in it."""
    if isinstance(model, Extractor):
        if model.folder is not None and not model.folder.is_dir():
            raise CheckpointError(f"{model.folder}: the model came from there, with its licence, and it is gone")
        return model.saved, model.folder
    if isinstance(model, SavedModel):
        return model, None
    source = find_model(model)
    return load_model(source), source


def _check_licence(source: Path | None, folder: Path) -> None:
    """A licence that somebody wrote is never replaced by another one."""
    target = folder / LICENCE
    if source is None or not (source / LICENCE).is_file() or not target.is_file():
        return
    if (source / LICENCE).read_bytes() != target.read_bytes():
        raise CheckpointError(f"{target}: differs from the model's own licence; remove it or save to another folder")


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _card(saved: SavedModel, source: Path | None, *, licence: str | None, has_licence: bool, load_as: str) -> str:
    """The card that came with the model, with what the hub wants at its top, else a new one."""
    if source is None or not (source / CARD).is_file():
        return model_card(saved, source, licence=licence, has_licence=has_licence, load_as=load_as)
    try:
        text = (source / CARD).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CheckpointError(f"{source / CARD}: not UTF-8 text ({error.reason}); save the file as UTF-8") from None
    if not text.startswith("---\n"):
        return front_matter(licence, has_licence) + "\n" + text
    if licence is not None:
        raise ConfigError(f"licence {licence}: {source / CARD} names one itself; change it there")
    return text
