"""A knowledge graph from Documents: entities, facts and all their evidence, in one SQLite file.

knowledge_graph.py       `Graph`: build, add, remove and query
schema.py                the tables of the file
graph_rows.py            from a Document to the rows that it gives
graph_update.py          one transaction: passages in and out, then what follows from them
entity_resolution.py     which names mean the same entity: the interface of a resolver, and equal names and types
combined_confidence.py   one confidence for a fact from several sentences
graph_records.py         what queries return
"""

from relknit.graph.entity_resolution import (
    EntityGroup,
    GroupMember,
    LocalName,
    MergeProposal,
    Resolution,
    Resolver,
    SameNames,
)
from relknit.graph.graph_records import Fact, FactEnd, FactEvidence, GraphChange, GraphEntity
from relknit.graph.knowledge_graph import Graph

__all__ = [
    "EntityGroup",
    "Fact",
    "FactEnd",
    "FactEvidence",
    "Graph",
    "GraphChange",
    "GraphEntity",
    "GroupMember",
    "LocalName",
    "MergeProposal",
    "Resolution",
    "Resolver",
    "SameNames",
]
