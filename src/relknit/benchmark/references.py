"""Pronouns and descriptions in the texts of the benchmark: facts between names, and all facts with names in their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from relknit.document import Document, Relation

REFERENCE: Final = "reference"
REFERS_TO: Final = "refers to"


def between_names(document: Document) -> Document:
    """The document without references, and without what it states of them."""
    return _with(document, [r for r in document.relations if not _has_reference(document, r)])


def resolved(document: Document) -> Document:
    """The document with names in place of references; what it states of a reference without a name is left out."""
    names = {r.head: r.tail for r in document.relations if r.type == REFERS_TO}

    def name(entity: int) -> int:
        seen: set[int] = set()
        while entity in names and entity not in seen:
            seen.add(entity)
            entity = names[entity]
        return entity

    facts = (r for r in document.relations if r.type != REFERS_TO)
    named = [replace(r, head=name(r.head), tail=name(r.tail)) for r in facts]
    return _with(document, [r for r in named if not _has_reference(document, r)])


def _has_reference(document: Document, relation: Relation) -> bool:
    return any(document.entities[end].type == REFERENCE for end in (relation.head, relation.tail))


def _with(document: Document, relations: Sequence[Relation]) -> Document:
    """The document with these relations, and with the entities that are no references."""
    kept = [k for k, entity in enumerate(document.entities) if entity.type != REFERENCE]
    number = {k: position for position, k in enumerate(kept)}
    moved = (replace(r, head=number[r.head], tail=number[r.tail], evidence=()) for r in relations)
    return replace(document, entities=tuple(document.entities[k] for k in kept), relations=tuple(moved))
