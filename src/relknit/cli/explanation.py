"""An explanation in the terminal: what the rounds of interaction did to triples and entities."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from relknit.cli.show import span_text
from relknit.display import confidence_text
from relknit.explain import Change, Course, Explanation
from relknit.explain.trace import SIGNS

_STYLES: dict[Change, str] = {"appeared": "green", "rose": "green", "vanished": "red", "fell": "red"}


def show_explanation(console: Console, explanation: Explanation) -> None:
    """A table: a line for each triple and entity, a column for each of the explanation's."""
    table = Table(box=None, padding=(0, 0, 0, 2))
    table.add_column("", overflow="fold")
    for heading in explanation.columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for triple in explanation.triples:
        line = span_text(triple.head).append(f" {triple.relation} ", style="cyan").append(span_text(triple.tail))
        table.add_row(line, *_cells(triple.course))
    for entity in explanation.entities:
        table.add_row(span_text(entity.span), *_cells(entity.course))
    if table.row_count:
        console.print(table)
        if explanation.rounds:
            console.print(Text("  + appeared   × vanished   ▲ rose   ▼ fell", style="dim"))
        console.print()


def _cells(course: Course) -> list[Text]:
    changes: tuple[Change, ...] = ("stayed", *course.changes)
    return [
        Text(
            f"{SIGNS[change]} {'–' if confidence is None else confidence_text(confidence)}".strip(),
            _STYLES.get(change, ""),
        )
        for confidence, change in zip(course.confidences, changes, strict=True)
    ]
