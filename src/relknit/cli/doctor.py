"""relknit data doctor: check the format and quality of datasets, and write fixed copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.progress import TextColumn, TimeElapsedColumn
from rich.table import Table

from relknit.cli import terminal
from relknit.cli.common import (
    Flag,
    HtmlTarget,
    JsonFlag,
    LimitOptions,
    Overwrite,
    SkipBad,
    check_page,
    print_json,
    progress_display,
    write_page,
)
from relknit.data.doctor import DoctorFinding, DoctorReport, FindingGroup, FixReport, Overlap, examine, fix, report_html
from relknit.data.doctor.reach import DEFAULT_MAX_TOKENS
from relknit.data.doctor.source import OnProgress
from relknit.display import amount
from relknit.document.jsonl import DEFAULT_LIMITS
from relknit.errors import ConfigError

_STYLES: Final = {"error": "bold red", "warning": "yellow", "note": "blue"}


def doctor(
    *paths: Path,
    skip_bad: SkipBad = False,
    html: HtmlTarget = None,
    as_json: JsonFlag = False,
    fix_into: Annotated[Path | None, Parameter(name="--fix")] = None,
    overwrite: Overwrite = False,
    drop_leaks: Annotated[bool, Flag] = False,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    examples: int = 5,
    limits: LimitOptions = DEFAULT_LIMITS,
) -> int:
    """Check the format and quality of datasets and say how to fix them. Exit status 1 if training would stop.

    Parameters
    ----------
    paths:
        Files (.jsonl, .jsonl.gz) or folders with any of train, dev and test; all are compared with each other.
    skip_bad:
        Count lines that break the format as warnings, because training with --skip-bad leaves them out.
    fix_into:
        A folder for copies with everything fixed that can be fixed safely.
    overwrite:
        With --fix: replace existing files; each is kept as NAME.old.
    drop_leaks:
        With --fix: leave out the sentences of train that are also in dev or test.
    max_tokens:
        Report sentences with more tokens than this.
    examples:
        How many findings of each kind and file to show; all are counted.
    """
    if not paths:
        raise ConfigError("no path given; name a .jsonl file or a folder with train, dev and test")
    if fix_into is None and (overwrite or drop_leaks):
        raise ConfigError("--overwrite and --drop-leaks need --fix FOLDER; name the folder for the fixed copies")
    check_page(html)
    fixed = None
    with _progress() as progress:
        shared: dict[str, Any] = {"max_tokens": max_tokens, "limits": limits, "progress": progress}
        report = examine(paths, skip_bad=skip_bad, examples=examples, **shared)
        if fix_into is not None:
            fixed = fix(paths, fix_into, overwrite=overwrite, drop_leaks=drop_leaks, **shared)
    if html is not None:
        write_page(report_html(report, fixed), html)
    if as_json:
        print_json(report.to_dict() | ({} if fixed is None else {"fix": fixed.to_dict()}))
    else:
        _show(terminal.console(), report, fixed)
    return 1 if report.errors else 0


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """Shows file and lines read; only on a terminal."""
    lines = TextColumn("{task.completed:,} lines")
    with progress_display(terminal.to_people(), lines, TimeElapsedColumn()) as display:
        task = display.add_task("", total=None)
        yield lambda path, lines: display.update(task, description=escape(path.name), completed=lines)


def _show(console: Console, report: DoctorReport, fixed: FixReport | None) -> None:
    for group in report.groups:
        _show_group(console, group, report.names)
    copies = [overlap for overlap in report.overlaps if overlap.near]
    if copies:
        console.print(_copies(copies, report.names))
    if report.groups:
        table = Table("finding", "level", "count", "fixed by")
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
    for column in ("same tokens", "letters, digits", "other annotation"):
        table.add_column(column, max_width=len("annotation"))  # leaves room for the names of files
    for overlap in overlaps:
        other = "the same file" if overlap.other == overlap.path else escape(names[overlap.other])
        counts = (overlap.exact, overlap.near, overlap.otherwise)
        table.add_row(escape(names[overlap.path]), other, *(f"{count:,}" for count in counts))
    return table


def _show_group(console: Console, group: FindingGroup, names: Mapping[str, str]) -> None:
    kind, files = group.kind, ", ".join(f"{names[path]} {count:,}" for path, count in group.counts.items())
    title = f"[{_STYLES[kind.level]}]{kind.level}[/]: [bold]{escape(kind.name)}[/], {group.count:,} ({escape(files)})"
    by = "" if kind.by == "manual" else f" ({kind.by} does)"
    for line in (title, escape(f"  {kind.why}"), escape(f"  fix: {kind.fix}{by}")):
        console.print(line, soft_wrap=True, highlight=False)
    for finding in group.examples:
        _show_finding(console, finding)
    console.print()


def _show_finding(console: Console, finding: DoctorFinding) -> None:
    console.print(f"  [bold]{escape(finding.where)}[/]: {escape(finding.message)}", soft_wrap=True, highlight=False)
    if finding.context is not None:
        before, words, after = map(escape, finding.context)
        shown = " ".join(part for part in (before, f"[not dim reverse]{words}[/]" if words else "", after) if part)
        console.print(f"      [dim]{shown}[/]", soft_wrap=True, highlight=False)


def _show_fix(console: Console, fixed: FixReport) -> None:
    for file in fixed.files:
        done = [f"{kind}: {count:,} fixed" for kind, count in file.fixes.items()]
        done += [f"{kind}: {count:,} left out" for kind, count in file.dropped.items()]
        kept = "" if file.kept is None else f" (the replaced file is {file.kept})"
        line = f"{file.target}: {amount(file.lines, 'line')}; {'; '.join(done) or 'nothing to fix'}{kept}"
        console.print(escape(line), soft_wrap=True, highlight=False)
    if fixed.remaining:
        console.print("not fixed:")
    for kind in fixed.remaining:
        console.print(escape(f"  {kind.kind} ({kind.count:,}): {kind.why}"), soft_wrap=True, highlight=False)
