"""Results on file: `results/ROW.json` beside `rows.toml` holds what was measured of a row, for everyone who has no runs of it.

Every record carries the settings that were measured, so that a later change of the row shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from relknit.config import Config, build_config
from relknit.errors import ConfigError, DataError
from relknit.experiments.configure import RunOptions, comparable, configure, settings_hash
from relknit.experiments.rows import ExperimentRow, Figure, read_json_object
from relknit.experiments.table_rows import Spread
from relknit.experiments.trials import StoredRun, stored_runs, stored_scores
from relknit.files import replacing
from relknit.training.manifest import MANIFEST_FILE
from relknit.training.result import read_result

RESULTS_FOLDER: Final = "results"


class RecordedScore(BaseModel):
    """Percentages over the seeds of a record; precision and recall are None where only F1 is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    precision: Spread | None = None
    recall: Spread | None = None
    f1: Spread


class RecordedResult(BaseModel):
    """What was measured of a row with some settings and seeds.

    dev, test: scores by name. minutes: mean of a run. machine, date: of the measurement. settings: the `settings_hash`
    when it was recorded, as in the names of run folders. config: what was run, without seed, device and folders of data.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    budget: str
    seeds: tuple[int, ...]
    dev: dict[str, RecordedScore] = {}
    test: dict[str, RecordedScore] = {}
    false_positive_rate: Spread | None = None
    minutes: float | None = None
    machine: str = ""
    date: str = ""
    note: str = ""
    settings: str
    config: dict[str, dict[str, Any]]

    def run_config(self) -> Config | None:
        """The configuration that was run; None when it is not valid any more."""
        try:
            return build_config(self.config)
        except ConfigError:
            return None

    @property
    def current_hash(self) -> str:
        """The `settings_hash` of what was run, as of today; the stored one when it is not valid any more."""
        config = self.run_config()
        return self.settings if config is None else settings_hash(config)


_RECORDS: Final = TypeAdapter(list[RecordedResult])


def read_recorded(row: ExperimentRow) -> list[RecordedResult]:
    """The records of a row, none without a file; raises DataError."""
    path = _path(row)
    try:
        return _RECORDS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", path=path) from None


def record_runs(rows: Sequence[ExperimentRow], options: RunOptions, *, out: Path) -> list[Path]:
    """Write the finished runs of rows into their experiment folders; returns the files.

    A record of the same settings is replaced, others are kept. Raises ConfigError, DataError or CheckpointError.
    """
    written = []
    for row in rows:
        config = configure(row, options)
        same = settings_hash(config)
        runs = [run for run in stored_runs(out / row.folder.name) if run.done and run.settings == same]
        if runs:
            kept = [each for each in read_recorded(row) if each.current_hash != same]
            _write(_path(row), [*kept, _record(runs, config, options.budget)])
            written.append(_path(row))
    return written


def over_seeds(figures: Sequence[Mapping[str, Figure]]) -> dict[str, RecordedScore]:
    """The scores of some runs, by name, as mean and standard deviation."""
    scores = {}
    for name in dict.fromkeys(name for each in figures for name in each):
        columns = zip(*(each[name] for each in figures if name in each), strict=True)
        precision, recall, f1 = (Spread.of(column) for column in columns)
        if f1 is not None:
            scores[name] = RecordedScore(precision=precision, recall=recall, f1=f1)
    return scores


def _record(runs: Sequence[StoredRun], config: Config, budget: str) -> RecordedResult:
    folders = [run.folder for run in runs]
    results = [result[0] for folder in folders if (result := read_result(folder))]
    manifest = read_json_object(folders[0] / MANIFEST_FILE)
    test, rates = zip(*map(stored_scores, folders), strict=True)
    return RecordedResult(
        budget=budget,
        seeds=tuple(run.seed for run in runs),
        dev=over_seeds([stored_scores(folder, "dev")[0] for folder in folders]),
        test=over_seeds(test),
        false_positive_rate=Spread.of(rates),
        minutes=round(fmean(result.seconds for result in results) / 60, 1) if results else None,
        machine=_machine(manifest),
        date=str(manifest.get("started", datetime.now(UTC).isoformat()))[:10],
        settings=settings_hash(config),
        config=comparable(config),
    )


def _machine(manifest: Mapping[str, Any]) -> str:
    machine, versions = manifest.get("machine", {}), manifest.get("versions", {})
    parts = (machine.get("processor"), f"{machine.get('cpus')} cores", f"torch {versions.get('torch')}")
    return ", ".join(part for part in parts if part and "None" not in part)


def _path(row: ExperimentRow) -> Path:
    return row.folder / RESULTS_FOLDER / f"{row.name}.json"


def _write(path: Path, records: Sequence[RecordedResult]) -> None:
    """As JSON with a line for each field."""
    path.parent.mkdir(exist_ok=True)
    objects = []
    for record in records:
        values = record.model_dump(mode="json", exclude_defaults=True)
        objects.append(
            ",\n  ".join(f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in values.items())
        )
    with replacing(path) as partial:
        partial.write_text("[" + ",\n ".join("{" + each + "}" for each in objects) + "]\n", encoding="utf-8")
