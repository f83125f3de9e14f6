"""Cross-validation in place of a small dev set: every sentence is trained on, and every sentence is scored unseen.

Each fold is held out once, and a model of its own is trained on the others in `folds/NUMBER` of the run folder, with the
settings of the run and to its last epoch. Decoding and calibration are chosen on what these models predict of the
folds that they have not seen. Then the model of the run is trained on everything, and the folder `folds` is removed.
An interrupted run is resumed in the fold where it stopped.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from relknit.checkpoint import load_model
from relknit.data.sentence_keys import near_key
from relknit.document import Document
from relknit.evaluation import all_renamed, main_f1
from relknit.training import loop
from relknit.training.diagnosis import cause_of_no_triple
from relknit.training.held_out import HeldOutChoice, choose_held_out
from relknit.training.loop import Observer
from relknit.training.plan import Plan, build_model
from relknit.training.result import RESULT_FILE, TrainingResult
from relknit.training.tune import HeldOut

FOLDS_FOLDER: Final = "folds"


def train(
    plan: Plan,
    folder: str | Path,
    observer: Observer,
    *,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    **options: Any,
) -> TrainingResult:
    """Train as planned into `folder`, after cross-validation where `training.folds` asks for it; see `loop.train`."""
    folder = Path(folder)
    held_out = None
    if plan.config.training.folds and not (folder / RESULT_FILE).exists():
        loop.check_folder(folder, resume=resume)
        parts = train_folds(plan, folder / FOLDS_FOLDER, observer, resume=resume, stop=stop, **options)
        if isinstance(parts, TrainingResult):
            return replace(parts, folder=folder)
        held_out = choose(plan, parts)
        if held_out is not None and main_f1(held_out.scores) <= 0:
            why = cause_of_no_triple(held_out.scores, plan.train, plan.train)
            observer.warn(f"strict F1 in cross-validation is 0: {why}")
    result = loop.train(plan, folder, observer, held_out=held_out, resume=resume, stop=stop, **options)
    if not result.interrupted:
        shutil.rmtree(folder / FOLDS_FOLDER, ignore_errors=True)
    return result


def fold_documents(documents: Sequence[Document], folds: int, *, seed: int) -> list[tuple[Document, ...]]:
    """Every document in one of so many folds of about equal size.

    Copies of a sentence (see `near_key`) are in the same fold, and sentences with a triple are spread over all.
    """
    groups: dict[bytes, list[Document]] = {}
    for document in documents:
        groups.setdefault(near_key(document), []).append(document)
    order = list(groups.values())
    random.Random(seed).shuffle(order)
    order.sort(key=lambda group: not any(document.relations for document in group))
    found: list[list[Document]] = [[] for _ in range(folds)]
    for group in order:
        min(found, key=len).extend(group)
    return [tuple(fold) for fold in found]


def _fold_plans(plan: Plan) -> Iterator[tuple[Plan, tuple[Document, ...]]]:
    """For each fold the plan of a training on all others, which has no dev set, and the documents of the fold.

    A fold is left out where it is empty, or holds all sentences with a triple.
    """
    config = plan.config
    folds = fold_documents(plan.train, config.training.folds, seed=config.training.seed)
    for number, fold in enumerate(folds, 1):
        others = tuple(document for other in folds if other is not fold for document in other)
        if fold and any(document.relations for document in others):
            saved = build_model(config, others, plan.negatives.get("train", ()), plan.parent)
            yield replace(plan, train=others, dev=(), test=(), saved=saved, fold=number), fold


def train_folds(
    plan: Plan,
    folder: Path,
    observer: Observer,
    *,
    change: Callable[[Plan], Plan | None] = lambda plan: plan,
    **options: Any,
) -> list[HeldOut] | TrainingResult:
    """A model for each fold that it has not seen, or the result of the fold in which training was interrupted.

    change: from the plan of a fold to the one that is carried out; None leaves the fold out.
    """
    parts = []
    for whole, fold in _fold_plans(plan):
        fold_plan = change(whole)
        if fold_plan is None:
            continue
        result = loop.train(fold_plan, folder / str(fold_plan.fold), observer, **options)
        if result.interrupted:
            return result
        parts.append(HeldOut(load_model(result.folder).model, fold))
    return parts


def choose(plan: Plan, parts: Sequence[HeldOut]) -> HeldOutChoice | None:
    """Decoding and calibration; None where no fold could be held out, so that the model keeps its own."""
    if not parts:
        return None
    config = plan.config.training
    device = config.runtime.torch_device()
    for part in parts:
        part.model.to(device)
    renamed = [HeldOut(part.model, all_renamed(part.documents)) for part in parts if config.select_renamed]
    limits: dict[str, Any] = {"max_tokens": plan.saved.trained_on.max_tokens, "runtime": config.runtime}
    return choose_held_out(parts, renamed, config, **limits)
