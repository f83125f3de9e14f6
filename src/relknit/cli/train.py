"""relknit train: a model from a configuration or a folder of data."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from relknit.cli import terminal
from relknit.cli.common import SkipBad, progress_display, use_this_process, worker_threads, write_report
from relknit.config import Config, apply_overrides, build_config, load_config
from relknit.data.catalogue import DATA_DIR, DATASETS
from relknit.data.readers import find_splits
from relknit.errors import ConfigError

if TYPE_CHECKING:
    from relknit.training import TrainingResult
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
    set: Annotated[
        list[str] | None, Parameter(help="section.key=value, as often as needed.", consume_multiple=True, negative="")
    ] = None,
    start_from: Annotated[
        str | None, Parameter(name="--from", help="Fine-tune this model (folder or shipped name).")
    ] = None,
    resume: Annotated[bool, Parameter(help="Go on with an interrupted run.", negative="")] = False,
    skip_bad: SkipBad = False,
    json: Annotated[
        bool, Parameter(name="--json", help="Print the result as JSON on standard output.", negative="")
    ] = False,
) -> int:
    """Train, choose the best epoch on dev, score test once at the end. The run folder is the model."""
    from relknit.sources import find_model
    from relknit.training import make_plan
    from relknit.training import train as run_training

    use_this_process()
    config = read_config(source, set or [])
    folder = out or Path("runs") / source.resolve().name.removesuffix(".toml")
    console = terminal.to_people()
    plan = make_plan(config, start_from=None if start_from is None else find_model(start_from), skip_bad=skip_bad)
    for warning in plan.warnings:
        console.print(f"note: {warning}", markup=False, highlight=False, soft_wrap=True)
    with interrupts() as stop, ProgressObserver(console, config.training.epochs) as observer:
        result = run_training(
            plan, folder, observer, threads=worker_threads(config.training.threads), resume=resume, stop=stop
        )
    if result.interrupted:
        console.print(f"stopped; to go on: {_resume_command()}", markup=False, highlight=False, soft_wrap=True)
        return 130
    _show_result(console, result)
    if json:
        scores = {"dev": result.dev, "test": result.test, "negatives": dict(result.negatives)}
        write_report({"folder": str(folder), "best_epoch": result.best_epoch, **scores}, "-")
    return 0


def read_config(source: Path, overrides: list[str]) -> Config:
    """The configuration in a .toml file, or defaults with the splits of a data folder; overrides applied."""
    if not source.is_dir():
        if not source.exists():
            raise ConfigError(f"{source}: no such file or folder; {_what_to_name(source)}")
        if source.suffix != ".toml":
            raise ConfigError(f"{source}: give a .toml file, or the folder that holds train.jsonl")
        return load_config(source, overrides)
    splits = {name: str(path) for name, path in find_splits(source).items()}
    return build_config(apply_overrides({"data": splits}, overrides), source=str(source))


def _what_to_name(source: Path) -> str:
    """The mend for a path that leads nowhere, which may be the name of a dataset."""
    name, folder = str(source), DATA_DIR / source
    if name not in DATASETS:
        return "give a .toml file or a folder of data"
    if folder.exists():
        return f"the dataset of this name is in {folder}, so run: relknit train {folder}"
    return f"to get the dataset of this name: relknit data get {name}, then: relknit train {folder}"


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

    def __init__(self, console: Console, epochs: int) -> None:
        self.console, self.epochs = console, epochs
        self.progress = progress_display(console)
        self.task = self.progress.add_task("training", total=None)

    def __enter__(self) -> ProgressObserver:
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def batch(self, state: TrainingState, batches: int, loss: float) -> None:
        """Move the bar."""
        self.progress.update(
            self.task,
            completed=state.step,
            total=self.epochs * batches,
            description=f"epoch {state.epoch + 1}/{self.epochs}  loss {loss:.3f}  best F1 {100 * max(0, state.best_score):.1f}",
        )

    def epoch(self, record: dict[str, Any]) -> None:
        """A line with the losses and the dev scores."""
        dev = "  ".join(
            f"{name} {100 * record['dev'][name]:.1f}" for name in ("partial", "exact", "strict", "entities")
        )
        if "dev_renamed" in record:
            dev += f"  strict, renamed {100 * record['dev_renamed']['strict']:.1f}"
        best = "  best so far" if record["best_epoch"] == record["epoch"] else ""
        loss = sum(value for name, value in record.items() if name.endswith("_loss"))
        nothing = f"  false positives {100 * record['negatives']:.1f} %" if "negatives" in record else ""
        line = f"epoch {record['epoch']:>3}  loss {loss:.3f}  dev F1: {dev}  {record['seconds']:.0f} s{nothing}{best}"
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def warn(self, message: str) -> None:
        """A line in yellow."""
        self.console.print(f"warning: {message}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def _show_result(console: Console, result: TrainingResult) -> None:
    for name, scores in (("dev", result.dev), ("test", result.test)):
        if scores is not None:
            shown = "  ".join(f"{key} {100 * value:.1f}" for key, value in scores.items())
            console.print(f"{name:>4} F1: {shown}", markup=False, highlight=False)
    for name, rate in result.negatives.items():
        line = f"{name:>4} negative sentences: a triple is predicted in {100 * rate:.1f} %"
        console.print(line, markup=False, highlight=False)
    console.print(f"best epoch {result.best_epoch}, model in {result.folder}", markup=False, highlight=False)


def _resume_command() -> str:
    return shlex.join(["relknit", *(a for a in sys.argv[1:] if a != "--resume"), "--resume"])
