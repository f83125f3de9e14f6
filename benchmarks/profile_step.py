"""Where the time of a training step goes, beside its floor: the operations and bytes it cannot avoid, over the measured
rates of this machine.

    python benchmarks/profile_step.py
    python benchmarks/profile_step.py --preset nyt --json profile.json

The parts are those of one thread: the step is done once as it is, and once piece by piece on the same batch, each piece
timed forward and backward. `floor.py` says what the floor counts; the rates are measured between the steps, at the
step's own product sizes, on as many threads as the step has. Prints a table for README.md unless --json says otherwise.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import common
from processes import Turns, take_turns

ROWS = {
    "row_max, forward": ("row_max forward",),
    "row_max, backward": ("row_max backward",),
    "loss, value and gradient": ("loss forward", "loss backward"),
    "embeddings and LSTM": ("encoder forward", "encoder backward"),
    "GRU cells": ("interaction forward", "interaction backward"),
    "tagger": ("tagger forward", "tagger backward"),
    "clipping and Adam": ("optimiser",),
    "batch": ("batch",),
}


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = common.with_data(common.with_device(common.parser(__doc__, impl="chunked", steps=10)))
    common.presets(options, batch_size="sentences in a step")
    args = common.parse(options, argv, "batch_size")
    if len(args.impl) > 1:
        options.error(f"--impl {','.join(args.impl)}: expected one name")
    return args


def measure(args: argparse.Namespace) -> Turns:
    """All answers at each number of threads, the first of them the warm-up, and the sizes."""
    names = ("data", "batch_size", "rounds", "device")
    settings = {"task": "profile", **{name: getattr(args, name) for name in names}}
    return take_turns(settings, args.impl, common.thread_counts(args), args.steps)


def median(row: Sequence[dict[str, Any]], outer: str, names: Sequence[str]) -> float:
    """Median over the steps of what the named entries of a part of the answers sum to."""
    return common.percentile([sum(answer[outer].get(name, 0.0) for name in names) for answer in row[1:]], 0.5)


def table(row: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a part: seconds, fraction of the step, floor; "rest" is what the parts leave of the step."""
    step = common.percentile([answer["seconds"] for answer in row[1:]], 0.5)
    parts: list[dict[str, Any]] = [
        {"part": name, "seconds": median(row, "parts", names), "floor_seconds": median(row, "floor", names)}
        for name, names in ROWS.items()
    ]
    rest = step - sum(part["seconds"] for part in parts)
    parts.append({"part": "rest", "seconds": rest, "floor_seconds": 0.0})
    return [{**part, "fraction": part["seconds"] / step} for part in parts]


def whole_step(row: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians of the step, its floor, and the element-wise passes that the floor leaves out."""
    step = common.percentile([answer["seconds"] for answer in row[1:]], 0.5)
    floor = common.percentile([sum(answer["floor"].values()) for answer in row[1:]], 0.5)
    passes = common.percentile([answer["elementwise"] for answer in row[1:]], 0.5)
    rates = {name: common.percentile([answer["rates"][name] for answer in row[1:]], 0.5) for name in row[0]["rates"]}
    return {
        "step_seconds": step,
        "floor_seconds": floor,
        "over_floor": step / floor,
        "elementwise_seconds": passes,
        "over_floor_with_elementwise": step / (floor + passes),
        "rates": rates,
    }


def markdown(report: dict[str, Any]) -> str:
    """The report as tables for README.md."""
    lines = ["| part of a step, 1 thread | ms | fraction | floor ms |", "| --- | ---: | ---: | ---: |"]
    for part in report["parts"]:
        floor = f"{1000 * part['floor_seconds']:.1f}" if part["floor_seconds"] else ""
        lines.append(f"| {part['part']} | {1000 * part['seconds']:.1f} | {part['fraction']:.0%} | {floor} |")
    head = "| whole step | ms | floor ms | step / floor | element-wise ms | step / (floor + element-wise) |"
    lines += ["", head, "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for threads, whole in report["threads"].items():
        step, floor, passes = (1000 * whole[f"{name}_seconds"] for name in ("step", "floor", "elementwise"))
        ratios = f"{whole['over_floor']:.1f} | {passes:.1f} | {whole['over_floor_with_elementwise']:.1f}"
        lines.append(f"| {threads} threads | {step:.1f} | {floor:.1f} | {ratios} |")
    lines += ["", "| rate | " + " | ".join(f"{count} threads" for count in report["threads"]) + " |"]
    lines.append("| --- |" + " ---: |" * len(report["threads"]))
    units = {"forward": "Gflop/s", "backward": "Gflop/s", "bytes": "GB/s", "add": "G/s", "sigmoid": "G/s"}
    for name, unit in units.items():
        values = " | ".join(f"{whole['rates'][name] / 1e9:.1f}" for whole in report["threads"].values())
        lines.append(f"| {name}, {unit} | {values} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and report."""
    args = arguments(argv)
    turns = measure(args)
    report = {
        "implementation": args.impl[0],
        "parts": table(turns.answers[args.impl[0], 1]),
        "threads": {str(threads): whole_step(row) for (_, threads), row in turns.answers.items()},
        "machine": common.machine(turns.gpu),
        "sizes": turns.sizes,
        "steps": args.steps,
    }
    text = json.dumps(report, indent=2)
    if args.json == "-":
        print(text)
        return
    if args.json is not None:
        Path(args.json).write_text(text + "\n", encoding="utf-8")
    print(markdown(report))


if __name__ == "__main__":
    common.exit_on_error(main)
