"""What several commands share: options, progress bars, output that is either for people or for programs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from relknit.cli import terminal
from relknit.errors import ConfigError
from relknit.files import check_target, replacing

Threads = Annotated[int, Parameter(help="Worker threads; 0 is one per core.")]
Device = Annotated[str, Parameter(help="cpu, cuda, or auto: a GPU where there is one.")]
MemoryBudget = Annotated[
    str | None,
    Parameter(
        help="Memory to take above that of the model, such as 200MB (or KB, GB, plain bytes); changes no triple."
    ),
]
Overwrite = Annotated[bool, Parameter(help="Replace the output when it exists.", negative="")]
SkipBad = Annotated[bool, Parameter(help="Leave out bad lines, and say how many.", negative="")]
JsonTarget = Annotated[
    str | None,
    Parameter(name="--json", allow_leading_hyphen=True, help="Write JSON to this file, or to standard output with -."),
]

JsonFlag = Annotated[
    bool, Parameter(name="--json", help="Print JSON on standard output, and nothing else.", negative="")
]
HtmlTarget = Annotated[Path | None, Parameter(name="--html", help="Also write a page to browse to this file (.html).")]

_UNITS = MappingProxyType({"": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000})
_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?B)?", re.ASCII)


def worker_threads(threads: int) -> int:
    """The number of worker threads meant by an option: 0 is one per core. Raises ConfigError outside 0 to 256."""
    if not 0 <= threads <= 256:
        raise ConfigError(f"--threads {threads}: expected 0 (one per core) to 256")
    return threads or os.cpu_count() or 1


def memory_bytes(budget: str | None) -> int | None:
    """The bytes meant by --memory-budget: "200MB" is 200,000,000; None stays None. Raises ConfigError."""
    if budget is None:
        return None
    found = _BYTES.fullmatch(budget.strip().upper())
    if found is None:
        raise ConfigError(f"--memory-budget {budget}: expected a size such as 200MB, 1.5GB or 200000000 (bytes)")
    return int(float(found[1]) * _UNITS[found[2] or ""])


def use_this_process() -> None:
    """Set the process up for our way of computing: one product per thread, denormals flushed. Only for processes we own."""
    from relknit.ops.workers import single_threaded

    single_threaded()


def progress_display(console: Console, *, hidden: bool = False) -> Progress:
    """What happens, a bar, how much of it and the time left; silent if `hidden` or when the console is not a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal)


@contextmanager
def progress_bar(what: str, total: int, *, hidden: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, silent if `hidden` or when that is not a terminal; yields a function for steps done."""
    with progress_display(terminal.to_people(), hidden=hidden) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, advance=done)


def check_report_target(target: str | None, html: Path | None = None) -> None:
    """Make sure before any work that reports can be written where --json and --html say; raises DataError."""
    if target not in (None, "-"):
        check_target(Path(str(target)), suffixes=(".json",), overwrite=True)
    if html is not None:
        check_target(html, suffixes=(".html", ".htm"), overwrite=True)


def write_report(value: dict[str, Any], target: str) -> None:
    """JSON to standard output ("-") or atomically to a file."""
    if target == "-":
        print_json(value)
        return
    with replacing(Path(target)) as partial:
        partial.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def print_json(value: Any) -> None:
    """JSON to standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_page(page: str, target: Path) -> None:
    """An HTML page or a drawing, atomically; raises DataError when it cannot be written."""
    with replacing(target) as partial:
        partial.write_text(page, encoding="utf-8")
    terminal.to_people().print(f"written to {target}", markup=False, highlight=False, soft_wrap=True)
