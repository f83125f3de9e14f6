"""Seconds and peak memory of one training step: the dense pair table against the chunked one.

    python benchmarks/train_step.py --impl naive,chunked --json -

The same LSTM, weights, sentences, dropout and optimiser; only the pair table differs. Every implementation, at one
thread and at several, lives in a process of its own, and they take turns step by step, so that a busy machine slows all
alike. The number of threads with the lower median is the one reported.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from common import SHIPPED, Child, default_data, exit_on_error, machine, parse, parser, ratio, spread, write_report
from relknit.errors import RelknitError

Answers = dict[tuple[str, int], list[dict[str, Any]]]


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = parser(__doc__, impl="naive,chunked", steps=10)
    options.add_argument("--data", default=default_data(), help=f'a JSONL file, or "{SHIPPED}": the tiled corpus')
    options.add_argument("--batch-size", type=int, default=50)
    args = parse(options, argv, "batch_size")
    if args.data != SHIPPED and not Path(args.data).is_file():
        options.error(f'--data {args.data}: no such file; give a JSONL file, or the word "{SHIPPED}"')
    return args


def measure(args: argparse.Namespace) -> tuple[Answers, dict[str, Any]]:
    """All answers of every (implementation, threads), the first of them the warm-up, and the sizes."""
    common = {"task": "train_step", "data": args.data, "batch_size": args.batch_size, "rounds": args.rounds}
    with ExitStack() as stack:
        children = {
            (impl, threads): stack.enter_context(
                Child({**common, "impl": impl, "threads": threads, "steps": args.steps})
            )
            for impl in args.impl
            for threads in sorted({1, args.threads})
        }
        for child in children.values():
            child.wait_ready()
        answers: Answers = {key: [] for key in children}
        for number in range(args.steps + 1):
            for key, child in children.items():
                answers[key].append(child.step())
            print(f"step {number} of {args.steps}", file=sys.stderr)
        return answers, child.sizes


def loss_difference(answers: Answers) -> float:
    """The largest relative difference of the losses that two processes computed for the same step; inf for a NaN."""
    steps: list[tuple[float, ...]] = list(
        zip(*([float(answer["loss"]) for answer in row] for row in answers.values()), strict=True)
    )
    if not all(math.isfinite(loss) for losses in steps for loss in losses):
        return math.inf
    return max((max(losses) - min(losses)) / max(abs(loss) for loss in losses) for losses in steps)


def summary(impl: str, answers: Answers) -> dict[str, Any]:
    """Percentiles and peak memory of an implementation at its better number of threads."""
    spreads = {
        threads: spread([answer["seconds"] for answer in row[1:]])
        for (name, threads), row in answers.items()
        if name == impl
    }
    best = min(spreads, key=lambda threads: spreads[threads]["seconds_p50"])
    by_threads = {str(threads): figures["seconds_p50"] for threads, figures in spreads.items()}
    peak = answers[impl, best][-1]["peak_mb"]
    return {**spreads[best], "peak_mb": peak, "threads": best, "seconds_p50_by_threads": by_threads}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and report."""
    args = arguments(argv)
    answers, sizes = measure(args)
    difference = loss_difference(answers)
    if difference > 0.01:
        raise RelknitError(f"the losses differ by {difference:.2%}: these are not the same training step")
    impls = {name: summary(name, answers) for name in args.impl}
    report = {
        "impls": impls,
        "ratio": ratio(impls),
        "machine": machine(),
        "sizes": sizes,
        "steps": args.steps,
        "loss_difference": difference,
    }
    write_report(report, args.json, args.csv)


if __name__ == "__main__":
    exit_on_error(main)
