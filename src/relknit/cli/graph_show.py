"""relknit graph show and query: what a knowledge graph says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from relknit.cli import terminal
from relknit.cli.common import Flag, JsonFlag, print_json
from relknit.display import amount, confidence_text

if TYPE_CHECKING:
    from relknit.graph import Fact, FactEvidence, Graph, GraphEntity

GraphFile = Annotated[Path, Parameter(name="--graph", help="The graph file.")]
DEFAULT_GRAPH = Path("graph.db")


def show(
    entity: str,
    *,
    graph: GraphFile = DEFAULT_GRAPH,
    min_confidence: float = 0.0,
    once: Annotated[bool, Flag] = False,
    evidence: Annotated[bool, Flag] = False,
    as_json: JsonFlag = False,
) -> int:
    """Print what a knowledge graph has about an entity: its names, and its facts with their confidence.

    Parameters
    ----------
    entity:
        A name in any letter case, another name of the entity, or its id. All entities of that name are shown.
    min_confidence:
        Leave out facts of less confidence (0 to 1).
    once:
        Show a symmetric relation, and a relation and its inverse, once.
    evidence:
        Also print every sentence that states a fact.
    """
    from relknit.graph import Graph

    with Graph(graph, read_only=True) as opened:
        found = opened.find(entity)
        for one in found:
            facts = opened.facts(entity=one, min_confidence=min_confidence or None, once=once)
            if as_json:
                print_json(_record(opened, one, facts, evidence), indent=None)
            else:
                _print_entity(opened, one, facts, evidence)
    return 0


def query(
    sql: Annotated[str, Parameter(help="A SELECT statement of SQLite.")],
    *,
    graph: GraphFile = DEFAULT_GRAPH,
    as_json: JsonFlag = False,
) -> int:
    """Print the answer of a SQL query of a knowledge graph.

    The views readable_facts, readable_evidence and aliases are made for reading; docs/graph.md lists the tables. Only queries
    that change nothing are run. --json prints an object for each row (JSON Lines).
    """
    from relknit.graph import Graph

    with Graph(graph, read_only=True) as opened:
        columns, rows = opened.query(sql)
        if as_json:
            for row in rows:
                print_json(dict(zip(columns, map(_json_value, row), strict=True)), indent=None)
            return 0
        table = Table(box=None, padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(Text(column), overflow="fold")
        for row in rows:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        terminal.console().print(table)
    return 0


def _json_value(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _record(graph: Graph, entity: GraphEntity, facts: Sequence[Fact], evidence: bool) -> dict[str, Any]:
    records = []
    for fact in facts:
        places = {"evidence_list": [place.to_dict() for place in graph.evidence(fact)]} if evidence else {}
        records.append(fact.to_dict() | places)
    return entity.to_dict() | {"facts": records}


def _print_entity(graph: Graph, entity: GraphEntity, facts: Sequence[Fact], evidence: bool) -> None:
    used = f"{amount(entity.mentions, 'mention')} in {amount(entity.documents, 'document')}"
    title = str(entity) + (f" ({entity.qualifier})" if entity.qualifier else "")
    terminal.print_line(title, style="bold")
    terminal.print_line(f"  {entity.id}, {used}", style="dim")
    if entity.aliases:
        terminal.print_line(f"  also: {', '.join(entity.aliases)}")
    if not facts:
        terminal.print_line("  no facts", style="dim")
        return
    table = Table(box=None, padding=(0, 0, 0, 2))
    for column in ("head", "relation", "tail"):
        table.add_column(column, overflow="fold")
    for column in ("confidence", "sentences", "documents"):
        table.add_column(column, justify="right")
    for fact in facts:
        _add_fact(table, fact, entity)
        for place in graph.evidence(fact) if evidence else ():
            table.add_row("", "", _quote(place), "" if place.confidence is None else confidence_text(place.confidence))
    terminal.console().print(table)


def _add_fact(table: Table, fact: Fact, entity: GraphEntity) -> None:
    ends = [Text(end.name, style="bold" if end.id == entity.id else "") for end in (fact.head, fact.tail)]
    notes = [note for note, holds in (("inferred", fact.inferred), ("unseen types", fact.unseen_signature)) if holds]
    relation = Text(fact.relation, style="cyan").append("".join(f" {note}" for note in notes), style="dim")
    confidence = "" if fact.confidence is None else confidence_text(fact.confidence)
    table.add_row(ends[0], relation, ends[1], confidence, str(fact.sentences), str(fact.documents))


def _quote(place: FactEvidence) -> Text:
    """The sentence with both mentions marked, and where it is."""
    shown = Text(place.sentence)
    for start, end in ((place.head_start, place.head_end), (place.tail_start, place.tail_end)):
        shown.stylize("underline", start - place.sentence_start, end - place.sentence_start)
    return shown.append(f" ({place.document} {place.sentence_start}-{place.sentence_end})", style="dim")
