"""Seconds and peak memory of one training step: the dense pair table against the chunked one.

    python benchmarks/train_step.py --impl naive,chunked --json -

The same LSTM, weights, sentences, dropout and optimiser; only the pair table differs. Every implementation, at one
thread and at several, lives in a process of its own, and they take turns step by step, so that a busy machine slows all
alike. The number of threads with the lower median is the one reported.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from common import IMPLEMENTATIONS, SHIPPED, Child, default_data, machine, ratio, spread, write_report

from relknit.errors import RelknitError

Answers = dict[tuple[str, int], list[dict[str, Any]]]


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--impl", default="naive,chunked", help="names to compare, joined by commas")
    parser.add_argument("--json", metavar="FILE", help='where the JSON goes; "-" is standard output')
    parser.add_argument("--csv", metavar="FILE", help="append a row for each implementation")
    parser.add_argument("--data", default=default_data(), help=f'a JSONL file, or "{SHIPPED}": the tiled corpus')
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=2, help="K, the interaction rounds")
    parser.add_argument("--steps", type=int, default=10, help="timed steps, after one that is not")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="tried besides 1")
    args = parser.parse_args(argv)
    args.impl = args.impl.split(",")
    unknown = [name for name in args.impl if name not in IMPLEMENTATIONS]
    if unknown:
        parser.error(f"--impl {unknown[0]}: expected names out of {', '.join(IMPLEMENTATIONS)}")
    for name in ("batch_size", "steps", "threads"):
        if getattr(args, name) < 1:
            parser.error(f"--{name.replace('_', '-')} {getattr(args, name)}: expected 1 or more")
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
    """The largest relative difference of the losses that two processes computed for the same step."""
    steps = zip(*([answer["loss"] for answer in row] for row in answers.values()), strict=True)
    return float(max((max(losses) - min(losses)) / max(abs(loss) for loss in losses) for losses in steps))


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
    if not difference < 0.01:
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
    main()
