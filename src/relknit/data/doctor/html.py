"""The report as one HTML file that needs nothing else: no script, no font, no address; light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import PurePath
from typing import Final

from relknit.data.doctor.findings import DoctorFinding, DoctorReport, FindingGroup, Overlap
from relknit.data.doctor.fix import FixReport
from relknit.page import counted, page, resource, table

_BY: Final = {
    "--fix": '<span class="by fix">--fix does this</span>',
    "--fix --drop-leaks": '<span class="by fix">--fix --drop-leaks does this</span>',
    "manual": '<span class="by">manual</span>',
}


def report_html(report: DoctorReport, fixed: FixReport | None = None) -> str:
    """The whole page; every word that comes from the data is escaped."""
    names = report.names
    counts = report.counts
    sentences = sum(file.sentences for file in report.files)
    heading = _what(report.files[0].path) if len(report.files) == 1 else _folder(report)
    found = " · ".join(counted(count, level, f' class="{level}"') for level, count in counts.items())
    summary = f"{counted(sentences, 'sentence')} in {counted(len(report.files), 'file')} · {found}"
    parts = [_files(report), _overlaps(report.overlaps, names), _fixed(fixed), _groups(report.groups, names)]
    return page(
        title=f"Data doctor: {heading}",
        over="relknit data doctor",
        heading=heading,
        summary=summary,
        body="\n".join(part for part in parts if part),
        style=resource("relknit.data.doctor", "report.css"),
    )


def _what(path: str) -> str:
    pure = PurePath(path)
    return f"{pure.parent.name}/{pure.name}" if pure.parent.name else pure.name


def _folder(report: DoctorReport) -> str:
    folders = {PurePath(file.path).parent for file in report.files}
    return ", ".join(sorted(folder.name or str(folder) for folder in folders))


def _files(report: DoctorReport) -> str:
    rows = [
        (
            escape(file.path),
            file.split or "–",
            *(f"{n:,}" for n in (file.sentences, file.tokens, file.entities, file.relations)),
        )
        for file in report.files
    ]
    return (
        "<section><h2>Files</h2>"
        + table(("file", "split", "sentences", "tokens", "entities", "relations"), rows)
        + "</section>"
    )


def _overlaps(overlaps: Iterable[Overlap], names: Mapping[str, str]) -> str:
    rows = []
    for overlap in overlaps:
        if not overlap.near:
            continue
        inside = overlap.path == overlap.other
        place = "repeated in it" if inside else f"also in {escape(names[overlap.other])}"
        leaks = overlap.exact and not inside
        marked = f'<b class="warning">{overlap.exact:,}</b>' if leaks else f"{overlap.exact:,}"
        rows.append((f"{escape(names[overlap.path])}, {place}", marked, f"{overlap.near:,}", f"{overlap.otherwise:,}"))
    if not rows:
        return "<section><h2>Copies</h2><p>No sentence is repeated.</p></section>"
    head = ("sentences of", "same tokens", "same letters and digits", "same tokens, other annotation")
    return "<section><h2>Copies</h2>" + table(head, rows) + "</section>"


def _fixed(fixed: FixReport | None) -> str:
    if fixed is None:
        return ""
    rows = []
    for file in fixed.files:
        done = [f"{escape(kind)} ({count:,})" for kind, count in file.fixes.items()]
        done += [f"left out: {escape(kind)} ({count:,})" for kind, count in file.dropped.items()]
        words = f'<span class="words">{"; ".join(done) or "nothing to fix"}</span>'
        rows.append((escape(file.target), f"{file.lines:,}", words))
    left = "".join(f"<li><b>{escape(k.kind)}</b> ({k.count:,}): {escape(k.why)}</li>" for k in fixed.remaining)
    return (
        "<section><h2>Fixed copies</h2>"
        + table(("file", "lines", '<span class="words">fixed</span>'), rows)
        + (f"<p>Not fixed:</p><ul>{left}</ul>" if left else "<p>Nothing remains to be fixed.</p>")
        + "</section>"
    )


def _groups(groups: Iterable[FindingGroup], names: Mapping[str, str]) -> str:
    shown = "\n".join(_group(group, names) for group in groups)
    return f"<section><h2>Findings</h2>\n{shown or '<p>Nothing was found.</p>'}\n</section>"


def _group(group: FindingGroup, names: Mapping[str, str]) -> str:
    kind = group.kind
    chips = "".join(f'<span class="chip">{escape(names[path])} <b>{n:,}</b></span>' for path, n in group.counts.items())
    items = "\n".join(_example(finding, names) for finding in group.examples)
    more = group.count - len(group.examples)
    rest = f'<p class="more">and {more:,} more</p>' if more else ""
    opened = "" if kind.level == "note" else " open"
    return (
        f'<details class="{kind.level}"{opened}><summary><span class="level">{kind.level}</span> '
        f'<span class="kind">{escape(kind.name)}</span> <span class="count">{group.count:,}</span></summary>\n'
        f"<p>{escape(kind.why[:1].upper() + kind.why[1:])}. <b>Fix:</b> {escape(kind.fix)}. {_BY[kind.by]}</p>\n"
        f'<p class="chips">{chips}</p>\n<ol>\n{items}\n</ol>{rest}</details>'
    )


def _example(finding: DoctorFinding, names: Mapping[str, str]) -> str:
    where = names[finding.path] + ("" if finding.line is None else f":{finding.line}")
    shown = ""
    if finding.context is not None:
        before, words, after = map(escape, finding.context)
        mark = f" <mark>{words}</mark> " if words else " "
        shown = f'<p class="text"><bdi>{before}{mark}{after}</bdi></p>'
    return (
        f'<li><code title="{escape(finding.where)}">{escape(where)}</code> '
        f"<bdi>{escape(finding.message)}</bdi>{shown}</li>"
    )
