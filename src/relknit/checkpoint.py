"""Model folders: weights as safetensors, everything else as JSON with a format version. No pickle, nothing is executed.

    model.safetensors     weights
    model.json            format, version, configuration, labels, decoding
    vocabulary.json       words, characters, shapes, part-of-speech tags
    training_data.json    hashes of the sentences and names it was trained on, and the longest sentence
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from relknit.config import EncoderConfig, ModelConfig
from relknit.data.vocab import SPECIAL, Vocabulary
from relknit.errors import CheckpointError
from relknit.metrics import name_hash
from relknit.models import Decoding, JointModel, Labels, build_model
from relknit.nn.encoders import BiLSTMEncoder, WordTables

FORMAT: Final = "relknit-model"
VERSION: Final = 1
FILES: Final = ("model.safetensors", "model.json", "vocabulary.json", "training_data.json")


@dataclass(frozen=True)
class TrainingData:
    """What a model remembers of its training data: hashes only (16 hex digits each), and the longest sentence in tokens."""

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
    encoder: EncoderConfig
    config: ModelConfig
    trained_on: TrainingData


def save_model(folder: str | Path, saved: SavedModel, *, half: bool = False) -> None:
    """Write the four files, each atomically, the weights last. `half` stores weights in float16 (half the size).

    The folder is created; files of an earlier model in it are replaced.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tables = _tables(saved.model)
    vocabulary = {name: getattr(tables, name).names[len(SPECIAL) :] for name in ("words", "characters", "shapes", "pos")}
    description = {
        "format": FORMAT,
        "version": VERSION,
        "encoder": saved.encoder.model_dump(mode="json", exclude={"vectors"}),
        "model": saved.config.model_dump(mode="json"),
        "labels": asdict(saved.model.labels),
        "decoding": asdict(saved.model.decoding),
    }
    remembered = {
        "sentences": sorted(saved.trained_on.sentences),
        "names": sorted(saved.trained_on.names),
        "max_tokens": saved.trained_on.max_tokens,
    }
    write_json(folder / "vocabulary.json", vocabulary)
    write_json(folder / "training_data.json", remembered)
    write_json(folder / "model.json", description, indent=2)
    dtype = torch.float16 if half else None
    weights = {name: value.to(dtype or value.dtype).contiguous() for name, value in saved.model.state_dict().items()}
    write_tensors(folder / "model.safetensors", weights, {"format": FORMAT, "version": str(VERSION)})


def load_model(folder: str | Path) -> SavedModel:
    """Read a model folder; the model is in evaluation mode, its weights float32. Raises CheckpointError."""
    folder = Path(folder)
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: no such model folder")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise CheckpointError(f"{folder}: not a relknit model, {missing[0]} is missing; give a folder that `relknit train` wrote")
    description = _read_object(folder / "model.json")
    if description.get("format") != FORMAT:
        raise CheckpointError(f"{folder}/model.json: format is {description.get('format')!r}, expected {FORMAT!r}")
    if description.get("version") != VERSION:
        raise CheckpointError(
            f"{folder}/model.json: format version {description.get('version')!r}, this relknit reads {VERSION}; "
            "install the relknit that wrote it, or train again"
        )
    try:
        encoder = EncoderConfig.model_validate(description["encoder"])
        config = ModelConfig.model_validate(description["model"])
        labels = Labels(**{key: tuple(_strings(value)) for key, value in description["labels"].items()})
        decoding = Decoding(**description["decoding"])
        words = _read_object(folder / "vocabulary.json")
        tables = WordTables(**{key: Vocabulary.of(_strings(value)) for key, value in words.items()})
        remembered = _read_object(folder / "training_data.json")
        trained_on = TrainingData(
            frozenset(_strings(remembered["sentences"])), frozenset(_strings(remembered["names"])), int(remembered["max_tokens"])
        )
        model = build_model(encoder, config, labels, tables)
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError, RuntimeError) as error:
        raise CheckpointError(f"{folder}: damaged model description: {_first_line(error)}; train or copy it again") from None
    model.decoding = decoding
    _load_weights(model, folder / "model.safetensors")
    return SavedModel(model.eval(), encoder, config, trained_on)


def write_json(path: Path, value: Any, *, indent: int | None = None) -> None:
    """Write JSON atomically: to a file beside it, flushed to disk, then renamed."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with partial.open("w", encoding="utf-8") as out:
        json.dump(value, out, ensure_ascii=False, indent=indent)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    partial.replace(path)


def write_tensors(path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    """Write safetensors atomically."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    save_file(tensors, partial, metadata=metadata)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(path)


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Read a safetensors file; raises CheckpointError when it is damaged."""
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path}: damaged weights: {_first_line(error)}; copy or train it again") from None


def _load_weights(model: JointModel, path: Path) -> None:
    weights = {name: value.float() for name, value in read_tensors(path).items()}
    own = model.state_dict()
    for name, value in own.items():
        if name not in weights or weights[name].shape != value.shape:
            found = tuple(weights[name].shape) if name in weights else "nothing"
            raise CheckpointError(f"{path}: {name} should be {tuple(value.shape)}, found {found}; copy or train it again")
        if not torch.isfinite(weights[name]).all():
            raise CheckpointError(f"{path}: {name} holds values that are not finite; copy or train it again")
    if extra := sorted(weights.keys() - own.keys()):
        raise CheckpointError(f"{path}: unexpected {extra[0]}; the files of this folder do not belong together")
    model.load_state_dict(weights)


def _tables(model: JointModel) -> WordTables:
    if not isinstance(model.encoder, BiLSTMEncoder):
        raise CheckpointError(f"cannot save an encoder of type {type(model.encoder).__name__}")
    return model.encoder.words.tables


def _read_object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise CheckpointError(f"{path}: not readable JSON: {_first_line(error)}; copy or train it again") from None
    if not isinstance(value, dict):
        raise CheckpointError(f"{path}: expected a JSON object; copy or train it again")
    return value


def _strings(values: Iterable[Any]) -> list[str]:
    result = list(values)
    if isinstance(values, str) or not all(isinstance(value, str) for value in result):
        raise TypeError("expected a list of strings")
    return result


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
