"""relknit experiment: the rows of a paper's tables, trained, tabulated and drawn."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from relknit.cli import terminal
from relknit.cli.common import Device, JsonFlag, Overwrite, Settings, Threads, print_json, settings_of, use_this_process
from relknit.cli.train import ProgressObserver, interrupts
from relknit.errors import ConfigError
from relknit.files import check_target

if TYPE_CHECKING:
    from relknit.experiments import RowResult, Trial
    from relknit.training import Plan

app = App(name="experiment")

Runs = Annotated[Path, Parameter(help="The folder of all runs.")]
DataDir = Annotated[
    Path | None, Parameter(help="Where the data is, instead of the folder `data` in the paths of the rows.")
]


@app.command
def run(
    *folders: Path,
    row: Annotated[list[str] | None, Parameter(negative="")] = None,
    seeds: int = 1,
    budget: str = "short",
    runs: Path = Path("runs"),
    data_dir: DataDir = None,
    set: Settings = None,
    device: Device = None,
    threads: Threads = None,
    record: Annotated[bool, Parameter(negative="")] = False,
    as_json: JsonFlag = False,
) -> int:
    """Train what is missing: finished runs are skipped, interrupted ones resumed. Exit status 1 when a row fails.

    Parameters
    ----------
    folders:
        Experiment folders, such as experiments/emnlp2020.
    row:
        Only the rows of this name, such as webnlg_k2 or "webnlg_*"; repeatable.
    seeds:
        How often each row is trained: with the seeds 1 to N, all rows with seed 1 first.
    budget:
        short (at most 40 epochs, one-cycle rate, patience 8), own (the row as it is), or one of the folder's budgets.json,
        such as paper.
    runs:
        The folder of all runs; one is RUNS/FOLDER/ROW/BUDGET-sSEED-HASH.
    set:
        section.key=value, repeatable; overrides the budget.
    record:
        Write the scores of the finished runs to FOLDER/results/ROW.json, which `table` shows where there are no runs.
    """
    from relknit.experiments import RunOptions, find_rows, record_runs, run_rows

    if not folders:
        raise ConfigError("no experiment given; name a folder such as experiments/emnlp2020")
    use_this_process()
    rows, options = (
        find_rows(folders, row or ()),
        RunOptions(budget, data_dir, tuple(settings_of(set, device, threads))),
    )

    def watch(trial: Trial, plan: Plan) -> ProgressObserver:
        terminal.print_note(f"{trial.row.name}, seed {trial.seed}, in {trial.folder}")
        for warning in plan.warnings:
            terminal.print_note(f"note: {warning}")
        return ProgressObserver(plan.config.training)

    results = []
    with interrupts() as stop:
        for result in run_rows(rows, options, seeds=seeds, out=runs, watch=watch, stop=stop):
            results.append(result)
            terminal.print_note(f"{result.row.name}, seed {result.seed}: {result.status}")
        interrupted = stop()
    _summarise(results)
    recorded = record_runs(rows, options, out=runs) if record else ()
    for path in recorded:
        terminal.print_note(f"recorded in {path}")
    if as_json:
        print_json({"runs": [result.to_dict() for result in results], "recorded": [str(path) for path in recorded]})
    if interrupted:
        terminal.print_note("stopped; to resume, run the same command")
        return 130
    return int(any(result.status == "failed" for result in results))


@app.command
def table(
    folder: Path,
    *,
    runs: Runs = Path("runs"),
    data_dir: DataDir = None,
    split: Annotated[Literal["test", "dev"], Parameter(help="Whose scores; settings are compared on dev.")] = "test",
    markdown: Annotated[bool, Parameter(help="Print Markdown.", negative="")] = False,
    as_json: JsonFlag = False,
) -> int:
    """Our scores (epoch chosen on dev), mean ± sd over seeds, beside the published figures and the gap.

    Rows without runs in RUNS show the results on file in FOLDER/results, with date and machine.

    Parameters
    ----------
    folder:
        An experiment folder, such as experiments/emnlp2020.
    """
    from relknit.experiments import collect, to_markdown

    if markdown and as_json:
        raise ConfigError("--markdown and --json: choose one of them")
    rows = collect(_folder(folder), out=runs, data_dir=data_dir, split=split)
    if as_json:
        print_json([row.to_dict() for row in rows])
    elif markdown:
        sys.stdout.write(to_markdown(rows))
    else:
        from relknit.cli.experiment_table import show_rows

        show_rows(terminal.console(), rows)
    return 0


@app.command
def show(
    folder: Path,
    row: str,
    *,
    budget: Annotated[str, Parameter(help="A budget, as for `run`.")] = "own",
    data_dir: DataDir = None,
    set: Settings = None,
    as_json: JsonFlag = False,
) -> int:
    """Print the whole configuration of a row as TOML, for `relknit train`.

    Parameters
    ----------
    folder:
        An experiment folder, such as experiments/emnlp2020.
    row:
        The name of a row, such as webnlg_k2.
    """
    from relknit.config import config_to_dict
    from relknit.experiments import RunOptions, configure, find_rows, to_toml

    (found, *others) = find_rows([folder], [row])
    if others:
        raise ConfigError(f"{row}: matches {1 + len(others)} rows; name one of them")
    config = configure(found, RunOptions(budget, data_dir, tuple(set or ())))
    if as_json:
        print_json(config_to_dict(config))
    else:
        sys.stdout.write(to_toml(config))
    return 0


@app.command
def figure(
    folder: Path, *, out: Path, runs: Runs = Path("runs"), overwrite: Overwrite = False, as_json: JsonFlag = False
) -> int:
    """Draw F1 against the number of rounds K, ours beside the published curve, as a PNG. Needs the extra `plot`.

    Parameters
    ----------
    folder:
        An experiment folder, such as experiments/emnlp2020.
    out:
        The .png file to write.
    """
    from relknit.experiments import collect, draw

    check_target(out, suffixes=(".png",), overwrite=overwrite)
    draw(collect(_folder(folder), out=runs), out)
    if as_json:
        print_json({"out": str(out)})
    return 0


def _folder(folder: Path) -> Path:
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; give an experiment folder such as experiments/emnlp2020")
    return folder


def _summarise(results: Sequence[RowResult]) -> None:
    counts: dict[str, int] = {}
    for result in results:
        counts[result.status] = counts.get(result.status, 0) + 1
    terminal.print_note(", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing to run")
    failures = {(result.row.name, result.error): None for result in results if result.status == "failed"}
    for name, error in failures:
        terminal.print_note(f"failed: {name}: {error}", style="red")
