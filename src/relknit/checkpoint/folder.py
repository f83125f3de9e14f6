"""Saving and loading model folders.

Every file is replaced atomically, and weights carry the checksum of the settings, labels and vocabulary that they belong
to. So a folder that is saved again with other weights or another decoding of the same model can be loaded at every
moment, and one that a kill left with files of two models is known not to be whole. (A folder that was renamed as a
whole would lose the other files of a run beside the model.)
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from torch.overrides import TorchFunctionMode

from relknit.calibration.confidence import Calibration
from relknit.checkpoint.description import FORMAT, READ, VERSION, Description, TrainingData, identity
from relknit.checkpoint.json_files import (
    AGAIN,
    make_folder,
    parse_json,
    read_bytes,
    read_object,
    to_json,
    write_bytes,
    write_json,
)
from relknit.checkpoint.storage import Storage, loaded, stored
from relknit.checkpoint.tensors import read_tensors, write_tensors
from relknit.checksums import (
    DESCRIPTION,
    KEY,
    TRAINING_DATA,
    WEIGHTS,
    file_digest,
    json_digest,
    model_files,
    value_digest,
)
from relknit.encoders import ENCODERS
from relknit.errors import CheckpointError, ConfigError, short
from relknit.files import partial_path
from relknit.models import MODELS
from relknit.models.base import JointModel
from relknit.registry import Registry
from relknit.sources import NOTICES


@dataclass(frozen=True)
class SavedModel:
    """A model as it comes from a folder, with what it remembers of its training data."""

    model: JointModel
    trained_on: TrainingData


def save_model(folder: str | Path, saved: SavedModel, *, storage: Storage = "float32") -> None:
    """Write the model's files. storage: the number format of the weights, see `relknit.checkpoint.storage`.

    The folder is created; files of an earlier model in it are replaced. Raises CheckpointError when a file cannot be
    written, and when a weight is not finite (or too large for float16), before anything is.
    """
    folder, model = Path(folder), saved.model
    weights = _storable(model, storage)
    parts: dict[str, BaseModel] = {**model.encoder.files(), **model.files()}
    contents = {name: to_json(value.model_dump(mode="json")) for name, value in parts.items()}
    description = _description(model)
    contents[TRAINING_DATA] = to_json(saved.trained_on.to_json())
    digests = {name: json_digest(content) for name, content in contents.items()}
    note = {"belongs_to": identity(description, digests)}
    make_folder(folder)
    for name, content in contents.items():
        if not (folder / name).is_file() or (folder / name).read_bytes() != content:
            write_bytes(folder / name, content)
    write_json(folder / DESCRIPTION, _with_checksums(description, digests), indent=2)
    write_tensors(folder / WEIGHTS, weights, note)


def load_model(folder: str | Path) -> SavedModel:
    """Read a model folder; the model is in evaluation mode, its weights float32, torch's random state untouched.

    Raises CheckpointError. No memory is taken on the word of the JSON: the weights have to be there in those shapes.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: no such model folder; give a folder that `relknit train` wrote")
    _require(folder, (DESCRIPTION, WEIGHTS, TRAINING_DATA))
    raw, text = _read_description(folder / DESCRIPTION)
    encoder_class = _class_of("encoder", ENCODERS, raw, folder / DESCRIPTION)
    model_class = _class_of("model", MODELS, raw, folder / DESCRIPTION)
    files = {**encoder_class.Files, **model_class.Files}
    _require(folder, tuple(files))
    contents = {name: read_bytes(folder / name) for name in (*files, TRAINING_DATA)}
    _check_checksums(folder, raw, contents)  # before anything is built from what may be damaged
    kind = Description[encoder_class.Settings, model_class.Settings, model_class.decoding_type]  # type: ignore[name-defined]
    description: Any = parse_json(kind, text, folder / DESCRIPTION)
    parts = {name: parse_json(content_class, contents[name], folder / name) for name, content_class in files.items()}
    trained_on = parse_json(TrainingData, contents[TRAINING_DATA], folder / TRAINING_DATA)
    tensors, note = read_tensors(folder / WEIGHTS)
    weights = loaded(tensors)
    digests = {name: json_digest(content) for name, content in contents.items()}
    complete = raw.get(KEY, {}).keys() >= {DESCRIPTION, *digests}  # nothing was edited by a person
    if description.version == VERSION and complete and note.get("belongs_to") != identity(raw, digests):
        raise CheckpointError(f"{folder / WEIGHTS}: the files of this folder do not belong together; {AGAIN}")

    def build() -> JointModel:
        encoder = encoder_class.from_files(description.encoder, parts)
        model: JointModel = model_class.from_files(description.model, encoder, description.labels, parts)
        return model

    try:
        with torch.device("meta"), _NoInitialValues():  # shapes without memory
            model = build()
    except ConfigError as error:
        raise CheckpointError(f"{folder}: damaged: {error}; {AGAIN}") from None
    _check_weights(model, weights, folder / WEIGHTS)
    if _computes_buffers(model):
        # no file holds them: build again with memory, now that the weights are known to be there in these shapes
        with torch.random.fork_rng(devices=[]), _NoInitialValues():
            model = build()
    model.decoding, model.calibration = description.decoding, description.calibration
    own_copies = {name: value.to(torch.float32, copy=True) for name, value in weights.items()}  # not the mapped file's
    model.load_state_dict(own_copies, assign=True)
    return SavedModel(model.eval(), trained_on)


def write_calibration(folder: str | Path, calibration: Calibration, *, out: str | Path | None = None) -> Path:
    """Put a calibration into a model folder's model.json, atomically, or into a copy of the folder at `out`.

    Nothing else changes. The copy has the model's files with its licence and card, and appears in one piece. Returns the
    folder that has the calibration. Raises CheckpointError, also when `out` exists.
    """
    folder = Path(folder)
    raw, _ = _read_description(folder / DESCRIPTION)
    known = raw.pop(KEY, None)
    files = [name for name in (*model_files({KEY: known}), *NOTICES) if (folder / name).is_file()]
    if not isinstance(known, dict):  # of an older folder
        known = {name: json_digest(read_bytes(folder / name)) for name in files if name.endswith(".json")}
    changed = _with_checksums({**raw, "calibration": calibration.to_json()}, known)
    if out is None:
        write_json(folder / DESCRIPTION, changed, indent=2)
        return folder
    out = Path(out)
    if out.exists():
        raise CheckpointError(f"{out}: exists already; name another folder")
    partial = partial_path(out)
    try:
        partial.mkdir(parents=True)
        for name in files:
            if name != DESCRIPTION:
                shutil.copyfile(folder / name, partial / name)
        write_json(partial / DESCRIPTION, changed, indent=2)
        partial.rename(out)
    except OSError as error:
        raise CheckpointError(f"{out}: cannot be written: {error.strerror or error}; use another folder") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


class _NoInitialValues(TorchFunctionMode):
    """Leaves out torch.nn.init: without memory there is nothing to draw, and torch would load its compiler to do so."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return given["tensor"] if "tensor" in given else args[0]
        return func(*args, **given)


def _description(model: JointModel) -> dict[str, Any]:
    """The value of model.json without checksums."""
    kind: Any = Description[type(model.encoder.settings), type(model.settings), type(model.decoding)]  # type: ignore[misc]
    found: dict[str, Any] = kind(
        encoder=model.encoder.settings,
        model=model.settings,
        labels=model.labels,
        decoding=model.decoding,
        calibration=model.calibration,
    ).model_dump(mode="json", exclude={KEY: True, "encoder": set(model.encoder.settings.not_stored)})
    return found if model.calibration is not None else {k: v for k, v in found.items() if k != "calibration"}


def _with_checksums(description: Mapping[str, Any], digests: Mapping[str, str]) -> dict[str, Any]:
    return {**description, KEY: dict(sorted({**digests, DESCRIPTION: value_digest(description)}.items()))}


def _read_description(path: Path) -> tuple[dict[str, Any], bytes]:
    """The value and the content of model.json. Raises CheckpointError for another format or version."""
    raw, content = read_object(path)
    if raw.get("format") != FORMAT:
        found = f"format is {short(raw.get('format'))}, expected {FORMAT!r}"
        raise CheckpointError(f"{path}: {found}; give a folder that `relknit train` wrote")
    version = raw.get("version")
    if type(version) is not int or version not in READ:
        message = f"format version {short(version)}, this relknit reads {' and '.join(map(str, READ))}"
        raise CheckpointError(f"{path}: {message}; install the relknit that wrote it, or train again")
    return raw, content


def _class_of(section: str, registry: Registry, raw: Mapping[str, Any], path: Path) -> Any:
    """The class of the encoder or model that a description names."""
    settings = raw.get(section)
    name = settings.get("name") if isinstance(settings, dict) else settings
    try:
        return registry.get(str(name))
    except ConfigError as error:
        raise CheckpointError(f"{path}: {section}: {error}; install the package that adds it") from None


def _check_checksums(folder: Path, raw: Mapping[str, Any], contents: Mapping[str, bytes]) -> None:
    """Raise CheckpointError when a file of the folder, or the description itself, is not as it was saved."""
    known = raw.get(KEY, {})
    if not isinstance(known, dict):
        raise CheckpointError(f"{folder / DESCRIPTION}: {KEY} is {short(known)}, expected an object; {AGAIN}")
    found = {name: json_digest(content) for name, content in contents.items()} | {DESCRIPTION: value_digest(raw)}
    if WEIGHTS in known:  # of version 1
        found[WEIGHTS] = file_digest(folder / WEIGHTS)
    for name, digest in found.items():
        if name in known and known[name] != digest:
            fix = f"copy it again, or remove its entry from {KEY} in {DESCRIPTION} if you changed it yourself"
            raise CheckpointError(f"{folder / name}: is not as it was saved, its {KEY} differs; {fix}")


def _storable(model: JointModel, storage: Storage) -> dict[str, torch.Tensor]:
    weights = stored({n: value.detach().cpu().contiguous() for n, value in model.state_dict().items()}, storage)
    for name, value in weights.items():
        if not torch.isfinite(value).all():
            retrain = "train again with a lower training.learning_rate"
            fix = retrain if storage == "float32" else "save it as float32, or train again"
            raise CheckpointError(f"{name} holds values that are not finite as {value.dtype}; {fix}")
    return weights


def _check_weights(model: JointModel, weights: Mapping[str, torch.Tensor], path: Path) -> None:
    own = model.state_dict()
    for name, value in own.items():
        if name not in weights or weights[name].shape != value.shape:
            found = tuple(weights[name].shape) if name in weights else "nothing"
            raise CheckpointError(f"{path}: {name} should be {tuple(value.shape)}, found {found}; {AGAIN}")
        if not weights[name].is_floating_point() or not torch.isfinite(weights[name].float()).all():
            raise CheckpointError(f"{path}: {name} holds values that are not finite floating-point numbers; {AGAIN}")
    if extra := sorted(weights.keys() - own.keys()):
        raise CheckpointError(f"{path}: unexpected {extra[0]!r:.80}; the files of this folder do not belong together")


def _computes_buffers(model: JointModel) -> bool:
    """Whether it holds values that are neither weights nor stored, such as the numbers of positions."""
    stored = model.state_dict().keys()
    return any(name not in stored for name, _ in model.named_buffers())


def _require(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if not (folder / name).is_file():
            message = f"not a relknit model, {name} is missing; give a folder that `relknit train` wrote"
            raise CheckpointError(f"{folder}: {message}")
