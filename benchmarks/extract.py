"""Seconds from texts to triples: reading, tokens, model and decoding, one implementation against another.

    python benchmarks/extract.py --impl naive,chunked --json -
    python benchmarks/extract.py --preset nyt --json -
    python benchmarks/extract.py --model webnlg --json -

"naive" takes 50 sentences at a time as they come, padded to the longest, as the published code does; the others go
through relknit.predict as the extractor calls it: sorted by length, batches by tokens, spread over worker threads, and
the last round only for words inside an entity. Both read the same texts the same way, and both decode with the same code.
By default the model has the paper's sizes and seeded weights, tuned to find about as much as trained ones; --model takes a
trained one, a folder or a shipped name.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import common
from processes import Answers, Turns, set_difference, take_turns
from relknit.errors import RelknitError


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = common.with_data(common.with_device(common.parser(__doc__, impl="naive,chunked", steps=5)))
    common.presets(options, relations="relations of the paper's model")
    options.add_argument("--model", default="paper", help="a trained model instead of the paper's sizes")
    options.add_argument("--sentences", type=int, default=200, help="extracted in a step, from the first; 0 is all")
    options.add_argument(
        "--source", choices=("text", "tokens"), default="text", help="start from raw text or from tokens"
    )
    options.add_argument("--dtype", choices=("float32", "auto"), default="float32", help="auto: bfloat16 on a GPU")
    return common.parse(options, argv, "relations", split="test")


def measure(args: argparse.Namespace) -> Turns:
    """All answers of every (implementation, threads), the first of them the warm-up, and the sizes."""
    names = ("data", "sentences", "source", "model", "rounds", "relations", "device", "preset", "dtype")
    settings = {"task": "extract", **{name: getattr(args, name) for name in names}}
    return take_turns(settings, args.impl, common.thread_counts(args), args.steps)


def check_found(answers: Answers, *, tolerance: float = 0.01) -> float:
    """The fraction of entities and triples that not all found; raises RelknitError beyond the tolerance."""
    difference = set_difference(answers, "found")
    if difference > tolerance:
        raise RelknitError(f"what was found differs by {difference:.2%}: this is not the same extraction")
    return difference


def figures(impl: str, turns: Turns) -> dict[str, Any]:
    """`summary` and the speed end to end, of which `seconds_reading` is the text's part."""
    result = common.summary(impl, turns.answers)
    row = turns.answers[impl, result["threads"]]
    return {
        **result,
        "sentences_per_second": turns.sizes["sentences"] / result["seconds_p50"],
        "tokens_per_second": turns.sizes["tokens"] / result["seconds_p50"],
        "seconds_reading": common.percentile([answer["seconds_reading"] for answer in row[1:]], 0.5),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and report."""
    args = arguments(argv)
    turns = measure(args)
    difference = check_found(turns.answers, tolerance=0.01 if args.dtype == "float32" else 0.1)
    impls = {name: figures(name, turns) for name in args.impl}
    found = next(iter(turns.answers.values()))[-1]["found"]
    report = common.report(impls, turns, args.steps, found=len(found), found_difference=difference)
    common.write_report(report, args.json, args.csv)


if __name__ == "__main__":
    common.exit_on_error(main)
