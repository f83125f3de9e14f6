"""How a run ended, and result.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from relknit.checkpoint.json_files import parse_json, read_object, write_json
from relknit.checksums import KEY, value_digest
from relknit.errors import CheckpointError
from relknit.training.fine_tuning import Retention

RESULT_FILE: Final = "result.json"


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """How a run ended: the epoch chosen (from 1), its dev scores, test scores if there is a test split, seconds in all.

    negatives: the false positive rate on the negative sentences, for dev and test of `data.negatives`.
    folds: the number of folds where the dev scores are those of cross-validation, else 0.
    retention: what a fine-tuned model keeps of what its parent knew.
    Of an interrupted run `best_epoch` is the best so far (0 = none yet), and nothing is scored.
    """

    folder: Path
    best_epoch: int
    dev: dict[str, float]
    test: dict[str, float] | None
    seconds: float
    interrupted: bool = False
    negatives: Mapping[str, float] = field(default_factory=dict)
    folds: int = 0
    retention: Retention | None = None


class _ResultFile(BaseModel):
    """result.json; `no_fact` is the name of `negatives` in version 0.1.0."""

    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False, validate_by_name=True)

    best_epoch: int
    dev: dict[str, float]
    test: dict[str, float] | None
    negatives: dict[str, float] = Field(default={}, validation_alias=AliasChoices("negatives", "no_fact"))
    folds: int = 0
    retention: Retention | None = None
    seconds: float
    run: str


def write_result(result: TrainingResult, *, run: str) -> None:
    """Write `result.json` into the run folder, atomically; `run` is the fingerprint of the run it belongs to."""
    names = ("best_epoch", "dev", "test", "negatives", "folds", "retention")
    values = {name: getattr(result, name) for name in names}
    summary = _ResultFile(**values, seconds=round(result.seconds, 1), run=run).model_dump(exclude_defaults=True)
    write_json(result.folder / RESULT_FILE, summary | {KEY: value_digest(summary)}, indent=2)


def read_result(folder: Path) -> tuple[TrainingResult, str] | None:
    """The result of a finished run and the fingerprint of that run, None if there is none.

    Raises CheckpointError if the file is damaged.
    """
    path = folder / RESULT_FILE
    if not path.exists():
        return None
    fix = "train again into another folder"
    plain, content = read_object(path, fix=fix)
    found = parse_json(_ResultFile, content, path, fix=fix)
    if plain.get(KEY, value_digest(plain)) != value_digest(plain):  # older versions wrote none
        raise CheckpointError(f"{path}: is not as it was written, its {KEY} differs; {fix}")
    values = {name: getattr(found, name) for name in _ResultFile.model_fields if name != "run"}
    return TrainingResult(folder=folder, **values), found.run
