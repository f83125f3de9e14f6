"""relknit experiment: the rows of a paper's tables, trained, tabulated and drawn."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console

from relknit.cli import terminal
from relknit.cli.common import Overwrite, use_this_process, worker_threads
from relknit.cli.train import ProgressObserver, interrupts
from relknit.errors import ConfigError
from relknit.files import check_target

if TYPE_CHECKING:
    from relknit.experiments import Outcome, Trial
    from relknit.training import Plan

app = App(name="experiment", help="Train the rows of a paper's tables, and set them beside its figures.")

Out = Annotated[Path, Parameter(help="The folder of all runs.")]


@app.command
def run(
    *sources: Path,
    seeds: int = 1,
    budget: str = "short",
    out: Path = Path("runs"),
    data_dir: Path | None = None,
    set: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    threads: int | None = None,
) -> int:
    """Train what is missing: runs that are done are skipped, interrupted ones taken up. Exit status 1 when a row fails.

    Parameters
    ----------
    sources:
        Experiment folders, such as experiments/emnlp2020, or single configurations in them.
    seeds:
        How often each row is trained: with the seeds 1 to N, all rows with seed 1 first.
    budget:
        short (at most 40 epochs, decaying rate, patience 8), or one of the folder's budgets.json, such as paper.
    out:
        The folder of all runs; one is OUT/FOLDER/ROW/BUDGET-sSEED-HASH.
    data_dir:
        Where the data lies, in place of the folder `data` in the configurations' paths.
    set:
        section.key=value, as often as needed; stronger than the budget.
    threads:
        Worker threads in place of the configuration's; 0 is one per core.
    """
    from relknit.experiments import Settings, find_rows, run_rows

    if not sources:
        raise ConfigError("no experiment named; give a folder such as experiments/emnlp2020, or a .toml file in it")
    use_this_process()
    console, rows = terminal.to_people(), find_rows(sources)
    settings = Settings(budget, data_dir, tuple(set or ()))

    def watch(trial: Trial, plan: Plan) -> ProgressObserver:
        _say(console, f"{trial.row.name}, seed {trial.seed}, in {trial.folder}")
        for warning in plan.warnings:
            _say(console, f"note: {warning}")
        return ProgressObserver(console, trial.config.training.epochs)

    def workers(trial: Trial) -> int:
        return worker_threads(trial.config.training.threads if threads is None else threads)

    outcomes = []
    with interrupts() as stop:
        for outcome in run_rows(rows, settings, seeds=seeds, out=out, watch=watch, threads=workers, stop=stop):
            outcomes.append(outcome)
            _say(console, f"{outcome.row.name}, seed {outcome.seed}: {outcome.status}")
        interrupted = stop()
    _summarise(console, outcomes)
    if interrupted:
        _say(console, "stopped; the same command goes on")
        return 130
    return int(any(outcome.status == "failed" for outcome in outcomes))


@app.command
def table(
    folder: Path,
    *,
    out: Out = Path("runs"),
    data_dir: Annotated[Path | None, Parameter(help="Where the data lies, as for `run`.")] = None,
    split: Annotated[Literal["test", "dev"], Parameter(help="Whose scores; settings are compared on dev.")] = "test",
    markdown: Annotated[bool, Parameter(help="Print Markdown.", negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", help="Print JSON.", negative="")] = False,
) -> int:
    """Our scores (epoch chosen on dev), mean ± sd over seeds, beside the published figures and the gap.

    Parameters
    ----------
    folder:
        A folder of configurations, such as experiments/emnlp2020.
    """
    from relknit.experiments import collect, to_markdown

    if markdown and as_json:
        raise ConfigError("--markdown and --json: choose one of them")
    lines = collect(_folder(folder), out=out, data_dir=data_dir, split=split)
    if as_json:
        sys.stdout.write(json.dumps([line.to_dict() for line in lines], indent=2, ensure_ascii=False) + "\n")
    elif markdown:
        sys.stdout.write(to_markdown(lines))
    else:
        from relknit.cli.experiment_table import show_lines

        show_lines(terminal.console(), lines)
    return 0


@app.command
def figure(folder: Path, *, out: Path, runs: Out = Path("runs"), overwrite: Overwrite = False) -> int:
    """Draw F1 against the number of rounds K, ours beside the published curve, as a PNG. Needs the extra `plot`.

    Parameters
    ----------
    folder:
        A folder of configurations, such as experiments/emnlp2020.
    out:
        The .png file to write.
    """
    from relknit.experiments import collect, draw

    check_target(out, suffixes=(".png",), overwrite=overwrite)
    draw(collect(_folder(folder), out=runs), out)
    return 0


def _folder(folder: Path) -> Path:
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; give an experiment folder such as experiments/emnlp2020")
    return folder


def _summarise(console: Console, outcomes: Sequence[Outcome]) -> None:
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
    _say(console, ", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing was begun")
    failures = {(outcome.row.name, outcome.error): None for outcome in outcomes if outcome.status == "failed"}
    for name, error in failures:
        console.print(f"failed: {name}: {error}", style="red", markup=False, highlight=False, soft_wrap=True)


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
