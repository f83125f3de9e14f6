"""From a row to the configuration of one run: its file, where the data lies, the budget, and what was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from relknit.config import Config, config_to_dict, load_config
from relknit.errors import ConfigError, DataError
from relknit.experiments.rows import Row, read_object

SHORT: Final = "short"
"""The budget that every folder has: at most 40 epochs, a rate that decays, patience 8."""

BUDGETS_FILE: Final = "budgets.json"
_SHORT_EPOCHS: Final = 40
_DATA_FOLDER: Final = "data"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of all rows alike.

    budget:     "short", or one of the folder's `budgets.json`: {BUDGET: {PATTERN OF ROWS: {"section.key": value}}}
    data_dir:   stands in for the folder `data` in the paths of the configurations
    overrides:  "section.key=value", stronger than the budget
    """

    budget: str = SHORT
    data_dir: Path | None = None
    overrides: tuple[str, ...] = ()


def configure(row: Row, settings: Settings, *, seed: int = 1) -> Config:
    """The configuration of a row's run; raises ConfigError, or DataError for a damaged `budgets.json`."""
    if any(override.partition("=")[0].strip() == "training.seed" for override in settings.overrides):
        raise ConfigError("--set training.seed: the seeds are 1 to --seeds; set their number")
    written = load_config(row.path)
    own = [f"training.seed={seed}", *_budget(row, settings.budget, written)]
    if settings.data_dir is not None:
        own += _moved(row, written, settings.data_dir)
    return load_config(row.path, [*own, *settings.overrides])


def budgets_of(folder: Path) -> list[str]:
    """The names of the budgets that a folder knows, "short" first; raises DataError."""
    return list(dict.fromkeys([SHORT, *read_object(folder / BUDGETS_FILE)]))


def check_budget(folder: Path, budget: str) -> None:
    """Raises ConfigError for a budget that the folder doesn't know, DataError for a damaged `budgets.json`."""
    known = budgets_of(folder)
    if budget not in known:
        raise ConfigError(f"--budget {budget}: {folder.name} knows {', '.join(known)}")


def settings_hash(config: Config) -> str:
    """Tells settings apart (8 hex digits): not by seed, threads, device, or by where on this machine the files lie.

    A file counts by its own name and its folder's.
    """
    text = json.dumps(_comparable(config), sort_keys=True)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def differences(config: Config, other: Config) -> list[str]:
    """Where the settings of `config` are not those of `other`, as "section.key=value"."""
    ours, theirs = _comparable(config), _comparable(other)
    return [
        f"{section}.{name}={value}"
        for section, values in ours.items()
        for name, value in values.items()
        if theirs[section].get(name) != value
    ]


def missing_files(config: Config) -> list[Path]:
    """The data and vector files of a configuration that are not there."""
    return [path for _, _, path in _paths(config) if not path.exists()]


def _budget(row: Row, budget: str, written: Config) -> list[str]:
    """The budget as overrides; of several patterns that fit the row the later are stronger."""
    if budget == SHORT:
        epochs = min(written.training.epochs, _SHORT_EPOCHS)
        return [f"training.epochs={epochs}", "training.schedule=one_cycle", "training.patience=8"]
    check_budget(row.folder, budget)
    known = read_object(row.folder / BUDGETS_FILE)
    chosen: dict[str, Any] = {}
    try:
        for pattern, values in known[budget].items():
            chosen |= values if fnmatchcase(row.name, pattern) else {}
    except (AttributeError, TypeError, ValueError):
        message = 'expected {BUDGET: {PATTERN OF ROWS: {"section.key": value}}}'
        raise DataError(message, path=row.folder / BUDGETS_FILE) from None
    if not chosen:
        raise ConfigError(
            f"--budget {budget}: no pattern of it in {row.folder / BUDGETS_FILE} fits {row.name}; add one"
        )
    return [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in chosen.items()]


def _moved(row: Row, written: Config, data_dir: Path) -> list[str]:
    moved = [
        f"{section}.{name}={json.dumps(str(data_dir / below), ensure_ascii=False)}"
        for section, name, path in _paths(written)
        if (below := _below_data(path)) is not None
    ]
    if not moved:
        raise ConfigError(f"--data-dir {data_dir}: no path in {row.path} goes through a folder called {_DATA_FOLDER}")
    return moved


def _paths(config: Config) -> Iterator[tuple[str, str, Path]]:
    """Section, key and path of every file that a configuration names."""
    for section in ("data", "encoder"):
        for name, value in getattr(config, section):
            if isinstance(value, Path):
                yield section, name, value


def _below_data(path: Path) -> Path | None:
    """What stands behind the last folder called `data`, None where there is none."""
    for depth, folder in enumerate(path.parents):
        if folder.name == _DATA_FOLDER:
            return Path(*path.parts[-depth - 1 :])
    return None


def _comparable(config: Config) -> dict[str, dict[str, Any]]:
    values = config_to_dict(config)
    for name in ("seed", "threads", "device"):
        del values["training"][name]
    for section, name, path in _paths(config):
        values[section][name] = _place(path)
    if isinstance(source := values["encoder"].get("source"), str):
        values["encoder"]["source"] = _place(Path(source))
    return values


def _place(path: Path) -> str:
    return "/".join(path.parts[-2:])
