"""What a run needs to go on as if nothing had happened: one safetensors file, replaced atomically, no pickle.

Tensors: weights, their average, Adam's moments, torch's random state. Metadata (JSON): place in the epoch, best score
so far, running sums, length of the metrics file in bytes; and a SHA-256 of all of it, so that no flipped bit goes on
into the weights.
"""

from __future__ import annotations

import hashlib
import json
import os
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from relknit.checkpoint import read_tensors, write_tensors
from relknit.errors import CheckpointError, one_line
from relknit.models import JointModel
from relknit.training.schedule import WeightAverage

STATE_FILE: Final = "state.safetensors"


@dataclass
class Place:
    """Where a run stands: `epoch` from 0, `batch` within it, `step` in all; sums of the losses of this epoch so far.

    `best_epoch` is -1 while no epoch is done; `config` is the fingerprint of the run.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    entity_loss: float = 0.0
    relation_loss: float = 0.0
    best_score: float = -1.0
    best_epoch: int = -1
    metrics_bytes: int = 0
    seconds: float = 0.0
    config: str = field(default="", repr=False)


def save_state(
    folder: Path, place: Place, model: JointModel, optimiser: torch.optim.Optimizer, average: WeightAverage | None
) -> None:
    """Write the state of a run atomically."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    if average is not None:
        tensors |= {f"average.{name}": value for name, value in average.weights.items()}
        tensors["average_steps"] = torch.tensor(average.steps)
    for number, parameter in enumerate(_parameters(optimiser)):
        for key, value in optimiser.state.get(parameter, {}).items():
            tensors[f"optimiser.{number}.{key}"] = value
    tensors["random"] = torch.get_rng_state()
    copies = {name: value.detach().to("cpu", copy=True) for name, value in tensors.items()}
    text = json.dumps(asdict(place))
    write_tensors(folder / STATE_FILE, copies, {"place": text, "sha256": _digest(copies, text)})


def read_place(folder: Path) -> Place | None:
    """Where the run in `folder` stands, None if it was never saved; raises CheckpointError when the file is damaged."""
    path = folder / STATE_FILE
    if not path.exists():
        return None
    try:
        place = Place(**json.loads(_metadata(path)["place"]))
    except (SafetensorError, KeyError, TypeError, ValueError, OSError, RuntimeError) as error:
        raise CheckpointError(f"{path}: damaged state ({_reason(error)}); {_MEND}") from None
    for entry in fields(place):
        value, kind = getattr(place, entry.name), type(entry.default)
        if not isinstance(value, int | float if kind is float else kind) or isinstance(value, bool):
            raise CheckpointError(f"{path}: damaged state ({entry.name} is {reprlib.repr(value)}); {_MEND}")
    return place


def restore_state(
    folder: Path, model: JointModel, optimiser: torch.optim.Optimizer, average: WeightAverage | None
) -> None:
    """Put weights, average, moments and random state back as `save_state` found them.

    Raises CheckpointError when the file is damaged or belongs to a model of another shape.
    """
    tensors = read_tensors(folder / STATE_FILE)
    _check_digest(folder / STATE_FILE, tensors)
    try:
        model.load_state_dict({name: tensors[f"model.{name}"] for name in model.state_dict()})
        if average is not None:
            for name, weights in average.weights.items():
                weights.copy_(tensors[f"average.{name}"])
            average.steps = int(tensors["average_steps"])
        for number, parameter in enumerate(_parameters(optimiser)):
            prefix = f"optimiser.{number}."
            moments = {
                k.removeprefix(prefix): v.to(parameter.device, copy=True)
                for k, v in tensors.items()
                if k.startswith(prefix)
            }
            if moments:
                optimiser.state[parameter] = moments
        torch.set_rng_state(tensors["random"])
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder / STATE_FILE}: does not fit this run: {_reason(error)}; {_MEND}") from None


def append_record(path: Path, record: dict[str, Any], at: int) -> int:
    """Append a JSON line to a file of `at` bytes that belong to the run; returns its new length."""
    cut_back(path, at)
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(record) + "\n")
        out.flush()
        os.fsync(out.fileno())  # the saved state will count on these bytes
    return path.stat().st_size


def check_length(path: Path, size: int) -> None:
    """Raise CheckpointError when a file lacks some of the first `size` bytes, which belong to the run."""
    found = path.stat().st_size if path.exists() else 0
    if found < size:
        raise CheckpointError(f"{path}: has {found} bytes, the run has written {size}; {_MEND}")


def cut_back(path: Path, size: int) -> None:
    """Drop what an interrupted run wrote to a file after its last saved state."""
    if path.exists() and path.stat().st_size > size:
        with path.open("r+b") as out:
            out.truncate(size)


def remove_partial_files(folder: Path, names: Iterable[str]) -> None:
    """Remove what a killed run left of these files while it was writing them; none of it ever counted."""
    for name in names:
        for path in folder.glob(f".{name}.*.partial"):
            path.unlink(missing_ok=True)


_MEND: Final = "train again into another folder, the best epoch so far stays here"


def _parameters(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]


def _metadata(path: Path) -> dict[str, str]:
    with safe_open(path, framework="pt") as stored:
        return stored.metadata() or {}


def _digest(tensors: Mapping[str, Tensor], place: str) -> str:
    """SHA-256 over the place and every tensor's name, kind, shape and bytes, in the order of names."""
    digest = hashlib.sha256(place.encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"\n{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _check_digest(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Raise CheckpointError when the state is not as it was saved; one of an older relknit has nothing to compare."""
    try:
        stored = _metadata(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: damaged state ({_reason(error)}); {_MEND}") from None
    if "sha256" in stored and stored["sha256"] != _digest(tensors, stored.get("place", "")):
        raise CheckpointError(f"{path}: damaged state (it is not as it was saved, its sha256 differs); {_MEND}")


def _reason(error: BaseException) -> str:
    return one_line(" ".join(str(error).split()), most=200) or type(error).__name__
