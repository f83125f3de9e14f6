"""Seconds and peak memory of extraction from one very long sentence, over what interpreter, torch and model need.

    python benchmarks/long_sentence.py --json -

512 tokens and 246 relations make a table of 64 million scores; the chunked pair table never holds it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from common import Child, exit_on_error, machine, parse, parser, ratio, spread, write_report


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = parser(__doc__, impl="chunked", steps=5)
    options.add_argument("--tokens", type=int, default=512)
    options.add_argument("--relations", type=int, default=246)
    return parse(options, argv, "tokens", "relations")


def measure(args: argparse.Namespace) -> tuple[dict[str, list[dict[str, Any]]], dict[str, Any]]:
    """All answers of every implementation, the first of them the warm-up, and the sizes."""
    names = ("tokens", "relations", "rounds", "threads")
    settings = {"task": "long_sentence", **{name: getattr(args, name) for name in names}}
    with ExitStack() as stack:
        children = {impl: stack.enter_context(Child({**settings, "impl": impl})) for impl in args.impl}
        for child in children.values():
            child.wait_ready()
        answers: dict[str, list[dict[str, Any]]] = {impl: [] for impl in children}
        for _ in range(args.steps + 1):
            for impl, child in children.items():
                answers[impl].append(child.step())
        return answers, child.sizes


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and report."""
    args = arguments(argv)
    answers, sizes = measure(args)
    impls = {
        impl: {
            **spread([answer["seconds"] for answer in row[1:]]),
            "peak_mb": row[-1]["peak_mb"],
            "threads": args.threads,
        }
        for impl, row in answers.items()
    }
    report = {"impls": impls, "ratio": ratio(impls), "machine": machine(), "sizes": sizes, "steps": args.steps}
    write_report(report, args.json, args.csv)


if __name__ == "__main__":
    exit_on_error(main)
