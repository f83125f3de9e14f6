"""Time and memory of a training step on one sentence, against its length n and the number of relations l.

    python benchmarks/curves.py

Draws docs/images/step_curves.png and appends its points to benchmarks/results/curves.csv: n from 16 to 1024 with 170
relations, l from 10 to 1000 with 128 tokens. Every point has processes of its own, since a process remembers its peak. A
dense table is left out where it would need more than --limit-gb; the drawing says so. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, Final

from common import append_row, exit_on_error, machine, parse, parser, spread
from curves_plot import draw, import_pyplot
from processes import Child
from relknit.errors import RelknitError
from sentences import ROOT

TOKENS: Final = "16,32,64,128,256,512,1024"
RELATIONS: Final = "10,30,100,300,1000"
FEATURES = PAIR_HIDDEN = 100


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = parser(__doc__, impl="naive,chunked", steps=5)
    options.add_argument("--tokens", default=TOKENS, help=f"values of n; by default {TOKENS}")
    options.add_argument("--relations", default=RELATIONS, help=f"values of l; by default {RELATIONS}")
    options.add_argument("--at-tokens", type=int, default=128, help="n while l varies")
    options.add_argument("--at-relations", type=int, default=170, help="l while n varies")
    options.add_argument("--limit-gb", type=float, default=6.0, help="a dense table that needs more is left out")
    options.add_argument("--seconds", type=float, default=6.0, help="a point gets fewer steps once it took so long")
    options.add_argument("--png", type=Path, default=ROOT / "docs" / "images" / "step_curves.png")
    options.add_argument("--points", type=Path, help="draw these points, a CSV of an earlier run, and measure none")
    options.set_defaults(csv=str(ROOT / "benchmarks" / "results" / "curves.csv"), threads=1)
    args = parse(options, argv, "at_tokens", "at_relations")
    for name in ("tokens", "relations"):
        try:
            values = [int(value) for value in getattr(args, name).split(",")]
        except ValueError:
            values = [0]
        if min(values) < 1:
            options.error(f"--{name} {getattr(args, name)}: expected numbers from 1, joined by commas, such as 16,32")
        setattr(args, name, values)
    return args


def dense_gb(tokens: int, relations: int, rounds: int) -> float:
    """About what a training step with dense tables holds, GB of 1e9 bytes.

    For every pair and each of its K + 1 passes the two words' features, the hidden layer before and after ReLU, and
    three tables of scores (before and after σ, and masked); with them the gradients of one pass.
    """
    one_pass = 2 * FEATURES + 2 * PAIR_HIDDEN + 3 * relations
    gradients = 2 * FEATURES + 2 * relations
    return 4.0 * tokens**2 * ((rounds + 1) * one_pass + gradients) / 1e9


def points(args: argparse.Namespace) -> list[tuple[str, int, int]]:
    """(axis, tokens, relations) of every point: first along n, then along l."""
    along_n = [("n", n, args.at_relations) for n in args.tokens]
    return along_n + [("l", args.at_tokens, relations) for relations in args.relations]


def measure(args: argparse.Namespace, tokens: int, relations: int) -> dict[str, dict[str, Any]]:
    """For every implementation that fits the limit its seconds, peak memory, and the steps that were timed."""
    task = {"task": "train_sentence", "tokens": tokens, "relations": relations}
    settings = {**task, "rounds": args.rounds, "threads": args.threads, "steps": args.steps}
    dense = dense_gb(tokens, relations, args.rounds)
    impls = [impl for impl in args.impl if impl != "naive" or dense <= args.limit_gb]
    with ExitStack() as stack:
        children = {impl: stack.enter_context(Child({**settings, "impl": impl})) for impl in impls}
        for child in children.values():
            child.wait_ready()
        answers = {impl: [child.step()] for impl, child in children.items()}
        for _ in range(args.steps):
            for impl, child in children.items():
                if len(answers[impl]) < 2 or sum(answer["seconds"] for answer in answers[impl]) < args.seconds:
                    answers[impl].append(child.step())
    return {impl: _figures(row) for impl, row in answers.items()}


def _figures(row: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = {name: round(value, 6) for name, value in spread([answer["seconds"] for answer in row[1:]]).items()}
    return {**seconds, "peak_mb": round(row[-1]["peak_mb"], 3), "steps": len(row) - 1}


def all_rows(args: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for every point and implementation, also written to --csv as soon as it is there."""
    described, today = machine(), date.today().isoformat()
    rows = []
    for axis, tokens, relations in points(args):
        print(f"{tokens} tokens, {relations} relations", file=sys.stderr)
        for impl, figures in measure(args, tokens, relations).items():
            where = {"axis": axis, "tokens": tokens, "relations": relations, "rounds": args.rounds}
            row = {"date": today, **where, "implementation": impl, "threads": args.threads, **figures, **described}
            append_row(Path(args.csv), row)
            rows.append(row)
    return rows


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of an earlier run, numbers as numbers. Raises RelknitError."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        numbers = ("tokens", "relations", "rounds", "threads", "seconds_p50", "peak_mb")
        return [{**row, **{name: float(row[name]) for name in numbers}} for row in rows]
    except (OSError, KeyError, ValueError) as error:
        raise RelknitError(f"--points {path}: no points of curves.py: {error!r}; give a file that it wrote") from None


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and draw."""
    args = arguments(argv)
    import_pyplot()  # before minutes of measuring
    rows = all_rows(args) if args.points is None else read_rows(args.points)
    draw(rows, args.png, limit_gb=args.limit_gb)
    print(args.png)


if __name__ == "__main__":
    exit_on_error(main)
