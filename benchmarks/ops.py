"""Each pair operation by itself, forward and forward with backward: seconds, peak memory, and its floor.

    python benchmarks/ops.py --impl naive,chunked --json -
    python benchmarks/ops.py --tokens 38 --relations 24 --rounds 4 --batch-size 512 --device cuda --json -

The report is that of the pair operations of one training step (row_max K times and the loss once, forward and backward);
each operation's own is in it under its name. An operation begins at the features of the words: its two projections
belong to it. `floor_seconds` is what its products take at the rates of this machine, measured at the same sizes, in the
same run, on as many threads; `over_floor` how many times longer it took.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import common
from processes import Answers, Turns, largest_difference, take_turns
from relknit.errors import RelknitError

FLOORS = {
    "row_max forward": ("row_max forward",),
    "row_max forward+backward": ("row_max forward", "row_max backward"),
    "loss forward": ("loss forward",),
    "loss forward+backward": ("loss forward", "loss backward"),
    "select forward": ("select forward",),
}


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = common.with_device(common.parser(__doc__, impl="naive,chunked", steps=10))
    common.presets(options, tokens="mean length of a sentence", relations="l", batch_size="sentences")
    options.add_argument("--pair-hidden", type=int, default=100, help="d, the pair layer")
    options.add_argument("--features", type=int, default=100, help="of a word")
    options.add_argument("--even", action="store_true", help="every sentence as long as the mean")
    options.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    return common.parse(options, argv, "tokens", "relations", "batch_size", "pair_hidden", "features")


def measure(args: argparse.Namespace) -> Turns:
    """All answers of every (implementation, threads), the first of them the warm-up, and the sizes."""
    names = ("tokens", "relations", "batch_size", "pair_hidden", "features", "even", "dtype", "rounds", "device")
    settings = {"task": "ops", **{name: getattr(args, name) for name in names}}
    return take_turns(settings, args.impl, common.thread_counts(args), args.steps)


def part_of(answers: Answers, name: str) -> Answers:
    """The answers about one operation, in the form of answers about a step."""
    return {key: [answer["parts"][name] for answer in row] for key, row in answers.items()}


def check_values(answers: Answers, name: str, dtype: str) -> float:
    """How far apart the operation's results are; raises RelknitError beyond 1 %, or 5 % for counts and bfloat16."""
    difference = largest_difference(answers, "value")
    if difference > (0.05 if dtype == "bfloat16" or name.startswith("select") else 0.01):
        raise RelknitError(f"{name}: results differ by {difference:.2%}: this is not the same operation")
    return difference


def floors(answers: Answers, names: Sequence[str]) -> dict[tuple[str, int], float]:
    """For every process the median of its floor, summed over the named pieces."""
    return {
        key: common.percentile([sum(answer["floor"][name] for name in names) for answer in row[1:]], 0.5)
        for key, row in answers.items()
    }


def with_floor(impls: dict[str, dict[str, Any]], floor: dict[tuple[str, int], float]) -> dict[str, dict[str, Any]]:
    """Every implementation's figures with its floor and how many times longer it took."""
    for name, impl in impls.items():
        impl["floor_seconds"] = floor[name, impl["threads"]]
        impl["over_floor"] = impl["seconds_p50"] / impl["floor_seconds"]
    return impls


def step_floor(answers: Answers, rounds: int) -> dict[tuple[str, int], float]:
    """The floor of the pair operations of a training step."""
    row_max, loss = (floors(answers, FLOORS[f"{name} forward+backward"]) for name in ("row_max", "loss"))
    return {key: rounds * row_max[key] + loss[key] for key in answers}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and report."""
    args = arguments(argv)
    turns = measure(args)

    def report(answers: Answers, floor: dict[tuple[str, int], float], difference: float) -> dict[str, Any]:
        impls = with_floor({name: common.summary(name, answers) for name in args.impl}, floor)
        return common.report(impls, turns, args.steps, difference=difference)

    reports = {}
    for name, pieces in FLOORS.items():
        part = part_of(turns.answers, name)
        reports[name] = report(part, floors(turns.answers, pieces), check_values(part, name, args.dtype))
    worst = max(part["difference"] for part in reports.values())
    whole = report(turns.answers, step_floor(turns.answers, args.rounds), worst)
    last = next(reversed(turns.answers.values()))[-1]
    common.write_report(
        common.nested({"training step": {**whole, "rates": last["rates"]}, **reports}), args.json, args.csv
    )


if __name__ == "__main__":
    common.exit_on_error(main)
