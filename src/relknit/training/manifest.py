"""What it takes to run a training again: the data to the bit, versions, command and machine.

Times are here and nowhere else, so that every other file of a run can be compared. No name of a person or a host is
recorded, and of the data files only their own names.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from relknit.checkpoint import write_json
from relknit.checksums import file_digest
from relknit.config import Config, config_to_dict
from relknit.data.readers import find_splits
from relknit.errors import DataError
from relknit.version import __version__

MANIFEST_FILE: Final = "manifest.json"
CONFIG_FILE: Final = "config.json"


def write_manifest(folder: Path, config: Config, *, threads: int) -> None:
    """Write `config.json` (all settings) and `manifest.json` into a run folder, each atomically.

    Raises DataError when a data file can no longer be read.
    """
    start = describe_start(threads)
    write_json(folder / CONFIG_FILE, config_to_dict(config), indent=2)
    data = {role: {"name": path.name, "sha256": data_digest(path)} for role, path in files_of(config).items()}
    manifest = {"data": data, "seed": config.training.seed, **start, "resumed": []}
    write_json(folder / MANIFEST_FILE, manifest, indent=2)


def add_resumption(folder: Path, config: Config, *, threads: int) -> None:
    """Record in the manifest that the run was resumed, and with what; a lost or damaged manifest is written again."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        manifest["resumed"].append(describe_start(threads))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        write_manifest(folder, config, threads=threads)
    else:
        write_json(folder / MANIFEST_FILE, manifest, indent=2)


def changed_settings(folder: Path, config: Config) -> list[str]:
    """The settings, as "section.key=value", that a run was started with and that `config` has not; none where unknown."""
    try:
        started = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        tables = {section: dict(started[section]) for section in ("encoder", "model", "training")}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    present = config_to_dict(config)
    return [
        f"{section}.{key}={json.dumps(value)}"
        for section, table in tables.items()
        for key, value in table.items()
        if value != present[section].get(key) and key not in ("threads", "device")
    ]


def describe_start(threads: int) -> dict[str, Any]:
    """Time (UTC, ISO 8601), command line, versions and machine of this process."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "relknit": __version__,
        },
        "machine": {"platform": platform.platform(), "processor": platform.machine(), "cpus": os.cpu_count()},
        "threads": threads,
    }


def data_digest(path: Path) -> str:
    """SHA-256 of a file, as hex digits; raises DataError when it cannot be read."""
    try:
        return file_digest(path)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from None


def files_of(config: Config) -> dict[str, Path]:
    """What a run reads, by its role: the splits, the encoder's files, and "negatives/SPLIT" where that is there."""
    paths = {
        split: getattr(config.data, split) for split in ("train", "dev", "test", "old")
    } | config.encoder.source_files()
    if config.data.negatives is not None:
        with suppress(DataError):  # gone, or emptied
            splits = find_splits(config.data.negatives, need_train=False)
            paths |= {f"negatives/{split}": path for split, path in splits.items()}
    return {role: path for role, path in paths.items() if path is not None}
