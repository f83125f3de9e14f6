"""A knowledge graph from Documents: entities, facts and all their evidence, in one SQLite file.

knowledge_graph.py       `Graph`: build, add, remove
graph_queries.py         what it can be asked; graph_records.py has the answers
graph_build.py           texts from files into a graph, with a model
schema.py, graph_file.py the tables of the file; how it is opened
graph_rows.py            from a Document to the rows that it gives
staging.py               what waits for an update
graph_update.py          the update: passages in and out, then what follows from them
entity_resolution.py     which names mean the same entity: the interface of a resolver, and equal names and types
relation_rules.py        symmetric, inverse and functional relations
combined_confidence.py   one confidence for a fact from several sentences
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
from relknit.graph.graph_model import GraphModel
from relknit.graph.graph_records import Fact, FactEnd, FactEvidence, GraphChange, GraphEntity
from relknit.graph.knowledge_graph import Graph
from relknit.graph.relation_rules import RelationRules

__all__ = [
    "EntityGroup",
    "Fact",
    "FactEnd",
    "FactEvidence",
    "Graph",
    "GraphChange",
    "GraphEntity",
    "GraphModel",
    "GroupMember",
    "LocalName",
    "MergeProposal",
    "RelationRules",
    "Resolution",
    "Resolver",
    "SameNames",
]
