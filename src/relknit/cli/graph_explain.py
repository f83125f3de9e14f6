"""relknit graph explain and proposals: why names were joined, and which may be joined."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from relknit.cli import terminal
from relknit.cli.common import JsonFlag, print_json
from relknit.cli.graph_show import DEFAULT_GRAPH, GraphFile

if TYPE_CHECKING:
    from relknit.graph import Graph
    from relknit.graph.entity_resolution import MergeProposal

_MEMBERS = "SELECT name, type, documents, reason, joined_to FROM aliases WHERE entity = ? ORDER BY name, type"
_PROPOSALS = """SELECT DISTINCT a.name, a.type, b.name, b.type, p.reason, p.score FROM merge_proposals p
    JOIN names a ON a.id = p.name JOIN names b ON b.id = p.other"""
_OF_ENTITY = """ WHERE EXISTS (SELECT 1 FROM local_names l WHERE l.entity = ? AND l.name IN (a.id, b.id))"""
_ORDER = " ORDER BY a.name, a.type, b.name, b.type"


def explain(entity: str, *, graph: GraphFile = DEFAULT_GRAPH, as_json: JsonFlag = False) -> int:
    """Print why the names of an entity were joined, and which other names may mean the same.

    Parameters
    ----------
    entity:
        A name in any letter case, another name of the entity, or its id.
    """
    from relknit.graph import Graph

    with Graph(graph, read_only=True) as opened:
        for one in opened.find(entity):
            columns = ("name", "type", "documents", "reason", "joined_to")
            names = [dict(zip(columns, row, strict=True)) for row in opened.sql.execute(_MEMBERS, (one.id,))]
            proposed = _proposals(opened, one.id)
            if as_json:
                proposals = [{"name": p.name[0], "other": p.other[0], "reason": p.reason} for p in proposed]
                print_json({"id": one.id, "name": one.name, "names": names, "proposals": proposals}, indent=None)
                continue
            terminal.print_line(f"{one}    {one.id}")
            for name in names:
                to = f" → {name['joined_to']}" if name["joined_to"] else ""
                terminal.print_line(f"  {name['name']}{to}: {name['reason']}, documents: {name['documents']}")
            for p in proposed:
                terminal.print_line(f"  proposed: {p.name[0]} = {p.other[0]} ({p.reason})")
    return 0


def proposals(*, graph: GraphFile = DEFAULT_GRAPH, as_json: JsonFlag = False) -> int:
    """Write the pairs of names that may mean the same entity to the decisions file beside the graph, to confirm or reject.

    graph.db has graph.decisions.tsv. Decisions in it are kept; the next `relknit graph build`, `add` or `remove` applies them.
    """
    from relknit.graph import Graph
    from relknit.graph.resolution import read_decisions, write_decisions
    from relknit.graph.resolution.resolver_files import decisions_path

    target: Path = decisions_path(graph)
    with Graph(graph, read_only=True) as opened:
        found = _proposals(opened)
    before = read_decisions(target)
    write_decisions(before.with_proposals(found), target)
    if as_json:
        print_json({"decisions": str(target), "proposals": len(found)})
    else:
        terminal.print_line(f"{len(found):,} proposals in {target}; write yes or no in front of them, then build again")
    return 0


def _proposals(graph: Graph, entity: str | None = None) -> list[MergeProposal]:
    from relknit.graph.entity_resolution import MergeProposal

    sql = _PROPOSALS + ("" if entity is None else _OF_ENTITY) + _ORDER
    rows = graph.sql.execute(sql, () if entity is None else (entity,))
    return [
        MergeProposal((a, a_type or None), (b, b_type or None), why, score) for a, a_type, b, b_type, why, score in rows
    ]
