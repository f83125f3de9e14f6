"""relknit calibrate: make a model's confidence mean what it says, from sentences with gold triples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from relknit.cli import terminal
from relknit.cli.common import (
    JsonTarget,
    SkipBad,
    Threads,
    check_report_target,
    progress_bar,
    use_this_process,
    worker_threads,
    write_report,
)
from relknit.cli.min_precision import MinPrecision, cuts_lines
from relknit.data.readers import read_documents
from relknit.errors import ConfigError, DataError
from relknit.metrics import is_typed

if TYPE_CHECKING:
    from relknit.calibration.confidence import Calibration
    from relknit.calibration.precision_table import PrecisionThresholds
    from relknit.checkpoint import SavedModel


def calibrate(
    model: Annotated[str, Parameter(help="A model folder, or with --out also the name of a shipped model.")],
    *,
    data: Annotated[
        Path, Parameter(help="Sentences with gold triples that the model was not trained on (dev, JSONL).")
    ],
    out: Annotated[Path | None, Parameter(help="Write a calibrated copy of the model to this new folder.")] = None,
    min_precision: MinPrecision = None,
    json: JsonTarget = None,
    skip_bad: SkipBad = False,
    threads: Threads = 0,
) -> int:
    """Fit the confidence of triples and entities on dev, and store it with the model. No triple comes or goes by it.

    Training does this by itself; this is for models that were trained before, and for a dev set nearer to your texts.
    With --min-precision also say from which confidence on the triples of each relation count for that precision.
    """
    from relknit.checkpoint import load_model, write_calibration
    from relknit.evaluation import seen_in_training
    from relknit.sources import find_model
    from relknit.training.calibration import LEAST_EXAMPLES, fit_calibration

    check_report_target(json)
    if out is None and not os.path.isdir(model):
        raise ConfigError(f"{model} is no folder of yours to write to; add --out FOLDER for a calibrated copy")
    if out is not None and out.exists():
        raise ConfigError(f"--out {out}: exists already; name another folder")
    use_this_process()
    folder = find_model(model)
    saved = load_model(folder)
    dev = read_documents(data, skip_bad=skip_bad).documents
    if not any(document.relations for document in dev):
        raise DataError("has no triples to compare with; give sentences with gold triples", path=data)
    if known := seen_in_training(saved, dev):
        terminal.to_people().print(
            f"warning: the model was trained on {known} of these {len(dev)} sentences", style="yellow"
        )
    if not saved.model.labels.entity_types and is_typed(dev):
        terminal.to_people().print(
            "note: the sentences have entity types and the model gives none; compared without them"
        )
    with progress_bar("calibrating", len(dev)) as progress:
        most, workers = saved.trained_on.max_tokens, worker_threads(threads)
        fitted = fit_calibration(saved.model, dev, max_tokens=most, threads=workers, progress=progress)
    if fitted.dev.triples < LEAST_EXAMPLES:
        _too_few(fitted, saved.model.calibration if out is None else None, data, LEAST_EXAMPLES)
    cuts = (
        None if min_precision is None else fitted.dev.thresholds(min_precision)
    )  # what is refused is refused before writing
    written = write_calibration(folder, fitted, out=out)
    if json is not None:
        write_report({"model": str(written)} | fitted.to_json() | ({} if cuts is None else _record(cuts)), json)
    if json != "-":
        _show(terminal.console(), saved, fitted, cuts, written)
    return 0


def _too_few(fitted: Calibration, earlier: Calibration | None, data: Path, least: int) -> None:
    """Say that so few triples fit nothing; raises DataError where that would replace what was fitted on more."""
    few = f"the model finds {fitted.dev.triples} triples in these sentences, and fewer than {least} fit nothing"
    if earlier is not None and earlier.dev.triples > fitted.dev.triples:
        kept = f"the model keeps what was fitted on {earlier.dev.triples}"
        raise DataError(f"{few}; {kept}: give more sentences, or --out for a copy", path=data)
    terminal.to_people().print(f"warning: {few}; its confidence in triples stays as it is", style="yellow")


def _record(cuts: PrecisionThresholds) -> dict[str, Any]:
    return {"min_precision": cuts.wanted, "cuts": dict(cuts.by_relation), "cut_of_other_relations": cuts.others}


def _show(
    console: Console, saved: SavedModel, fitted: Calibration, cuts: PrecisionThresholds | None, written: Path
) -> None:
    lines = [f"calibrated on {fitted.dev.triples} triples of {len(fitted.dev.by_relation)} relations: {written}"]
    for name, curve in (("triples", fitted.triples), ("entities", fitted.entities)):
        examples = "   ".join(f"{p:g} -> {curve(p):.2f}" for p in (0.5, 0.7, 0.9, 0.99))
        changes = "the probability is best left as it is" if curve.changes_nothing else examples
        lines.append(f"  {name}, probability to confidence:  {changes}")
    if cuts is not None:
        lines += cuts_lines(cuts, saved.model.labels.relations)
        by_name = sorted(cuts.by_relation.items(), key=lambda pair: (-1.0 if pair[1] is None else pair[1], pair[0]))
        lines += [f"  {'silent' if cut is None else f'{cut:.3f}'}  {relation}" for relation, cut in by_name]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
