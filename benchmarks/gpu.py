"""Every benchmark on a GPU and one WebNLG training, with a CSV file for each; what `make test-gpu` calls after its tests.

    python benchmarks/gpu.py --data FOLDER --out results/gpu

Needs this repository and a folder with WebNLG's train, dev and test .jsonl(.gz), named by --data or RELKNIT_DATA; without
either the shipped corpus is used. A benchmark that fails does not stop the others; the exit code is 1 then.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common import append_row, machine
from relknit.config import load_config
from relknit.data.readers import find_splits
from relknit.errors import RelknitError
from sentences import ROOT, SHIPPED

BENCHMARKS = ROOT / "benchmarks"
ROW = (str(ROOT / "experiments" / "emnlp2020"), "webnlg_k2")
"""The folder and the name of the row that is trained unless --config says otherwise."""
WORKS = ("ops", "train_step", "extract", "memory", "train")


@dataclass(frozen=True)
class Command:
    """A name for the report, and what is run."""

    name: str
    arguments: list[str]


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", default=os.environ.get("RELKNIT_DATA"), help="a folder of splits; else RELKNIT_DATA")
    options.add_argument("--out", type=Path, default=Path("gpu_results"), help="the folder for CSV, JSON and the run")
    options.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    options.add_argument("--only", default=",".join(WORKS), help=f"names out of {', '.join(WORKS)}")
    options.add_argument("--batch-sizes", default="50,512", help="of ops and train_step")
    options.add_argument("--steps", type=int, default=20, help="timed steps of each benchmark")
    options.add_argument("--threads", type=int, default=os.cpu_count(), help="where the CPU computes")
    options.add_argument("--sentences", type=int, default=0, help="extracted in a step; 0 is all")
    options.add_argument("--tokens", type=int, default=512, help="of the long sentence")
    options.add_argument(
        "--config", type=Path, help=f"what to train with data of --data; else row {ROW[1]} of the EMNLP folder"
    )
    options.add_argument("--epochs", type=int, default=5)
    options.add_argument("--set", action="append", default=[], help="section.key=value for the training, repeatable")
    args = options.parse_args(argv)
    args.only = args.only.split(",")
    for name in args.only:
        if name not in WORKS:
            options.error(f"--only {name}: expected names out of {', '.join(WORKS)}")
    if "train" in args.only and args.data is None:
        options.error("--data: name the folder with WebNLG's train, dev and test files, or set RELKNIT_DATA")
    return args


def commands(args: argparse.Namespace) -> list[Command]:
    """What is run, in order. Raises RelknitError when a folder lacks a split."""
    splits = {} if args.data is None else {name: str(path) for name, path in find_splits(Path(args.data)).items()}
    train, test = splits.get("train", SHIPPED), splits.get("test", SHIPPED)
    impl = "naive,triton" if args.device == "cuda" else "naive,chunked"
    shared = ["--device", args.device, "--impl", impl, "--steps", str(args.steps)]
    shared += ["--threads", str(args.threads)]
    found: list[Command] = []

    def add(script: str, name: str, *more: str) -> None:
        files = ["--csv", str(args.out / f"{script}.csv"), "--json", str(args.out / f"{name}.json")]
        found.append(Command(name, [str(BENCHMARKS / f"{script}.py"), *shared, *more, *files]))

    for size in args.batch_sizes.split(","):
        if "ops" in args.only:
            add("ops", f"ops_{size}", "--batch-size", size)
        if "train_step" in args.only:
            add("train_step", f"train_step_{size}", "--batch-size", size, "--data", train)
    if "extract" in args.only:
        sentences = ["--sentences", str(args.sentences), "--data", test]
        add("extract", "extract", *sentences)
        add("extract", "extract_trained", *sentences, "--dtype", "auto", "--model", "webnlg")
    if "memory" in args.only:
        add("memory", "memory", "--tokens", str(args.tokens), "--data", train)
    if "train" in args.only:
        found.append(Command("train", _training(args, splits)))
    return found


def _training(args: argparse.Namespace, splits: dict[str, str]) -> list[str]:
    values = [f"data.{name}={json.dumps(str(Path(path).resolve()))}" for name, path in splits.items()]
    values += [f"training.epochs={args.epochs}", f"training.threads={args.threads}", f"training.device={args.device}"]
    config = args.config or _row(args.out / f"{ROW[1]}.toml")
    vectors = load_config(config).encoder.vectors
    if vectors is not None and not vectors.exists():
        print(f"note: {vectors.name} is not here; word vectors start at random", file=sys.stderr)
        values.append("encoder.vectors=none")
    sets = [part for value in (*values, *args.set) for part in ("--set", value)]
    return ["-m", "relknit", "train", str(config), "--out", str(args.out / "run"), *sets]


def _row(path: Path) -> Path:
    """The configuration of ROW, written to a file."""
    command = [sys.executable, "-m", "relknit", "experiment", "show", *ROW]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(subprocess.run(command, env=environment(), check=True, stdout=subprocess.PIPE, text=True).stdout)
    return path


def environment() -> dict[str, str]:
    """The environment in which Python finds the sources beside this file."""
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}


def run(command: Command) -> bool:
    """Run it with this interpreter and the sources beside this file; returns whether it succeeded."""
    started = time.monotonic()
    print(f"== {command.name}", file=sys.stderr, flush=True)
    code = subprocess.run([sys.executable, *command.arguments], env=environment(), check=False).returncode
    print(
        f"{command.name}: {'done' if code == 0 else f'FAILED with code {code}'}, {time.monotonic() - started:.0f} s",
        flush=True,
    )
    return code == 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run everything; 0 when all commands succeeded, else 1."""
    args = arguments(argv)
    try:
        todo = commands(args)
        args.out.mkdir(parents=True, exist_ok=True)
    except (RelknitError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for command in todo:
        report = args.out / f"{command.name}.json"
        report.unlink(missing_ok=True)  # an old report must not pass for one of this run
    good = [run(command) for command in todo]
    for command in todo:
        _show(args.out / f"{command.name}.json", command.name)
    if "train" in args.only:
        _training_row(args)
    return 0 if all(good) else 1


def _training_row(args: argparse.Namespace) -> None:
    """The result of the training as a row of train.csv; nothing where it did not finish."""
    from relknit.training.result import read_result  # brings torch, which the parent of timed processes goes without

    finished = read_result(args.out / "run")
    if finished is None:
        return
    result = finished[0]
    scores = {f"{split}_{name}": f1 for split in ("dev", "test") for name, f1 in (getattr(result, split) or {}).items()}
    sizes = {"device": args.device, "epochs": args.epochs, "best_epoch": result.best_epoch, "seconds": result.seconds}
    append_row(args.out / "train.csv", {**sizes, **scores, **machine()})


def _show(path: Path, name: str) -> None:
    if path.exists():
        report = json.loads(path.read_text(encoding="utf-8"))
        impls = "  ".join(f"{impl} {1000 * figures['seconds_p50']:.2f} ms" for impl, figures in report["impls"].items())
        print(f"{name}: {impls}  ratio {report['ratio']:.1f}")


if __name__ == "__main__":
    sys.exit(main())
