"""Common code of the benchmarks: their command line, percentiles, the machine, and reports.

Nothing here imports torch: a process starts its peak memory from what its parent held, so the parent stays small.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from processes import Answers, Turns
from relknit.errors import RelknitError
from sentences import PRESETS, SHIPPED, SHIPPED_NYT, default_data

IMPLEMENTATIONS: Final = ("naive", "chunked")
EVERY_IMPLEMENTATION: Final = (*IMPLEMENTATIONS, "triton", "reference")
FIGURES: Final = ("threads", "seconds_p20", "seconds_p50", "seconds_p80", "peak_mb")


def parser(description: str | None, *, impl: str, steps: int) -> argparse.ArgumentParser:
    """The options that every benchmark has, with the defaults of this one."""
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("--impl", default=impl, help=f"names to compare, joined by commas; by default {impl}")
    result.add_argument("--json", metavar="FILE", help='where the JSON goes; "-" is standard output')
    result.add_argument("--csv", metavar="FILE", help="append a row for each implementation")
    result.add_argument("--rounds", type=int, default=2, help="K, the interaction rounds")
    result.add_argument("--steps", type=int, default=steps, help="timed steps, after one that is not")
    result.add_argument("--threads", type=int, default=os.cpu_count(), help="by default one per core")
    return result


def with_device(options: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add --device; on a GPU the default of --impl has "triton" where it had "chunked"."""
    options.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    return options


def presets(options: argparse.ArgumentParser, **sizes: Any) -> argparse.ArgumentParser:
    """Add --preset, which decides the sizes named here where their own option is left out.

    sizes: option -> what it does, for argparse; the option is a field of `Preset`, or "tokens" for its mean.
    """
    options.add_argument("--preset", choices=tuple(PRESETS), default="webnlg", help="sizes of this data set's paper")
    options.set_defaults(rounds=None)
    for name, meaning in sizes.items():
        options.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"{meaning}; by default the preset's")
    return options


def with_data(options: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add --data; see `sentences.default_data` for what is taken without it."""
    meaning = f'a JSONL file, or "{SHIPPED}" or "{SHIPPED_NYT}": the shipped corpus cut to the sizes of WebNLG or NYT'
    options.add_argument("--data", help=meaning)
    return options


def parse(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    *positive: str,
    split: str = "train",
    more_impls: tuple[str, ...] = (),
    files: tuple[str, ...] = ("data",),
) -> argparse.Namespace:
    """Parsed arguments: `impl` a list of known names, presets filled in, the options in `positive` at least 1.

    split: of WebNLG, when --data is left out. more_impls: further names for --impl. files: options that are data, like
    --data. Invalid values end the process with code 2 and one line.
    """
    args = parser.parse_args(argv)
    _fill_in(args, split)
    device = getattr(args, "device", "cpu")
    if device == "cuda" and args.impl == parser.get_default("impl"):
        args.impl = args.impl.replace("chunked", "triton")
    args.impl = args.impl.split(",")
    known = more_impls + (EVERY_IMPLEMENTATION if hasattr(args, "device") else IMPLEMENTATIONS)
    for name in args.impl:
        if name not in known:
            parser.error(f"--impl {name}: expected names out of {', '.join(known)}")
        if name == "triton" and device == "cpu":
            parser.error("--impl triton: needs a GPU; add --device cuda where there is one")
        if name == "chunked" and device == "cuda":
            parser.error("--impl chunked: is made for the CPU; with --device cuda give naive, triton or reference")
    for name in ("steps", "threads", *positive):
        if getattr(args, name) < 1:
            parser.error(f"--{name.replace('_', '-')} {getattr(args, name)}: expected 1 or more")
    for name in files:
        data = getattr(args, name, SHIPPED)
        if data not in (SHIPPED, SHIPPED_NYT) and not Path(data).is_file():
            flag = f"--{name.replace('_', '-')} {data}"
            parser.error(f'{flag}: no such file; give a JSONL file, or the word "{SHIPPED}"')
    return args


def _fill_in(args: argparse.Namespace, split: str) -> None:
    preset = getattr(args, "preset", None)
    if preset is not None:
        sizes = {**vars(PRESETS[preset]), "tokens": round(PRESETS[preset].mean_tokens)}
        for name, size in sizes.items():
            if name in vars(args) and getattr(args, name) is None:
                setattr(args, name, size)
    if "data" in vars(args) and args.data is None:
        args.data = default_data(preset or "webnlg", split)


def thread_counts(args: argparse.Namespace) -> list[int]:
    """1 and the number asked for on the CPU, where the better one is reported; a GPU needs one."""
    return [1] if args.device == "cuda" else sorted({1, args.threads})


def exit_on_error(main: Callable[[], None]) -> None:
    """Run `main`; an error that relknit raises on purpose becomes one line and exit code 1."""
    try:
        main()
    except (RelknitError, OSError, UnicodeDecodeError) as error:
        sys.exit(f"error: {error}")


def percentile(values: Sequence[float], fraction: float) -> float:
    """The value that a fraction (0 to 1) of the values stay below, between two of them by linear interpolation."""
    ordered = sorted(values)
    place = fraction * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """The 20th, 50th and 80th percentile of the seconds."""
    return {f"seconds_p{percent}": percentile(seconds, percent / 100) for percent in (20, 50, 80)}


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


def ratio(impls: dict[str, dict[str, Any]]) -> float:
    """How many times slower the first implementation is than the last: median over median."""
    medians = [impl["seconds_p50"] for impl in impls.values()]
    return float(medians[0] / medians[-1])


def machine(gpu: str = "none") -> dict[str, Any]:
    """The machine and the versions that a figure belongs to. gpu: as a `Child` tells it."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpu": gpu,
        "os": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": _version("torch"),
        "relknit": _version("relknit"),
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "source tree"


def report(impls: dict[str, dict[str, Any]], turns: Turns, steps: int, **more: Any) -> dict[str, Any]:
    """The report that every benchmark writes: figures, their ratio, machine and sizes, and what is its own."""
    shared = {"machine": machine(turns.gpu), "sizes": turns.sizes, "steps": steps}
    return {"impls": impls, "ratio": ratio(impls), **shared, **more}


def nested(reports: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Several reports as one: the first as it is, each of the others under its name."""
    named = {name: {"what": name, **report} for name, report in reports.items()}
    first = next(iter(named))
    return {**named.pop(first), **named}


def write_json(report: dict[str, Any], path: str) -> None:
    """JSON to a file, or to standard output ("-")."""
    text = json.dumps(report, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        Path(path).write_text(text, encoding="utf-8")


def write_report(report: dict[str, Any], json_path: str | None, csv_path: str | None) -> None:
    """The report as JSON ("-": standard output; None: a few plain lines), and one CSV row per implementation.

    Reports inside it, under names of their own (see `nested`), are printed and get rows as well.
    """
    inner = [value for value in report.values() if isinstance(value, dict) and "impls" in value]
    if json_path is None:
        for part in (report, *inner):
            _print(part)
    else:
        write_json(report, json_path)
    if csv_path is not None:
        for part in (report, *inner):
            for name, impl in part["impls"].items():
                append_row(Path(csv_path), _row(name, impl, part))


def _print(report: dict[str, Any]) -> None:
    if "what" in report:
        print(f"{report['what']}:")
    for name, impl in report["impls"].items():
        print(f"{name}: {impl['seconds_p50']:.4f} s, {impl['threads']} threads, peak {impl['peak_mb']:.0f} MB")
    print(f"ratio: {report['ratio']:.1f}")


def _row(name: str, impl: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    extra = [key for key, value in impl.items() if key not in FIGURES and isinstance(value, int | float)]
    figures = {key: round(impl[key], 6) for key in (*FIGURES, *extra)}
    what = {"what": report["what"]} if "what" in report else {}
    shared = {"steps": report["steps"], **report["sizes"], **report["machine"]}
    return {"date": date.today().isoformat(), **what, "implementation": name, **figures, **shared}


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Append one row, with a header if the file is new. Raises RelknitError when the file has other columns."""
    header = path.read_text(encoding="utf-8").splitlines()[:1] if path.exists() else []
    if header and next(csv.reader(header)) != list(row):
        raise RelknitError(f"{path}: has other columns than this benchmark writes; give a new file")
    with path.open("a", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(row), lineterminator="\n")
        if not header:
            writer.writeheader()
        writer.writerow(row)
