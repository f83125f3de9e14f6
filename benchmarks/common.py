"""What both benchmarks share: sentences, the process that is measured, percentiles, and what is written down.

Nothing here imports torch: a process starts its peak memory from what its parent held, so the parent stays small.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from relknit.data.corpus import load_corpus
from relknit.data.readers import read_documents
from relknit.document import Document, Entity, Relation
from relknit.errors import RelknitError

ROOT = Path(__file__).resolve().parents[1]
WEBNLG = ROOT.parent / "shared" / "data" / "webnlg" / "train.jsonl.gz"
SHIPPED = "shipped"
IMPLEMENTATIONS = ("naive", "chunked")


def default_data() -> str:
    """WebNLG's train split where it lies beside the repository, else the shipped corpus tiled to its sizes."""
    return str(WEBNLG) if WEBNLG.exists() else SHIPPED


def documents(data: str) -> tuple[Document, ...]:
    """The sentences of a JSONL file, or for the word "shipped" those of `tiled`. Raises DataError."""
    return tiled(2000, num_relations=170) if data == SHIPPED else read_documents(data).documents


def tiled(count: int, *, num_relations: int, seed: int = 0) -> tuple[Document, ...]:
    """`count` sentences cut from the shipped corpus read round and round, with made-up labels, of WebNLG's sizes.

    Lengths are drawn from a gamma distribution with WebNLG's mean (24 tokens) and spread, 5 to 80 tokens; two entities
    and three relations a sentence, relation types taken in turn, so that all `num_relations` occur.
    """
    source = random.Random(seed)
    words = cycle(token for document in load_corpus("train") for token in document.tokens)
    tags = cycle(f"TAG{k}" for k in range(43))
    types = cycle(f"relation-{k}" for k in range(num_relations))
    result = []
    for k in range(count):
        length = min(80, max(5, round(source.gammavariate(4.2, 24.0 / 4.2))))
        entities = (Entity(0, 2), Entity(length - 2, length))
        relations = tuple(Relation(h, t, label) for (h, t), label in zip(((0, 1), (1, 0), (1, 1)), types, strict=False))
        result.append(
            Document(f"tiled-{k}", tuple(islice(words, length)), entities, relations, pos=tuple(islice(tags, length)))
        )
    return tuple(result)


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


def parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None, *positive: str) -> argparse.Namespace:
    """Parsed arguments, `impl` as a list of known names, the options named in `positive` at least 1; else exit with 2."""
    args = parser.parse_args(argv)
    args.impl = args.impl.split(",")
    unknown = [name for name in args.impl if name not in IMPLEMENTATIONS]
    if unknown:
        parser.error(f"--impl {unknown[0]}: expected names out of {', '.join(IMPLEMENTATIONS)}")
    for name in ("steps", "threads", *positive):
        if getattr(args, name) < 1:
            parser.error(f"--{name.replace('_', '-')} {getattr(args, name)}: expected 1 or more")
    return args


def exit_on_error(main: Callable[[], None]) -> None:
    """Run `main`; an error that relknit raises on purpose becomes one line and exit code 1."""
    try:
        main()
    except RelknitError as error:
        sys.exit(f"error: {error}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values stay below, between two of them by linear interpolation."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """The 20th, 50th and 80th percentile of the seconds."""
    return {f"seconds_p{share}": percentile(seconds, share / 100) for share in (20, 50, 80)}


def ratio(impls: dict[str, dict[str, Any]]) -> float:
    """How many times slower the first implementation is than the last: median over median."""
    medians = [impl["seconds_p50"] for impl in impls.values()]
    return float(medians[0] / medians[-1])


class Child:
    """A `worker.py` process that answers "step" with what one step took; close it, or use it as a context manager."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.name = f"{settings['impl']} with {settings['threads']} threads"
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.sizes: dict[str, Any] = {}

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait_ready(self) -> None:
        """Wait until the model is built; `sizes` then says what it works on."""
        self.sizes = self._read()

    def step(self) -> dict[str, Any]:
        """Ask for one step: its seconds, what it computed, and the process's peak_mb so far. Raises RelknitError."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died; the read below says how
            self._process.stdin.write("step\n")
            self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise RelknitError(f"{self.name}: its process ended with code {code}; -9 usually means too little memory")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process and wait for it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        with suppress(BrokenPipeError):  # it has died already
            self._process.stdin.close()
        self._process.wait()


def machine() -> dict[str, Any]:
    """The machine and the versions that a figure belongs to."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
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


def write_report(report: dict[str, Any], json_path: str | None, csv_path: str | None) -> None:
    """The report as JSON ("-": standard output; None: a few plain lines), and one CSV row per implementation."""
    if json_path is None:
        for name, impl in report["impls"].items():
            print(f"{name}: {impl['seconds_p50']:.4f} s, {impl['threads']} threads, peak {impl['peak_mb']:.0f} MB")
        print(f"ratio: {report['ratio']:.1f}")
    elif json_path == "-":
        print(json.dumps(report, indent=2))
    else:
        Path(json_path).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if csv_path is not None:
        for name, impl in report["impls"].items():
            append_row(Path(csv_path), _row(name, impl, report))


def _row(name: str, impl: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    kept = ("threads", "seconds_p20", "seconds_p50", "seconds_p80", "peak_mb")
    figures = {key: round(impl[key], 4) for key in kept}
    shared = {"steps": report["steps"], **report["sizes"], **report["machine"]}
    return {"date": date.today().isoformat(), "implementation": name, **figures, **shared}


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
