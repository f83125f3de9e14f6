"""What several commands share: options, progress bars, output that is either for people or for programs.

What a command reads is its first argument; the model is always --model, and where it computes the options of `Runtime`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from relknit.cli import terminal
from relknit.data.given_entities import EntitySource
from relknit.display import amount
from relknit.document.jsonl import Limits
from relknit.errors import DataError
from relknit.files import check_target, replacing
from relknit.runtime import Runtime

if TYPE_CHECKING:
    from relknit.checkpoint import SavedModel

_ESCAPES: Final = MappingProxyType({code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)})

Flag = Parameter(negative="")
"""An option without a value, and without its opposite --no-…"""

Model = Annotated[
    str, Parameter(name="--model", help="A model folder, the name of a shipped or installed model, or hf:owner/name.")
]
RuntimeOptions = Annotated[Runtime, Parameter(name="*")]
LimitOptions = Annotated[Limits, Parameter(name="*")]
Device = Annotated[
    str | None, Parameter(help="cpu, cuda, cuda:1, or auto (a GPU if available); overrides training.device.")
]
Threads = Annotated[int | None, Parameter(help="Worker threads, 0 for one per core; overrides training.threads.")]
Settings = Annotated[
    list[str] | None, Parameter(help="section.key=value, as often as needed.", consume_multiple=True, negative="")
]
Overwrite = Annotated[bool, Parameter(help="Replace the output when it exists.", negative="")]
SkipBad = Annotated[bool, Parameter(help="Leave out bad lines, and say how many.", negative="")]
JsonFlag = Annotated[
    bool, Parameter(name="--json", help="Print JSON on standard output, and nothing else.", negative="")
]
Entities = Annotated[
    EntitySource,
    Parameter(help="predicted: the model finds entities; given: it finds relations between those of the input."),
]
HtmlTarget = Annotated[Path | None, Parameter(name="--html", help="Also write a page to browse to this file (.html).")]


def settings_of(given: list[str] | None, device: str | None, threads: int | None) -> list[str]:
    """The settings of a training, with those that --device and --threads are short for."""
    Runtime(device or "cpu", threads or 0)  # the same error as in every other command, before any file is read
    short = {"device": device, "threads": threads}
    return [*(given or ()), *(f"training.{key}={value}" for key, value in short.items() if value is not None)]


def note_model(name: str, saved: SavedModel) -> None:
    """Say on standard error which model is used, as it may be the default one."""
    settings, labels = saved.model.settings, saved.model.labels
    encoder = saved.model.encoder.settings.name
    terminal.print_note(f"model {name}: {settings.name} on {encoder}, {amount(len(labels.relations), 'relation')}")


def use_this_process() -> None:
    """Set the process up for our way of computing: one product per thread, denormals flushed. Only for processes we own."""
    from relknit.ops.workers import single_threaded

    single_threaded()


def progress_display(console: Console, *figures: ProgressColumn, hidden: bool = False) -> Progress:
    """What happens, a bar, and figures, by default how much of it and the time left.

    Silent if `hidden` or when the console is not a terminal.
    """
    shown = figures or (MofNCompleteColumn(), TimeRemainingColumn())
    columns = (TextColumn("{task.description}"), BarColumn(), *shown)
    return Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal)


@contextmanager
def progress_bar(what: str, total: int, *, hidden: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, silent if `hidden` or when that is not a terminal; yields a function for steps done."""
    with progress_display(terminal.to_people(), hidden=hidden) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, advance=done)


class ReportedErrors:
    """Prints the errors of records and files on standard error, and counts them; to pass as `on_error`.

    status: the exit status, 2 after an error. of_files: how many concern a whole file.
    """

    def __init__(self) -> None:
        self.status = self.of_files = 0

    def __call__(self, error: DataError) -> None:
        """Print one error."""
        self.status = 2
        self.of_files += error.line is None
        terminal.print_note(f"error: {error}")


def check_page(html: Path | None) -> None:
    """Make sure before any work that the page can be written where --html says; raises DataError."""
    if html is not None:
        check_target(html, suffixes=(".html", ".htm"), overwrite=True)


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """JSON on standard output, with DEL and the C1 controls escaped too: JSON may hold them, and a terminal would obey them."""
    sys.stdout.write(json.dumps(value, indent=indent, ensure_ascii=False).translate(_ESCAPES) + "\n")


def write_page(page: str, target: Path) -> None:
    """An HTML page or a drawing, atomically; raises DataError when it cannot be written."""
    with replacing(target) as partial:
        partial.write_text(page, encoding="utf-8")
    terminal.print_note(f"written to {target}")
