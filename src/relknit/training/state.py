"""What a run needs to be resumed without a difference: one safetensors file, replaced atomically, no pickle.

Tensors: weights, their moving average, Adam's moments, torch's random state. Note (JSON): the position in the epoch, best
score so far, running sums, length of the metrics file in bytes, and the kind of CPU and number of threads.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import ConfigDict
from torch import Tensor

from relknit.checkpoint.json_files import parse_json, to_json
from relknit.checkpoint.tensors import read_note, read_tensors, write_tensors
from relknit.errors import CheckpointError, one_line
from relknit.models.base import JointModel
from relknit.training.schedule import MovingAverage

STATE_FILE: Final = "state.safetensors"
_FIX: Final = "train again into another folder, the best epoch so far stays here"


@dataclass
class TrainingState:
    """Where a run is: `epoch` from 0, `batch` within it, `step` in all; sums of the losses of this epoch so far.

    `best_epoch` is -1 while no epoch is done; `config` is the fingerprint of the run. `cpu` and `threads` are those that
    computed it last: another kind of CPU or number of threads gives other last bits. `fold` is that of cross-validation, from
    1; 0 is the training of the model itself.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    epoch: int = 0
    batch: int = 0
    step: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    best_score: float = -1.0
    best_epoch: int = -1
    metrics_bytes: int = 0
    seconds: float = 0.0
    config: str = field(default="", repr=False)
    cpu: str = field(default_factory=lambda: torch.backends.cpu.get_cpu_capability())
    threads: int = 1
    fold: int = 0


def save_state(
    folder: Path,
    state: TrainingState,
    model: JointModel,
    optimiser: torch.optim.Optimizer,
    average: MovingAverage | None,
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
    copies = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in tensors.items()}
    write_tensors(folder / STATE_FILE, copies, {"state": asdict(state)})


def read_state(folder: Path) -> TrainingState | None:
    """Where the run in `folder` is, None if it was never saved; raises CheckpointError when the file is damaged."""
    path = folder / STATE_FILE
    if not path.exists():
        return None
    note = read_note(path, fix=_FIX)
    if "state" not in note:
        raise CheckpointError(f"{path}: was saved by another version of relknit, which can resume it; or {_FIX}")
    return parse_json(TrainingState, to_json(note["state"]), path, fix=_FIX)


def restore_state(
    folder: Path, model: JointModel, optimiser: torch.optim.Optimizer, average: MovingAverage | None
) -> None:
    """Put weights, average, moments and random state back as `save_state` found them.

    Raises CheckpointError when the file is damaged or belongs to a model of another shape.
    """
    path = folder / STATE_FILE
    tensors, _ = read_tensors(path, fix=_FIX)
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
        reason = one_line(" ".join(str(error).split()), most=200)
        raise CheckpointError(f"{path}: does not fit this run: {reason}; {_FIX}") from None


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
        raise CheckpointError(f"{path}: has {found} bytes, the run has written {size}; {_FIX}")


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


def _parameters(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]
