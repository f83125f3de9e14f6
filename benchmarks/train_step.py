"""Seconds and peak memory of one training step: the dense pair table against the ones that never hold it.

    python benchmarks/train_step.py --impl naive,chunked --json -
    python benchmarks/train_step.py --preset nyt --json -
    python benchmarks/train_step.py --device cuda --impl naive,triton --batch-size 512 --json -

The same LSTM, weights, sentences and optimiser; only the pair table differs, and how a batch is spread over threads.
Every implementation, at one thread and at several, lives in a process of its own, and they take turns step by step, so
that a busy machine slows all alike. The number of threads with the lower median is the one reported.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import common
from processes import Answers, Turns, largest_difference, take_turns
from relknit.errors import RelknitError


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = common.with_data(common.with_device(common.parser(__doc__, impl="naive,chunked", steps=10)))
    common.presets(options, batch_size="sentences in a step")
    return common.parse(options, argv, "batch_size")


def measure(args: argparse.Namespace) -> Turns:
    """All answers of every (implementation, threads), the first of them the warm-up, and the sizes."""
    names = ("data", "batch_size", "rounds", "device")
    settings = {"task": "train_step", **{name: getattr(args, name) for name in names}}
    return take_turns(settings, args.impl, common.thread_counts(args), args.steps)


def check_losses(answers: Answers) -> float:
    """How far the losses of one step are apart, at most 1 %; raises RelknitError beyond."""
    difference = largest_difference(answers, "loss")
    if difference > 0.01:
        raise RelknitError(f"the losses differ by {difference:.2%}: these are not the same training step")
    return difference


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and report."""
    args = arguments(argv)
    turns = measure(args)
    difference = check_losses(turns.answers)
    impls = {name: common.summary(name, turns.answers) for name in args.impl}
    report = common.report(impls, turns, args.steps, loss_difference=difference)
    common.write_report(report, args.json, args.csv)


if __name__ == "__main__":
    common.exit_on_error(main)
