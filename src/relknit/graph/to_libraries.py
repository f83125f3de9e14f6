"""A graph in the classes of networkx and pandas (the extra `graph`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from relknit.extras import import_extra
from relknit.graph.graph_records import Fact, GraphEntity

_NUMBERS: Final = ("confidence", "max_confidence", "evidence", "sentences", "documents", "inferred", "unseen_signature")
_COLUMNS: Final = ("id", "head", "head_type", "relation", "tail", "tail_type", *_NUMBERS, "head_id", "tail_id")


def networkx_graph(entities: Iterable[GraphEntity], facts: Iterable[Fact]) -> Any:
    """See `Graph.to_networkx`."""
    graph = import_extra("networkx", "graph").MultiDiGraph()
    for entity in entities:
        counts = {"mentions": entity.mentions, "documents": entity.documents}
        aliases = {"aliases": "; ".join(entity.aliases)} if entity.aliases else {}
        graph.add_node(entity.id, name=entity.name, type=entity.type or "", **counts, **aliases)
    for fact in facts:
        known = {name: getattr(fact, name) for name in _NUMBERS if getattr(fact, name) is not None}
        graph.add_edge(fact.head.id, fact.tail.id, fact.id, relation=fact.relation, **known)
    return graph


def facts_frame(facts: Iterable[Fact]) -> Any:
    """See `Graph.to_pandas`."""
    pandas = import_extra("pandas", "graph")
    return pandas.DataFrame([_row(fact) for fact in facts], columns=list(_COLUMNS))


def _row(fact: Fact) -> tuple[Any, ...]:
    ends = (fact.head.name, fact.head.type, fact.relation, fact.tail.name, fact.tail.type)
    return (fact.id, *ends, *(getattr(fact, name) for name in _NUMBERS), fact.head.id, fact.tail.id)
