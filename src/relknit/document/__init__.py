"""Frozen documents, entities, relations and predictions, and the JSONL they are stored in. No torch here."""

from relknit.document.model import (
    AnchorRule,
    AnchorTriple,
    Document,
    Entity,
    Prediction,
    Relation,
    Span,
    Triple,
    anchor_triples,
)

__all__ = [
    "AnchorRule",
    "AnchorTriple",
    "Document",
    "Entity",
    "Prediction",
    "Relation",
    "Span",
    "Triple",
    "anchor_triples",
]
