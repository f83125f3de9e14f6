"""Peak memory of extracting from one very long sentence, and of a training batch of 50 sentences.

    python benchmarks/memory.py --impl naive,chunked --json -

512 tokens and 246 relations make a table of 64 million scores. `peak_mb` is above the interpreter with torch, data and
model; `peak_mb_with_model` above the interpreter with torch alone. The report is that of the sentence; the batch's
is in it under "batch".
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import common
from extract import check_found
from processes import Turns, take_turns
from train_step import check_losses

WORKS = ("sentence", "batch")


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = common.with_data(common.with_device(common.parser(__doc__, impl="chunked", steps=3)))
    options.add_argument("--work", default="sentence,batch", help="what to measure; the first makes the report")
    options.add_argument("--tokens", type=int, default=512, help="of the sentence")
    options.add_argument("--relations", type=int, default=246, help="of the sentence's model; the batch has its data's")
    options.add_argument("--batch-size", type=int, default=50)
    args = common.parse(options, argv, "tokens", "relations", "batch_size")
    args.work = args.work.split(",")
    for name in args.work:
        if name not in WORKS:
            options.error(f"--work {name}: expected names out of {', '.join(WORKS)}")
    return args


def measure(args: argparse.Namespace, work: str) -> Turns:
    """All answers of every implementation with --threads, the first of them the warm-up, and the sizes."""
    settings = {"rounds": args.rounds, "device": args.device}
    if work == "sentence":
        settings |= {"task": "long_sentence", "tokens": args.tokens, "relations": args.relations}
    else:
        settings |= {"task": "train_step", "data": args.data, "batch_size": args.batch_size}
    return take_turns(settings, args.impl, [1 if args.device == "cuda" else args.threads], args.steps)


def report(args: argparse.Namespace, work: str) -> dict[str, Any]:
    """The report of one kind of work."""
    turns = measure(args, work)
    sentence = work == "sentence"
    name, difference = ("found", check_found) if sentence else ("loss", check_losses)
    impls = {impl: common.summary(impl, turns.answers) for impl in args.impl}
    for (impl, _), row in turns.answers.items():
        impls[impl]["peak_mb_with_model"] = row[-1]["peak_mb_with_model"]
    sizes = turns.sizes
    shared = {
        "data": sizes["data"],
        "batch_size": 1 if sentence else sizes["batch_size"],
        "longest": sizes["tokens"] if sentence else sizes["max_tokens"],
    }
    others = {key: value for key, value in sizes.items() if key in ("rounds", "relations", "lstm", "pair_hidden")}
    turns = Turns(turns.answers, {**shared, **others}, turns.gpu)
    return common.report(impls, turns, args.steps, **{f"{name}_difference": difference(turns.answers)})


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and report."""
    args = arguments(argv)
    common.write_report(common.nested({work: report(args, work) for work in args.work}), args.json, args.csv)


if __name__ == "__main__":
    common.exit_on_error(main)
