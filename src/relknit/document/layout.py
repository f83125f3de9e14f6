"""The text in which a document's entities can be shown, and where they are in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from relknit.document.annotation import Annotation, Entity


class TextLayout(NamedTuple):
    """A text and the [start, end) characters of each entity in it; is_own: whether it is the document's own text."""

    text: str
    spans: list[tuple[int, int]]
    is_own: bool


def lay_out(document: Annotation, entities: Iterable[Entity] | None = None) -> TextLayout:
    """The document's text where it has one that all entities are placed in, else its tokens joined by spaces.

    entities: those to place, by default the document's own
    """
    listed = document.entities if entities is None else tuple(entities)
    if document.text is not None:
        spans = [document.span(entity) for entity in listed]
        own = [(span.start, span.end) for span in spans if span.start is not None and span.end is not None]
        if len(own) == len(spans):
            return TextLayout(document.text, own, True)
    starts = [0]
    for token in document.tokens:
        starts.append(starts[-1] + len(token) + 1)
    joined = [(starts[entity.token_start], starts[entity.token_end] - 1) for entity in listed]
    return TextLayout(" ".join(document.tokens), joined, False)
