"""The files beside a graph that its resolution depends on: decisions of people, and a table of aliases."""

from __future__ import annotations

from pathlib import Path

from relknit.graph.graph_file import MEMORY
from relknit.graph.resolution.alias_table import AliasTable, read_alias_table
from relknit.graph.resolution.decisions import read_decisions
from relknit.graph.resolution.rule_resolver import RuleResolver


def decisions_path(graph: Path) -> Path:
    """`graph.decisions.tsv` for `graph.db`."""
    return graph.with_suffix(".decisions.tsv")


def aliases_path(graph: Path) -> Path:
    """`graph.aliases.tsv` for `graph.db`."""
    return graph.with_suffix(".aliases.tsv")


def resolver_of(graph: str | Path) -> RuleResolver:
    """The resolver of a graph file, with those of the files that exist. Raises DataError for one that cannot be read.

    A graph in memory has the rules alone.
    """
    if graph == MEMORY:
        return RuleResolver()
    graph = Path(graph)
    table = aliases_path(graph)
    aliases = read_alias_table(table) if table.exists() else AliasTable()
    return RuleResolver(decisions=read_decisions(decisions_path(graph)), aliases=aliases)
