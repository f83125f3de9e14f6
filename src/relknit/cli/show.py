"""An extraction in the terminal: the text with its entities marked, then a table of triples."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from relknit.display import confidence_text, nested_spans
from relknit.document import Document, Span, Triple
from relknit.document.layout import lay_out

ENTITY_STYLE = "bold black on bright_cyan"


def highlighted_text(document: Document) -> Text:
    """The text with every entity marked in colour, and in brackets for terminals without colour."""
    layout, shown = lay_out(document), Text()
    opened = 0
    for piece, closing, opening in nested_spans(layout.text, layout.spans):
        shown.append(piece, style=ENTITY_STYLE if opened else "")
        for k in closing:
            kind = document.entities[k].type
            shown.append(("" if kind is None else f" · {kind}") + "]", style=ENTITY_STYLE)
        shown.append("[" * len(opening), style=ENTITY_STYLE)
        opened += len(opening) - len(closing)
    return shown


def show_document(console: Console, document: Document, *, note: str | None = None) -> None:
    """Print the marked text and its triples, or a line that says there are none; then the note, if there is one."""
    shown = highlighted_text(document)
    shown.rstrip()
    console.print(shown, soft_wrap=True)
    if document.relations:
        console.print(_triple_table(document))
    else:
        console.print(Text("  no triples found", style="dim"))
    if note is not None:
        console.print(Text("  " + note, style="dim"), soft_wrap=True)
    console.print()


def _triple_table(document: Document) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2))
    table.add_column("head", overflow="fold")
    table.add_column("relation", no_wrap=True)
    table.add_column("tail", overflow="fold")
    table.add_column("confidence", justify="right", no_wrap=True)
    for triple in document.triples:
        confidence = "" if triple.confidence is None else confidence_text(triple.confidence)
        table.add_row(span_text(triple.head), relation_text(triple), span_text(triple.tail), confidence)
    return table


def relation_text(triple: Triple) -> Text:
    """The relation of a triple and, dimmed, whether it was inferred."""
    return Text(triple.relation, style="cyan").append(" inferred" if triple.inferred else "", style="dim")


def span_text(span: Span) -> Text:
    """The name of a span and, dimmed, its characters in the text."""
    return Text(span.name).append("" if span.start is None else f" {span.start}-{span.end}", style="dim")
