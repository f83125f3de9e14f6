"""Model folders: weights as safetensors, everything else as JSON with a format version.

    model.safetensors     weights
    model.json            format, version, configuration, labels, decoding, calibration where there is one, checksums
    vocabulary.json       BiLSTM encoders: words, characters, shapes, part-of-speech tags
    encoder.json          transformer encoders: architecture, special word pieces
    tokenizer.json        transformer encoders: how words become pieces
    training_data.json    hashes of the sentences and names it was trained on, and the longest sentence

No pickle, and nothing in a folder is executed. The version stays as long as an older relknit can read what a newer one
wrote: `calibration` and `sha256` were added later, may be absent, and are passed over by those that don't know them.
"""

from __future__ import annotations

import json
import os
import reprlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch.overrides import TorchFunctionMode

from relknit.checksums import (
    EARLIER,
    KEY,
    bytes_digest,
    check_files,
    checksums,
    earlier_digest,
    file_digest,
    with_checksums,
)
from relknit.config import AnyEncoderConfig, ModelConfig
from relknit.data.vocab import SPECIAL, Vocabulary
from relknit.errors import CheckpointError, ConfigError, DataError, one_line
from relknit.files import replacing
from relknit.metrics import name_hash
from relknit.models import Calibration, Decoding, JointModel, Labels, build_model
from relknit.nn.encoders import BiLSTMEncoder, EncoderParts, TransformerEncoder, TransformerParts, WordTables
from relknit.nn.encoders.word_pieces import PieceRules

FORMAT: Final = "relknit-model"
VERSION: Final = 1
TABLES: Final = ("words", "characters", "shapes", "pos")
ENCODER_FILES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"bilstm": ("vocabulary.json",), "transformer": ("encoder.json", "tokenizer.json")}
)
WEIGHTS: Final = "model.safetensors"
FILES: Final = (WEIGHTS, "model.json", "training_data.json", *chain(*ENCODER_FILES.values()))
PAPERS: Final = ("LICENSE", "README.md")
# what reading a damaged file, or building a model from what it says, can raise
_DAMAGE: Final = (
    OSError,
    KeyError,
    TypeError,
    ValueError,
    OverflowError,
    RuntimeError,
    MemoryError,
    ConfigError,
)


@dataclass(frozen=True)
class TrainingData:
    """What a model remembers of its training data: hashes (16 hex digits each), and the longest sentence in tokens.

    Texts of more than `max_tokens` are read in windows.
    """

    sentences: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    max_tokens: int = 80


def sentence_hash(tokens: Sequence[str]) -> str:
    """16 hex digits that stand for a sentence, whatever its case and spacing."""
    return name_hash(" ".join(tokens))


@dataclass(frozen=True)
class SavedModel:
    """A model as it comes from a folder, with what it was built from."""

    model: JointModel
    encoder: AnyEncoderConfig
    config: ModelConfig
    trained_on: TrainingData


def save_model(folder: str | Path, saved: SavedModel, *, half: bool = False) -> None:
    """Write the model's files, each atomically. `half` stores weights in float16 (half the size).

    The folder is created; files of an earlier model in it are replaced, and where they are an earlier state of the same
    model, the folder can be loaded at every moment. Raises CheckpointError when a file cannot be written, and when a
    weight is not finite (or too large for float16), before anything is.
    """
    folder = Path(folder)
    # one entry only: safetensors writes several in no fixed order, and equal models should be equal files
    weights = save(_storable(saved.model, half=half), {"format": FORMAT})
    around = _encoder_files(saved.model)
    description = {
        "format": FORMAT,
        "version": VERSION,
        "encoder": saved.encoder.model_dump(mode="json", exclude={"vectors", "source"}),
        "model": saved.config.model_dump(mode="json"),
        "labels": asdict(saved.model.labels),
        "decoding": asdict(saved.model.decoding),
    }
    if saved.model.calibration is not None:
        description["calibration"] = saved.model.calibration.to_json()
    around["training_data.json"] = {
        "sentences": sorted(saved.trained_on.sentences),
        "names": sorted(saved.trained_on.names),
        "max_tokens": saved.trained_on.max_tokens,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"{folder}: cannot be created: {error.strerror or error}; use another folder") from None
    for name, content in around.items():
        write_json(folder / name, content)
    digests = {name: file_digest(folder / name) for name in around} | {WEIGHTS: bytes_digest(weights)}
    _replace_weights(folder, weights, with_checksums(description, digests))


def load_model(folder: str | Path) -> SavedModel:
    """Read a model folder; the model is in evaluation mode, its weights float32, torch's random state untouched.

    Raises CheckpointError. No memory is taken on the word of the JSON: the weights have to be there in those shapes.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: no such model folder; give a folder that `relknit train` wrote")
    _require(folder, ("model.safetensors", "model.json", "training_data.json"))
    description = _read_description(folder / "model.json")
    _check_checksums(folder, description)  # before anything is built from what may be damaged
    encoder = _encoder_config(folder, description)
    _require(folder, ENCODER_FILES[encoder.name])
    words = {name: _read_object(folder / name) for name in ENCODER_FILES[encoder.name]}
    remembered = _read_object(folder / "training_data.json")
    weights = read_tensors(folder / "model.safetensors")
    try:
        config = ModelConfig.model_validate(description["model"])
        parts = _encoder_parts(words)
        _check_layers(encoder, parts, len(weights))
        labels = _labels(description["labels"])

        def build() -> JointModel:
            return build_model(encoder, config, labels, parts)

        with torch.device("meta"), _NoInitialValues():  # shapes without memory
            model = build()
        decoding = _decoding(description["decoding"])
        calibration = _calibration(description, labels)
        trained_on = _training_data(remembered)
    except _DAMAGE as error:
        raise CheckpointError(f"{folder}: damaged description: {_reason(error)}; copy or train it again") from None
    _check_weights(model, weights, folder / WEIGHTS)
    if _computes_buffers(model):
        # no file holds them: build again with memory, now that the weights are known to be there in these shapes
        with torch.random.fork_rng(devices=[]), _NoInitialValues():
            model = build()
    model.decoding, model.calibration = decoding, calibration
    own_copies = {name: value.to(torch.float32, copy=True) for name, value in weights.items()}  # not the mapped file's
    model.load_state_dict(own_copies, assign=True)
    return SavedModel(model.eval(), encoder, config, trained_on)


def write_calibration(folder: str | Path, calibration: Calibration, *, out: str | Path | None = None) -> Path:
    """Put a calibration into a model folder's model.json, atomically, or into a copy of the folder at `out`.

    Nothing else changes, but that a folder of an older relknit gets checksums. The copy has the model's files with its
    licence and card, and appears in one piece. Returns the folder that has the calibration. Raises CheckpointError, also
    when something stands at `out` already.
    """
    folder = Path(folder)
    description = _read_description(folder / "model.json") | {"calibration": calibration.to_json()}
    description = with_checksums(description, _present_checksums(folder, description))
    if out is None:
        write_json(folder / "model.json", description, indent=2)
        return folder
    out = Path(out)
    if out.exists():
        raise CheckpointError(f"{out}: exists already; name another folder")
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        for name in (*FILES, *PAPERS):
            if name != "model.json" and (folder / name).is_file():
                shutil.copyfile(folder / name, partial / name)
        write_json(partial / "model.json", description, indent=2)
        partial.rename(out)
    except OSError as error:
        raise CheckpointError(f"{out}: cannot be written: {error.strerror or error}; use another folder") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def write_json(path: Path, value: Any, *, indent: int | None = None) -> None:
    """Write JSON atomically: to a file beside it, flushed to disk, then renamed. Raises CheckpointError."""
    with _replacing(path) as partial, partial.open("w", encoding="utf-8") as out:
        json.dump(value, out, ensure_ascii=False, indent=indent)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())


def write_tensors(path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    """Write safetensors atomically. Raises CheckpointError."""
    # written here rather than by safetensors, whose files only their owner may read
    _write_bytes(path, save(tensors, metadata))


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Read a safetensors file; raises CheckpointError when it is damaged."""
    try:
        return load_file(path)
    except (SafetensorError, *_DAMAGE) as error:
        raise CheckpointError(f"{path}: damaged weights: {_reason(error)}; copy or train it again") from None


def _write_bytes(path: Path, content: bytes) -> None:
    with _replacing(path) as partial, partial.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _replace_weights(folder: Path, weights: bytes, description: dict[str, Any]) -> None:
    """Write model.json and the weights; a kill in between leaves a folder that is whole, or is known not to be."""
    try:
        before = checksums(_read_object(folder / "model.json"))
        earlier = earlier_digest(folder / WEIGHTS, before, description[KEY])
    except (CheckpointError, OSError, TypeError):
        earlier = None  # there is no model yet, or a damaged one
    if earlier not in (None, description[KEY][WEIGHTS]):
        write_json(
            folder / "model.json", description | {KEY: description[KEY] | {EARLIER + WEIGHTS: earlier}}, indent=2
        )
        _write_bytes(folder / WEIGHTS, weights)
        write_json(folder / "model.json", description, indent=2)
    else:
        write_json(folder / "model.json", description, indent=2)
        _write_bytes(folder / WEIGHTS, weights)


def _present_checksums(folder: Path, description: Mapping[str, Any]) -> dict[str, str]:
    """Those the description holds; where it has none, those of the files as they are."""
    others = (name for name in FILES if name != "model.json" and (folder / name).is_file())
    try:
        return checksums(description) if KEY in description else {name: file_digest(folder / name) for name in others}
    except (OSError, TypeError) as error:
        raise CheckpointError(f"{folder}: damaged: {_reason(error)}; copy or train it again") from None


def _check_checksums(folder: Path, description: Mapping[str, Any]) -> None:
    try:
        names = [name for name in FILES if name in checksums(description)]
        _require(folder, names)
        check_files(folder, description, names)
    except _DAMAGE as error:
        raise CheckpointError(f"{folder}: damaged description: {_reason(error)}; copy or train it again") from None


class _NoInitialValues(TorchFunctionMode):
    """Leaves out torch.nn.init: without memory there is nothing to draw, and torch would load its compiler to do so."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return given["tensor"] if "tensor" in given else args[0]
        return func(*args, **given)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    try:
        with replacing(path) as partial:
            yield partial
    except DataError as error:
        raise CheckpointError(str(error)) from None
    except (SafetensorError, UnicodeEncodeError) as error:
        raise CheckpointError(f"{path}: cannot be written: {_reason(error)}; what stood there is still there") from None


def _storable(model: JointModel, *, half: bool) -> dict[str, torch.Tensor]:
    weights = {name: (value.half() if half else value).contiguous() for name, value in model.state_dict().items()}
    for name, value in weights.items():
        if not torch.isfinite(value).all():
            mend = "save it without half, or train again" if half else "train again with a lower training.learning_rate"
            raise CheckpointError(f"{name} holds values that are not finite as {value.dtype}; {mend}")
    return weights


def _check_weights(model: JointModel, weights: Mapping[str, torch.Tensor], path: Path) -> None:
    own = model.state_dict()
    for name, value in own.items():
        if name not in weights or weights[name].shape != value.shape:
            found = tuple(weights[name].shape) if name in weights else "nothing"
            message = f"{name} should be {tuple(value.shape)}, found {found}; copy or train it again"
            raise CheckpointError(f"{path}: {message}")
        if not weights[name].is_floating_point() or not torch.isfinite(weights[name].float()).all():
            raise CheckpointError(
                f"{path}: {name} holds values that are no finite floating-point numbers; copy or train it again"
            )
    if extra := sorted(weights.keys() - own.keys()):
        raise CheckpointError(f"{path}: unexpected {extra[0]!r}; the files of this folder do not belong together")


def _computes_buffers(model: JointModel) -> bool:
    """Whether it holds values that are neither weights nor stored, such as the numbers of positions."""
    stored = model.state_dict().keys()
    return any(name not in stored for name, _ in model.named_buffers())


def _require(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if not (folder / name).is_file():
            message = f"not a relknit model, {name} is missing; give a folder that `relknit train` wrote"
            raise CheckpointError(f"{folder}: {message}")


def _encoder_files(model: JointModel) -> dict[str, Any]:
    """What the encoder knows of words: the content of its files by their names."""
    encoder = model.encoder
    if isinstance(encoder, BiLSTMEncoder):
        tables = encoder.words.tables
        return {"vocabulary.json": {name: getattr(tables, name).names[len(SPECIAL) :] for name in TABLES}}
    if isinstance(encoder, TransformerEncoder):
        parts = encoder.parts
        description = {"architecture": parts.architecture, "pieces": parts.rules.to_json()}
        return {"encoder.json": description, "tokenizer.json": parts.tokenizer}
    raise CheckpointError(f"cannot save an encoder of type {type(encoder).__name__}, only a BiLSTM or a transformer")


def _encoder_config(folder: Path, description: Mapping[str, Any]) -> AnyEncoderConfig:
    try:
        config: AnyEncoderConfig = TypeAdapter(AnyEncoderConfig).validate_python(description["encoder"])
    except _DAMAGE as error:
        raise CheckpointError(f"{folder}: damaged description: {_reason(error)}; copy or train it again") from None
    return config


def _encoder_parts(files: Mapping[str, dict[str, Any]]) -> EncoderParts:
    if "vocabulary.json" in files:
        return WordTables(**{name: Vocabulary.of(_strings(files["vocabulary.json"], name)) for name in TABLES})
    description = files["encoder.json"]
    if not isinstance(description["architecture"], dict):
        raise TypeError("architecture should be an object")
    rules = PieceRules.of_json(description["pieces"])
    return TransformerParts(description["architecture"], files["tokenizer.json"], rules)


def _check_layers(encoder: AnyEncoderConfig, parts: EncoderParts, tensors: int) -> None:
    """Raises ValueError for more layers than there are weights for, before time and memory go into them."""
    layers = encoder.model_dump(include={"num_layers"})
    if isinstance(parts, TransformerParts):
        layers = {name: value for name, value in parts.architecture.items() if "layer" in name}
    for name, count in layers.items():
        if isinstance(count, int) and count > tensors:
            raise ValueError(f"{name} is {reprlib.repr(count)}, but the weights have {tensors} tensors")


def _read_description(path: Path) -> dict[str, Any]:
    description = _read_object(path)
    if description.get("format") != FORMAT:
        found = reprlib.repr(description.get("format"))
        raise CheckpointError(
            f"{path}: format is {found}, expected {FORMAT!r}; give a folder that `relknit train` wrote"
        )
    version = description.get("version")
    if type(version) is not int or version != VERSION:
        message = f"format version {reprlib.repr(version)}, this relknit reads {VERSION}"
        raise CheckpointError(f"{path}: {message}; install the relknit that wrote it, or train again")
    return description


def _read_object(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        value = json.loads(text)
        if "\\u" in text:  # only an escape can smuggle in half a character pair, which no output could hold
            json.dumps(value, ensure_ascii=False).encode()
    except _DAMAGE as error:
        raise CheckpointError(f"{path}: not readable JSON: {_reason(error)}; copy or train it again") from None
    if not isinstance(value, dict):
        raise CheckpointError(f"{path}: expected a JSON object, found {reprlib.repr(value)}; copy or train it again")
    return value


def _labels(values: Mapping[str, Any]) -> Labels:
    return Labels(_strings(values, "relations"), _strings(values, "entity_types"))


def _decoding(values: Mapping[str, Any]) -> Decoding:
    threshold, keep = values["threshold"], values["keep_untagged"]
    if type(threshold) is not float or type(keep) is not bool:
        raise TypeError("decoding should have a threshold (a number) and keep_untagged (true or false)")
    loose = values.get("loose_threshold")
    if loose is not None and (isinstance(loose, bool) or not isinstance(loose, int | float)):
        raise TypeError("loose_threshold should be a number, or null")
    return Decoding(threshold, keep, loose, values.get("mentions", "all"))


def _calibration(description: Mapping[str, Any], labels: Labels) -> Calibration | None:
    found = description.get("calibration")
    return None if found is None else Calibration.of_json(found, labels.relations)


def _training_data(values: Mapping[str, Any]) -> TrainingData:
    most = values["max_tokens"]
    if type(most) is not int or most < 1:
        raise ValueError(f"max_tokens is {reprlib.repr(most)}, expected a whole number from 1")
    return TrainingData(frozenset(_strings(values, "sentences")), frozenset(_strings(values, "names")), most)


def _strings(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = values[key]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"{key} should be a list of strings")
    if len(set(names)) < len(names):
        raise ValueError(f"{key} names something twice")
    return tuple(names)


def _reason(error: BaseException) -> str:
    """One line: for a value that pydantic refuses its place and what was expected, else the error's class and words."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False)[0]
        text = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return one_line(" ".join(text.split()), most=300)
