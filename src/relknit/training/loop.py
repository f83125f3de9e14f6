"""The training loop: epochs of batches, selection on dev, test touched once at the end.

A run folder is a model folder (the best epoch so far) with `config.json`, `manifest.json`, `metrics.jsonl`, in the end
`result.json`, and `state.safetensors` while the run can be resumed. The order of batches and the renamed sentences of
an epoch follow from seed and epoch alone, all other randomness from torch's generator, which is saved: a resumed run
ends in the same bits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from filelock import FileLock, Timeout

from relknit.checkpoint import SavedModel, load_model, save_model
from relknit.checkpoint.json_files import make_folder
from relknit.checksums import DESCRIPTION, TRAINING_DATA, WEIGHTS
from relknit.display import amount
from relknit.errors import RelknitError
from relknit.evaluation import all_renamed, false_positive_rate, quick_scores
from relknit.models.base import JointModel
from relknit.training.batches import EpochBatches, prepared
from relknit.training.calibration import fit_calibration
from relknit.training.diagnosis import cause_of_no_triple
from relknit.training.fine_tuning import KnownWeights, Retention, measure_retention
from relknit.training.held_out import HeldOutChoice
from relknit.training.manifest import CONFIG_FILE, MANIFEST_FILE, add_resumption, changed_settings, write_manifest
from relknit.training.notices import copy_licence, write_card
from relknit.training.optimiser import build_optimiser
from relknit.training.plan import Plan, fingerprint
from relknit.training.result import RESULT_FILE, TrainingResult, read_result, write_result
from relknit.training.schedule import MovingAverage, learning_rate
from relknit.training.state import (
    STATE_FILE,
    TrainingState,
    append_record,
    check_length,
    cut_back,
    read_state,
    remove_partial_files,
    restore_state,
    save_state,
)
from relknit.training.step import Shard, StepLoss, loss_and_gradients
from relknit.training.tune import choose_decoding, choose_window, selection_score

SAVE_EVERY_SECONDS: Final = 60.0
SAVING_FRACTION: Final = 0.01
READ_EVERY_STEPS: Final = 25
FIRST_DIAGNOSIS: Final = 8  # epochs
METRICS_FILE: Final = "metrics.jsonl"
LOCK_FILE: Final = ".lock"
_RUN_FILES: Final = (RESULT_FILE, STATE_FILE, METRICS_FILE, MANIFEST_FILE, CONFIG_FILE)
_MODEL_FILES: Final = (WEIGHTS, DESCRIPTION, TRAINING_DATA)


class Observer(Protocol):
    """Callbacks of a run."""

    def batch(self, state: TrainingState, batches: int, loss: float) -> None:
        """A step is done; `batches` in this epoch, `loss` the mean so far."""

    def epoch(self, record: dict[str, Any]) -> None:
        """An epoch is done; `record` is what went into metrics.jsonl."""

    def warn(self, message: str) -> None:
        """Something the caller should know."""


class Run:
    """One run in its folder, as `train` below uses it."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        observer: Observer,
        *,
        held_out: HeldOutChoice | None = None,
        save_every_seconds: float | None = None,
    ) -> None:
        self.plan, self.folder, self.observer, self.held_out = plan, folder, observer, held_out
        self.config = plan.config.training
        runtime = self.config.runtime
        self.device, self.threads = runtime.torch_device(), runtime.workers
        self.model: JointModel = plan.saved.model.to(self.device)
        self.known: KnownWeights | None = None
        teacher, own_rate = self.model.teacher, self.config.encoder_learning_rate
        if teacher is not None:
            teacher.model.to(self.device)
            self.known = KnownWeights(self.model, teacher, self.config.known_rate, with_encoder=own_rate is None)
        self.optimiser = build_optimiser(self.model, self.config)
        self.average = MovingAverage(self.model, self.config.ema_decay) if self.config.ema_decay else None
        self.state = TrainingState(config=fingerprint(plan), threads=self.threads, fold=plan.fold)
        self.renamed_dev = tuple(all_renamed(plan.dev)) if self.config.select_renamed else ()
        self.epochs = EpochBatches(self.config, self.model, plan.train, plan.negatives.get("train", ()))
        self.save_every_seconds = SAVE_EVERY_SECONDS if save_every_seconds is None else save_every_seconds
        self._by_cost = save_every_seconds is None
        self._limits: dict[str, Any] = {"max_tokens": plan.saved.trained_on.max_tokens, "runtime": runtime}
        self._scoring = self._limits | {"unannotated": teacher.unannotated.relations if teacher else ()}
        self._unread: list[StepLoss] = []
        self._saved_at = time.monotonic()

    def start(self) -> None:
        """Write the files of a new run; from here on it can be resumed."""
        remove_partial_files(self.folder, self._files)
        self.save()  # first: a run that is killed here can then be resumed, which writes a lost manifest
        write_manifest(self.folder, self.plan.config, threads=self.threads)
        if self.plan.parent is not None:
            copy_licence(self.plan.parent.folder, self.folder)

    def resume(self) -> bool:
        """Take up the saved state, if there is one.

        Raises RelknitError when it belongs to another run, or it, the best epoch's model or the metrics are damaged.
        """
        state = read_state(self.folder)
        if state is None:
            return False
        _check_same_run(self.folder, state.config, self.plan)
        restore_state(self.folder, self.model, self.optimiser, self.average)
        if state.best_epoch >= 0:
            load_model(self.folder)  # so that damage to it is known now, not in the end
        check_length(self.folder / METRICS_FILE, state.metrics_bytes)
        for what in ("cpu", "threads"):
            before, now = getattr(state, what), getattr(self.state, what)
            if before != now:
                self.observer.warn(f"started with {what} = {before}, resumed with {now}: the last bits will differ")
        self.state = replace(state, cpu=self.state.cpu, threads=self.threads)
        remove_partial_files(self.folder, self._files)
        cut_back(self.folder / METRICS_FILE, state.metrics_bytes)
        add_resumption(self.folder, self.plan.config, threads=self.threads)
        return True

    def go(self, stop: Callable[[], bool]) -> bool:
        """Train until done (True) or until `stop` returns True (False, state saved)."""
        state, total = self.state, self.config.epochs * self.epochs.count
        shards = 1 if self.model.encoder.ignores_generator else self.threads
        while not self._is_done():
            batches = self.epochs.of(state.epoch)
            nominal = self.epochs.count / len(batches)  # batches by tokens: an epoch may have some more or fewer
            started = time.monotonic()
            with closing(prepared(self.model, batches[state.batch :], shards, self.device)) as steps:
                for batch in steps:
                    done = state.epoch * self.epochs.count + state.batch * nominal
                    self._step(batch, done, total)
                    state.seconds, started = state.seconds + time.monotonic() - started, time.monotonic()
                    self.observer.batch(state, len(batches), sum(state.losses.values()) / state.batch)
                    if stop():
                        self.save()
                        return False
                    if time.monotonic() - self._saved_at >= self.save_every_seconds:
                        self.save()
            self._end_epoch(started, len(batches))
        return True

    def save(self) -> None:
        """Save the state now."""
        self._read_losses()
        started = time.monotonic()
        save_state(self.folder, self.state, self.model, self.optimiser, self.average)
        self._saved_at = time.monotonic()
        if self._by_cost:
            self.save_every_seconds = max(SAVE_EVERY_SECONDS, (self._saved_at - started) / SAVING_FRACTION)

    def _is_done(self) -> bool:
        """All epochs are over, or as many as `patience` since the best one; an F1 of 0 is no best one to wait after."""
        state = self.state
        waited = state.epoch - state.best_epoch if state.best_score > 0 else 0
        return state.epoch >= self.config.epochs or waited > self.config.patience

    def _step(self, shards: list[Shard], done: float, total: int) -> None:
        """One of `total` steps, when so many are done."""
        config = self.config
        rate = learning_rate(config.schedule, config.learning_rate, done, total, warm_up=config.warm_up)
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["factor"]
        self._unread.append(loss_and_gradients(self.model, shards, clip_norm=config.clip_norm))
        if self.device.type == "cpu":  # before a bad step changes the weights
            self._read_losses()
        with self.known.slowed() if self.known else nullcontext():
            self.optimiser.step()
        if self.average is not None:
            self.average.update(self.model)
        self.state.batch += 1
        self.state.step += 1
        if len(self._unread) >= READ_EVERY_STEPS:
            self._read_losses()

    def _read_losses(self) -> None:
        """Add the losses of the last steps up, and raise RelknitError if one is not finite.

        On a GPU many steps at a time: to read a number there is to wait for all that comes before it.
        """
        for loss in self._unread:
            for what, value in (("loss", loss.total), ("gradient's norm", loss.norm)):
                if not math.isfinite(value):
                    where = f"epoch {self.state.epoch + 1}, step {self.state.step + 1}"
                    fix = f"lower training.learning_rate = {self.config.learning_rate}"
                    raise RelknitError(f"the {what} became {float(value)} in {where}; {fix}")
            for name, part in loss.parts.items():
                self.state.losses[name] = self.state.losses.get(name, 0.0) + float(part)
        self._unread.clear()

    def _end_epoch(self, started: float, batches: int) -> None:
        """Score dev with the averaged weights, keep the model if it is the best so far, write metrics, save state.

        Without a dev set nothing is scored, and the model of the last epoch is kept.
        """
        state = self.state
        self._read_losses()
        if self.average is not None:
            self.average.swap(self.model)
        scores = self._score_epoch() if self.plan.dev else {}
        last = state.epoch + 1 == self.config.epochs
        score = scores.get("selection", -1.0)
        if (
            score > state.best_score or score == state.best_score == 0 or (last and not self.plan.dev)
        ):  # of several zeros the last
            state.best_score, state.best_epoch = score, state.epoch
            save_model(self.folder, self.plan.saved)
        if self.average is not None:
            self.average.swap(self.model)
        state.seconds += time.monotonic() - started
        record = {
            **({"fold": state.fold} if state.fold else {}),
            "epoch": state.epoch + 1,
            **{f"{name}_loss": round(value / batches, 4) for name, value in state.losses.items()},
            **scores,
            "best_epoch": state.best_epoch + 1,
            "seconds": round(state.seconds, 1),
        }
        state.metrics_bytes = append_record(self.folder / METRICS_FILE, record, state.metrics_bytes)
        state.epoch, state.batch, state.losses = state.epoch + 1, 0, {}
        first = max(FIRST_DIAGNOSIS, self.config.epochs // 4)
        if scores and state.epoch in (first, max(first, self.config.epochs)) and state.best_score <= 0:
            why = cause_of_no_triple(record["dev"], self.plan.train, self.plan.dev)
            self.observer.warn(f"F1 on dev is still 0 after {amount(state.epoch, 'epoch')}: {why}")
        if self.plan.dev or last:  # other epochs may be much shorter than it takes to save
            self.save()
        self.observer.epoch(record)

    def _score_epoch(self) -> dict[str, Any]:
        """The scores on dev for the epoch's record, `selection` among them."""
        dev = quick_scores(self.model, self.plan.dev, **self._scoring)
        score = selection_score(dev, self.config.select_by)
        record: dict[str, Any] = {"dev": dev}
        if self.renamed_dev:
            record["dev_renamed"] = quick_scores(self.model, self.renamed_dev, **self._scoring)
            score = (score + selection_score(record["dev_renamed"], self.config.select_by)) / 2
        negatives = self._false_positives(self.model, ("dev",))
        return record | ({"negatives": negatives["dev"]} if negatives else {}) | {"selection": round(score, 6)}

    def _false_positives(self, model: JointModel, splits: Sequence[str]) -> dict[str, float]:
        """The false positive rate on negative sentences, in those of the splits that there are."""
        negatives = self.plan.negatives
        return {
            split: false_positive_rate(model, negatives[split], **self._limits)
            for split in splits
            if split in negatives
        }

    def _retention(self, saved: SavedModel) -> Retention | None:
        """What a fine-tuned model keeps of what its parent knew, which its card says too."""
        parent = self.plan.parent
        if parent is None or self.plan.fold:
            return None
        parent.saved.model.to(self.device)
        retention = None
        if parent.old or parent.unannotated.relations:
            retention = measure_retention(parent, saved, self.plan.dev or self.plan.train, self.config.runtime)
        new = saved.model.labels.without(parent.saved.model.labels).relations
        write_card(parent, self.folder, retention, relations=new)
        return retention

    @property
    def _files(self) -> tuple[str, ...]:
        return (*_RUN_FILES, *_MODEL_FILES, *self.model.encoder.Files, *self.model.Files)

    def _with_window(self, saved: SavedModel, window: int) -> SavedModel:
        """The model with the window in which it reads from now on, here and wherever it is loaded."""
        self._limits["max_tokens"] = self._scoring["max_tokens"] = window
        return replace(saved, trained_on=replace(saved.trained_on, max_tokens=window))

    def finish(self) -> TrainingResult:
        """Load the model that was kept, set decoding and calibration, score test once, drop the resumable state."""
        saved = load_model(self.folder)
        model = saved.model.to(self.device)
        config, held_out, dev = self.config, self.held_out, {}
        if held_out is not None:
            model.decoding, model.calibration, dev = held_out.decoding, held_out.calibration, held_out.scores
            saved = self._with_window(saved, held_out.max_tokens)
        elif self.plan.dev:
            model.decoding = choose_decoding(
                model,
                (*self.plan.dev, *self.renamed_dev),
                select_by=config.select_by,
                tune=config.tune_thresholds,
                **self._scoring,
            )
            if config.tune_window:
                window = choose_window(model, self.plan.dev, select_by=config.select_by, **self._scoring)
                saved = self._with_window(saved, window)
            model.calibration = fit_calibration(model, self.plan.dev, **self._scoring)
        save_model(self.folder, saved)

        if held_out is None and self.plan.dev:
            dev = quick_scores(model, self.plan.dev, **self._scoring)
        test = quick_scores(model, self.plan.test, **self._scoring) if self.plan.test else None
        negatives = self._false_positives(model, ("dev", "test"))
        best, retention = self.state.best_epoch + 1, self._retention(saved)
        result = TrainingResult(
            self.folder,
            best,
            dev,
            test,
            self.state.seconds,
            negatives=negatives,
            folds=config.folds,
            retention=retention,
        )
        write_result(result, run=self.state.config)
        (self.folder / STATE_FILE).unlink(missing_ok=True)
        return result


def train(
    plan: Plan,
    folder: str | Path,
    observer: Observer,
    *,
    held_out: HeldOutChoice | None = None,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
    save_every_seconds: float | None = None,
) -> TrainingResult:
    """Train as planned into `folder`; with `resume` continue from its saved state.

    held_out: decoding, calibration and dev scores for a plan without a dev set, from cross-validation.

    resume: a folder without a run starts one, and a finished run gives its result again without touching test.
    stop: called after every step; when it returns True, the state is saved and an interrupted result returned.
    save_every_seconds: how often the state is saved within an epoch; it is saved at the end of each in any case. By default once
        a minute, or less often where saving would take more than one percent of the time.
    The caller's random state and thread count are left as they were. Raises RelknitError, and changes nothing, when
    the folder holds a run and `resume` is false or the run was started with another configuration or data.
    """
    folder = Path(folder)
    make_folder(folder)
    with _locked(folder), torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        check_folder(folder, resume=resume)
        finished = read_result(folder)
        if finished is not None:
            _check_same_run(folder, finished[1], plan)
            (folder / STATE_FILE).unlink(missing_ok=True)
            return finished[0]
        torch.manual_seed(plan.config.training.seed)
        run = Run(plan, folder, observer, held_out=held_out, save_every_seconds=save_every_seconds)
        if not (resume and run.resume()):
            run.start()
        if run.go(stop):
            return run.finish()
    return TrainingResult(folder, run.state.best_epoch + 1, {}, None, run.state.seconds, interrupted=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder for this process; the system releases the lock however the process ends."""
    try:
        with FileLock(folder / LOCK_FILE, timeout=0):
            yield
    except Timeout:
        raise RelknitError(f"{folder}: another process is training in it; wait for it, or use another --out") from None
    except PermissionError as error:
        raise RelknitError(f"{folder}: cannot be written to: {error.strerror}; use another --out") from None


def check_folder(folder: Path, *, resume: bool) -> None:
    """Raise RelknitError unless the folder is new, or holds a run to resume."""
    held = [name for name in (*_RUN_FILES, *_MODEL_FILES) if (folder / name).exists()]
    if not resume and held:
        fix = "add --resume to continue it, or use another --out" if STATE_FILE in held else "use another --out"
        raise RelknitError(f"{folder}: already holds a run ({', '.join(held)}); {fix}")
    if resume and held and not {RESULT_FILE, STATE_FILE} & set(held):
        raise RelknitError(f"{folder}: holds {', '.join(held)} but no {STATE_FILE} to continue from; use another --out")


def _check_same_run(folder: Path, stored: str, plan: Plan) -> None:
    if stored != fingerprint(plan):
        changed = changed_settings(folder, plan.config)
        others = f"other settings ({', '.join(changed)}); repeat them" if changed else "another configuration or data"
        raise RelknitError(f"{folder}: was started with {others}, or use another --out")
