"""From a row to the configuration of one run: its settings, where the data is, the budget, and `--set`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b
from os.path import normpath
from pathlib import Path
from typing import Any, Final

from relknit.config import Config, apply_overrides, build_config, config_to_dict
from relknit.errors import ConfigError, DataError
from relknit.experiments.rows import ExperimentRow, read_json_object

SHORT: Final = "short"
"""A budget of every folder: at most 40 epochs, a one-cycle rate, patience 8."""

OWN: Final = "own"
"""The budget of every folder that leaves rows as they are."""

BUDGETS_FILE: Final = "budgets.json"
_SHORT_EPOCHS: Final = 40
_DATA_FOLDER: Final = "data"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What applies to all rows alike.

    budget:    "short", "own", or one of the folder's `budgets.json`: {BUDGET: {PATTERN OF ROWS: {"section.key": value}}}
    data_dir:  replaces the folder `data` in the paths of the rows
    overrides: "section.key=value", stronger than the budget
    """

    budget: str = SHORT
    data_dir: Path | None = None
    overrides: tuple[str, ...] = ()


def configure(row: ExperimentRow, options: RunOptions, *, seed: int | None = None) -> Config:
    """The configuration of a row's run; raises ConfigError, or DataError for an invalid `budgets.json`.

    Paths in a row are relative to its folder. Without a seed it is the row's own.
    """
    if seed is not None and any(each.partition("=")[0].strip() == "training.seed" for each in options.overrides):
        raise ConfigError("--set training.seed: the seeds are 1 to --seeds; set their number")
    written = build_config(row.values, source=row.where)
    own = [f"{section}.{name}={_toml(normpath(row.folder / path))}" for section, name, path in _paths(written)]
    if (source := getattr(written.encoder, "source", None)) and (row.folder / source).is_dir():
        own.append(f"encoder.source={_toml(row.folder / source)}")
    if options.data_dir is not None:
        own += _moved(row, written, options.data_dir)
    own += _budget(row, options.budget, written)
    if seed is not None:
        own.append(f"training.seed={seed}")
    return build_config(apply_overrides(row.values, [*own, *options.overrides]), source=row.where)


def to_toml(config: Config) -> str:
    """A configuration as TOML, for `load_config`. A setting of None is left out, so that its default applies."""
    return "\n".join(
        f"[{section}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items() if value is not None)
        for section, values in config_to_dict(config).items()
    )


def budgets_of(folder: Path) -> list[str]:
    """The names of the budgets of a folder, "short" and "own" first; raises DataError."""
    return list(dict.fromkeys([SHORT, OWN, *read_json_object(folder / BUDGETS_FILE)]))


def check_budget(folder: Path, budget: str) -> None:
    """Raises ConfigError for a budget unknown to the folder, DataError for an invalid `budgets.json`."""
    known = budgets_of(folder)
    if budget not in known:
        raise ConfigError(f"--budget {budget}: {folder.name} knows {', '.join(known)}")


def settings_hash(config: Config) -> str:
    """Identifies settings (8 hex digits), whatever the seed, threads, device and place of the files on this machine."""
    text = json.dumps(comparable(config), sort_keys=True)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def differences(config: Config, other: Config) -> list[str]:
    """The settings of `config` that differ from those of `other`, as "section.key=value"."""
    ours, theirs = comparable(config), comparable(other)
    return [
        f"{section}.{name}={value}"
        for section, values in ours.items()
        for name, value in values.items()
        if theirs[section].get(name) != value
    ]


def missing_files(config: Config) -> list[Path]:
    """The data and vector files of a configuration that do not exist."""
    return [path for _, _, path in _paths(config) if not path.exists()]


def _budget(row: ExperimentRow, budget: str, written: Config) -> list[str]:
    """The budget as overrides; of several patterns that fit the row the later are stronger."""
    if budget == SHORT:
        epochs = min(written.training.epochs, _SHORT_EPOCHS)
        return [f"training.epochs={epochs}", "training.schedule=one_cycle", "training.patience=8"]
    if budget == OWN:
        return []
    check_budget(row.folder, budget)
    known = read_json_object(row.folder / BUDGETS_FILE)
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
    return [f"{key}={_toml(value)}" for key, value in chosen.items()]


def _moved(row: ExperimentRow, written: Config, data_dir: Path) -> list[str]:
    moved = [
        f"{section}.{name}={_toml(data_dir / below)}"
        for section, name, path in _paths(written)
        if (below := _below_data(path)) is not None
    ]
    if not moved:
        raise ConfigError(f"--data-dir {data_dir}: no path of {row.where} goes through a folder called {_DATA_FOLDER}")
    return moved


def _toml(value: Any) -> str:
    """A value as TOML: strings, numbers and booleans look as in JSON."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def _paths(config: Config) -> Iterator[tuple[str, str, Path]]:
    """Section, key and path of every file that a configuration names."""
    for section in ("data", "encoder"):
        for name, value in getattr(config, section):
            if isinstance(value, Path):
                yield section, name, value


def _below_data(path: Path) -> Path | None:
    """What comes after the last folder called `data`, None without one."""
    for depth, folder in enumerate(path.parents):
        if folder.name == _DATA_FOLDER:
            return Path(*path.parts[-depth - 1 :])
    return None


def comparable(config: Config) -> dict[str, dict[str, Any]]:
    """The settings that make two models different; a file is given by its own name and that of its folder."""
    values = config_to_dict(config)
    for name in ("seed", "threads", "device"):
        del values["training"][name]
    for section, name, path in _paths(config):
        values[section][name] = place(path)
    if isinstance(source := values["encoder"].get("source"), str):
        values["encoder"]["source"] = place(Path(source))
    return values


def place(path: Path) -> str:
    """A file by its own name and that of its folder."""
    return "/".join(path.parts[-2:])
