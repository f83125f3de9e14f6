"""relknit data doctor: how good a dataset is, what to do about it, and mended copies."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from relknit.cli import terminal
from relknit.cli.common import Overwrite
from relknit.data.doctor import Finding, FixReport, Group, Overlap, Report, examine, fix, report_html
from relknit.data.doctor.reach import DEFAULT_MAX_TOKENS
from relknit.data.doctor.source import Watch
from relknit.display import amount
from relknit.errors import ConfigError
from relknit.files import check_target, replacing

_PATIENCE: Final = 2.0
_STYLES: Final = {"error": "bold red", "warning": "yellow", "note": "blue"}


def doctor(
    *paths: Path,
    html: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    fix_into: Annotated[Path | None, Parameter(name="--fix")] = None,
    overwrite: Overwrite = False,
    drop_leaks: Annotated[bool, Parameter(negative="")] = False,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    examples: int = 5,
) -> int:
    """Examine the quality of datasets and say how to mend it. Exit status 1 when training would stop.

    Parameters
    ----------
    paths:
        Files (.jsonl, .jsonl.gz) or folders with any of train, dev and test; all are compared with each other.
    html:
        Write the report as one HTML file too, which needs nothing else.
    as_json:
        Print the report as one JSON object.
    fix_into:
        A folder for copies in which is mended what can be mended safely.
    overwrite:
        With --fix: replace files of that name; what stood there is kept with .old behind its name.
    drop_leaks:
        With --fix: leave out the sentences of train that dev or test hold too.
    max_tokens:
        The longest sentence that is no finding, in tokens.
    examples:
        How many findings of each kind and file to show; all are counted.
    """
    if not paths:
        raise ConfigError("no path given; name a .jsonl file or a folder with train, dev and test")
    if fix_into is None and (overwrite or drop_leaks):
        raise ConfigError("--overwrite and --drop-leaks go with --fix FOLDER; name the folder for the mended copies")
    if html is not None:
        check_target(html, suffixes=(".html", ".htm"), overwrite=True)
    fixed = None
    with _patient_progress() as watch:
        report = examine(paths, max_tokens=max_tokens, examples=examples, watch=watch)
        if fix_into is not None:
            fixed = fix(paths, fix_into, overwrite=overwrite, drop_leaks=drop_leaks, max_tokens=max_tokens, watch=watch)
    if html is not None:
        with replacing(html) as partial:
            partial.write_text(report_html(report, fixed), encoding="utf-8")
    if as_json:
        extra: dict[str, Any] = {} if fixed is None else {"fix": fixed.to_dict()}
        print(json.dumps(report.to_dict() | extra, ensure_ascii=False))
    else:
        _show(terminal.console(), report, fixed)
    return 1 if report.errors else 0


@contextmanager
def _patient_progress() -> Iterator[Watch]:
    """Shows how many lines of which file were read, once that takes more than two seconds; only on a terminal."""
    console, begun = terminal.to_people(), time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} lines"),
        TimeElapsedColumn(),
    )
    display = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = display.add_task("", total=None)

    def watch(path: Path, lines: int) -> None:
        if time.monotonic() - begun > _PATIENCE:
            display.start()
        display.update(task, description=escape(path.name), completed=lines)

    try:
        yield watch
    finally:
        display.stop()


def _show(console: Console, report: Report, fixed: FixReport | None) -> None:
    for group in report.groups:
        _show_group(console, group, report.names)
    copies = [overlap for overlap in report.overlaps if overlap.near]
    if copies:
        console.print(_copies(copies, report.names))
    if report.groups:
        table = Table("finding", "level", "count", "mended by")
        for group in report.groups:
            kind, level = escape(group.kind.name), group.kind.level
            table.add_row(kind, f"[{_STYLES[level]}]{level}[/]", f"{group.count:,}", group.kind.by)
        console.print(table)
    if fixed is not None:
        _show_fix(console, fixed)
    sentences = sum(file.sentences for file in report.files)
    found = ", ".join(amount(count, level) for level, count in report.counts.items())
    console.print(f"{amount(sentences, 'sentence')} in {amount(len(report.files), 'file')}: {found}", highlight=False)


def _copies(overlaps: Sequence[Overlap], names: Mapping[str, str]) -> Table:
    table = Table()
    for column in ("sentences of", "also in"):
        table.add_column(column, overflow="fold")
    for column in ("same tokens", "letters, digits", "otherwise annotated"):
        table.add_column(column, max_width=len("otherwise"))  # leaves room for the names of files
    for overlap in overlaps:
        other = "the same file" if overlap.other == overlap.path else escape(names[overlap.other])
        counts = (overlap.exact, overlap.near, overlap.otherwise)
        table.add_row(escape(names[overlap.path]), other, *(f"{count:,}" for count in counts))
    return table


def _show_group(console: Console, group: Group, names: Mapping[str, str]) -> None:
    kind, files = group.kind, ", ".join(f"{names[path]} {count:,}" for path, count in group.counts.items())
    title = f"[{_STYLES[kind.level]}]{kind.level}[/]: [bold]{escape(kind.name)}[/], {group.count:,} ({escape(files)})"
    by = "" if kind.by == "hand" else f" ({kind.by} does)"
    for line in (title, escape(f"  {kind.why}"), escape(f"  mend: {kind.mend}{by}")):
        console.print(line, soft_wrap=True, highlight=False)
    for finding in group.examples:
        _show_finding(console, finding)
    console.print()


def _show_finding(console: Console, finding: Finding) -> None:
    console.print(f"  [bold]{escape(finding.where)}[/]: {escape(finding.message)}", soft_wrap=True, highlight=False)
    if finding.context is not None:
        before, words, after = map(escape, finding.context)
        shown = " ".join(part for part in (before, f"[not dim reverse]{words}[/]" if words else "", after) if part)
        console.print(f"      [dim]{shown}[/]", soft_wrap=True, highlight=False)


def _show_fix(console: Console, fixed: FixReport) -> None:
    for file in fixed.files:
        done = [f"{kind}: {count:,} mended" for kind, count in file.mends.items()]
        done += [f"{kind}: {count:,} left out" for kind, count in file.dropped.items()]
        kept = "" if file.kept is None else f" (what stood there is {file.kept})"
        line = f"{file.target}: {amount(file.lines, 'line')}; {'; '.join(done) or 'nothing to mend'}{kept}"
        console.print(escape(line), soft_wrap=True, highlight=False)
    if fixed.left:
        console.print("left alone:")
    for left in fixed.left:
        console.print(escape(f"  {left.kind} ({left.count:,}): {left.why}"), soft_wrap=True, highlight=False)
