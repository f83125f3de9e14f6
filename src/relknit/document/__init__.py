"""Frozen documents, entities, relations and predictions, and the JSONL they are stored in. No torch here."""

from relknit.document.annotation import (
    AnchorRule,
    AnchorTriple,
    Entity,
    Prediction,
    Relation,
    Span,
    Triple,
    anchor_triples,
)
from relknit.document.model import Document

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
