"""The learning curve: F1 of models trained on parts of the data, and what more sentences would bring.

Each smaller model is trained on the first 25, 50 and 75 % of the training sentences in a random order, so that every
subset holds the smaller ones, with the number of steps that the whole was trained for. All models are scored on the same
sentences: dev, or the folds of cross-validation, of which each is left out of its models as a whole.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any, Final

from relknit.checkpoint.json_files import write_json
from relknit.document import Document
from relknit.evaluation import main_f1
from relknit.metrics.power_law import LearningCurve, LearningPoint
from relknit.training import cross_validation, loop
from relknit.training.loop import Observer
from relknit.training.plan import Plan, build_model
from relknit.training.result import TrainingResult

FRACTIONS: Final = (0.25, 0.5, 0.75)
CURVE_FILE: Final = "learning_curve.json"
CURVE_FOLDER: Final = "learning_curve"


def learning_curve(
    plan: Plan,
    result: TrainingResult,
    observer: Observer,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> LearningCurve | None:
    """Measure the curve of a finished run and write it to `learning_curve.json` in its folder; None when interrupted.

    plan: that of the run. result: its result, whose strict F1 on dev is the last point. resume: go on with an interrupted curve.
    A subset without a triple, or too small for the folds, has no point.
    """
    points = []
    for fraction in FRACTIONS:
        folder = result.folder / CURVE_FOLDER / f"{100 * fraction:.0f}"
        scores = _scores(plan, fraction, folder, observer, resume=resume, stop=stop)
        if scores is None:
            return None
        if scores:
            points.append(LearningPoint(round(fraction * len(plan.train)), main_f1(scores)))
    curve = LearningCurve((*points, LearningPoint(len(plan.train), main_f1(result.dev))))
    write_json(result.folder / CURVE_FILE, curve.to_dict(), indent=2)
    shutil.rmtree(result.folder / CURVE_FOLDER, ignore_errors=True)
    return curve


def subset(documents: Sequence[Document], fraction: float, *, seed: int) -> tuple[Document, ...]:
    """So many of the documents, at least one, in their order; a larger fraction holds all of a smaller one."""
    order = list(range(len(documents)))
    random.Random(seed).shuffle(order)
    chosen = set(order[: max(1, round(fraction * len(order)))])
    return tuple(document for number, document in enumerate(documents) if number in chosen)


def part_of(plan: Plan, fraction: float) -> Plan | None:
    """The plan on a fraction of its training sentences, with about as many steps; None where they have no triple."""
    train = subset(plan.train, fraction, seed=plan.config.training.seed)
    if not any(document.relations for document in train):
        return None
    training = plan.config.training
    epochs = ceil(training.epochs / fraction)
    config = plan.config.model_copy(update={"training": training.model_copy(update={"epochs": epochs})})
    saved = build_model(config, train, plan.negatives.get("train", ()), plan.parent)
    return replace(plan, config=config, train=train, saved=saved)


def _scores(plan: Plan, fraction: float, folder: Path, observer: Observer, **options: Any) -> dict[str, float] | None:
    """F1 under every score of models trained on that fraction; empty where there is none, None when interrupted."""
    if not plan.config.training.folds:
        part = part_of(plan, fraction)
        if part is None:
            return {}
        result = loop.train(replace(part, test=()), folder, observer, **options)
        return None if result.interrupted else result.dev
    parts = cross_validation.train_folds(plan, folder, observer, change=lambda fold: part_of(fold, fraction), **options)
    if isinstance(parts, TrainingResult):
        return None
    held_out = cross_validation.choose(plan, parts)
    return {} if held_out is None else held_out.scores
