"""A training from a folder of data or a configuration, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from relknit.config import Config, apply_overrides, build_config, given_values, load_config
from relknit.data.catalogue import DATA_DIR, DATASETS
from relknit.data.readers import find_splits
from relknit.errors import ConfigError
from relknit.presets import preset_values, under
from relknit.sources import find_model
from relknit.training.cross_validation import train as train_plan
from relknit.training.loop import Observer
from relknit.training.plan import make_plan
from relknit.training.result import TrainingResult
from relknit.training.state import TrainingState


class SilentObserver:
    """An Observer that shows nothing."""

    def batch(self, state: TrainingState, batches: int, loss: float) -> None:
        """Ignored."""

    def epoch(self, record: dict[str, Any]) -> None:
        """Ignored."""

    def warn(self, message: str) -> None:
        """Ignored."""


def train(
    source: str | Path | Config,
    folder: str | Path,
    *,
    settings: Iterable[str] = (),
    preset: str | None = None,
    start_from: str | Path | None = None,
    resume: bool = False,
    skip_bad: bool = False,
    observer: Observer | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> TrainingResult:
    """Train a model, choose the best epoch on dev, and score test once at the end.

        relknit.train("data", "runs/mine", settings=["training.epochs=20", "training.device=auto"])
        extract = relknit.load("runs/mine")

    source: a folder with train.jsonl and, if there are any, dev.jsonl and test.jsonl; a .toml file; or a Config.
    folder: the run folder, which is the model folder in the end.
    settings: "section.key=value", stronger than those of `source`. Where a training computes is a setting too
        (`training.device`, `training.threads`), because its last bits depend on it.
    preset: "minilm", the folder of a pretrained transformer, or hf:NAME: settings weaker than all others, see
        `relknit.presets`.
    start_from: a model to fine-tune: a folder or a name, see `relknit.load`. The result says what the new model keeps of
        what it knew, measured on `data.old` where that is set.
    resume: go on from the saved state of an interrupted run. skip_bad: leave out lines that break the format.
    observer: is told of warnings, steps and epochs. stop: asked after every step; when it says so, the state is saved and
        an interrupted result returned.
    Raises DataError, ConfigError, CheckpointError, and RelknitError for a folder that holds another run.
    """
    shown = observer or SilentObserver()
    config = read_config(source, settings, preset=preset)
    plan = make_plan(config, start_from=None if start_from is None else find_model(start_from), skip_bad=skip_bad)
    for warning in plan.warnings:
        shown.warn(warning)
    return train_plan(plan, folder, shown, resume=resume, stop=stop)


def read_config(source: str | Path | Config, overrides: Iterable[str] = (), *, preset: str | None = None) -> Config:
    """The configuration of a .toml file, or defaults with the splits of a data folder; overrides applied.

    preset: the name of settings that are weaker than all others, see `relknit.presets`.
    """
    base = {} if preset is None else preset_values(preset)
    if isinstance(source, Config):
        return build_config(apply_overrides(under(given_values(source), base, source="config"), overrides))
    source = Path(source)
    if not source.is_dir():
        if not source.exists():
            raise ConfigError(f"{source}: no such file or folder; {_what_to_name(source)}")
        if source.suffix != ".toml":
            raise ConfigError(f"{source}: give a .toml file, or the folder that holds train.jsonl")
        return load_config(source, overrides, preset=base)
    splits = {name: str(path) for name, path in find_splits(source).items()}
    return build_config(apply_overrides({"data": splits, **base}, overrides), source=str(source))


def _what_to_name(source: Path) -> str:
    """How to fix a path that does not exist, which may be the name of a dataset."""
    name, folder = str(source), DATA_DIR / source
    if name not in DATASETS:
        return "give a .toml file or a folder of data"
    if folder.exists():
        return f"the dataset of this name is in {folder}, so run: relknit train {folder}"
    return f"to get the dataset of this name: relknit data get {name}, then: relknit train {folder}"
