"""relknit calibrate: fit a model's confidence to sentences with gold triples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    JsonFlag,
    LimitOptions,
    Model,
    RuntimeOptions,
    SkipBad,
    note_model,
    print_json,
    progress_bar,
    use_this_process,
)
from relknit.cli.min_precision import MinPrecision, threshold_lines
from relknit.display import confidence_text
from relknit.document.jsonl import DEFAULT_LIMITS
from relknit.errors import ConfigError, DataError
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL

if TYPE_CHECKING:
    from relknit.calibration.confidence import Calibration
    from relknit.calibration.precision_table import PrecisionThresholds
    from relknit.checkpoint import SavedModel


def calibrate(
    data: Annotated[
        Path, Parameter(help="Sentences with gold triples that the model was not trained on (dev, JSONL).")
    ],
    *,
    model: Model = DEFAULT_MODEL,
    out: Annotated[Path | None, Parameter(help="Write a calibrated copy of the model to this new folder.")] = None,
    min_precision: MinPrecision = None,
    as_json: JsonFlag = False,
    skip_bad: SkipBad = False,
    limits: LimitOptions = DEFAULT_LIMITS,
    runtime: RuntimeOptions = Runtime(),
) -> int:
    """Fit the confidence of triples and entities on dev, and store it with the model. The triples found stay the same.

    Training does this automatically; use this command for a dev set that is closer to your texts.
    With --min-precision, also show the confidence threshold of each relation that reaches this precision.
    """
    from relknit.checkpoint import load_model, write_calibration
    from relknit.data.readers import read_documents
    from relknit.evaluation import seen_in_training
    from relknit.metrics import is_typed
    from relknit.sources import find_model
    from relknit.training.calibration import LEAST_EXAMPLES, fit_calibration

    if out is None and not os.path.isdir(model):
        raise ConfigError(
            f"--model {model}: cannot store the calibration in it; add --out FOLDER for a calibrated copy"
        )
    if out is not None and out.exists():
        raise ConfigError(f"--out {out}: exists already; name another folder")
    use_this_process()
    folder = find_model(model)
    saved = load_model(folder)
    note_model(model, saved)
    dev = read_documents(data, skip_bad=skip_bad, limits=limits).documents
    if not any(document.relations for document in dev):
        raise DataError("has no triples to compare with; give sentences with gold triples", path=data)
    if known := seen_in_training(saved, dev):
        terminal.print_warning(f"the model was trained on {known} of these {len(dev)} sentences")
    if not saved.model.labels.entity_types and is_typed(dev):
        terminal.print_note("note: the sentences have entity types, the model predicts none; types are ignored")
    with progress_bar("calibrating", len(dev)) as progress:
        most = saved.trained_on.max_tokens
        fitted = fit_calibration(saved.model, dev, max_tokens=most, runtime=runtime, progress=progress)
    if fitted.dev.triples < LEAST_EXAMPLES:
        _too_few(fitted, saved.model.calibration if out is None else None, data, LEAST_EXAMPLES)
    thresholds = None if min_precision is None else fitted.dev.thresholds(min_precision)  # refused before writing
    written = write_calibration(folder, fitted, out=out)
    if as_json:
        print_json({"model": str(written)} | fitted.to_json() | ({} if thresholds is None else _record(thresholds)))
    else:
        _show(saved, fitted, thresholds, written)
    return 0


def _too_few(fitted: Calibration, earlier: Calibration | None, data: Path, least: int) -> None:
    """Warn that there are too few triples to fit; raises DataError where that would replace a fit on more."""
    few = f"the model finds {fitted.dev.triples} triples in these sentences; at least {least} are needed to fit their confidence"
    if earlier is not None and earlier.dev.triples > fitted.dev.triples:
        kept = f"the model keeps its calibration on {earlier.dev.triples}"
        raise DataError(f"{few}; {kept}: give more sentences, or --out for a copy", path=data)
    terminal.print_warning(f"{few}; the confidence of triples is unchanged")


def _record(thresholds: PrecisionThresholds) -> dict[str, Any]:
    by_relation = dict(thresholds.by_relation)
    return {"min_precision": thresholds.wanted, "thresholds": by_relation, "other_relations": thresholds.others}


def _show(saved: SavedModel, fitted: Calibration, thresholds: PrecisionThresholds | None, written: Path) -> None:
    lines = [f"calibrated on {fitted.dev.triples} triples of {len(fitted.dev.by_relation)} relations: {written}"]
    for name, scaling in (("triples", fitted.triples), ("entities", fitted.entities)):
        examples = "   ".join(f"{p:g} -> {confidence_text(scaling(p))}" for p in (0.5, 0.7, 0.9, 0.99))
        changes = "unchanged" if scaling.changes_nothing else examples
        lines.append(f"  {name}, probability to confidence:  {changes}")
    if thresholds is not None:
        lines += threshold_lines(thresholds, saved.model.labels.relations)
        by_name = sorted(
            thresholds.by_relation.items(), key=lambda pair: (-1.0 if pair[1] is None else pair[1], pair[0])
        )
        lines += [
            f"  {'suppressed' if least is None else confidence_text(least)}  {relation}" for relation, least in by_name
        ]
    for line in lines:
        terminal.print_line(line)
