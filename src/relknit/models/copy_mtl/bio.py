"""BIO tags: from entities, to entities, and the entity that a copied word ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from relknit.document import Entity
from relknit.models.triple_model import Span

OUTSIDE: Final = 0
BEGIN: Final = 1
INSIDE: Final = 2


def bio_tags(entities: Iterable[Entity], length: int) -> list[int]:
    """The tags of so many words; where entities overlap, those of the longest (in the released code the last that is written)."""
    tags = [OUTSIDE] * length
    for entity in sorted(entities, key=lambda entity: entity.token_end - entity.token_start):
        tags[entity.token_start : entity.token_end] = [BEGIN, *[INSIDE] * (entity.token_end - entity.token_start - 1)]
    return tags


def bio_spans(tags: Sequence[int]) -> list[Span]:
    """The entities that the tags spell out: every B with the I that follow it."""
    spans = []
    for start, tag in enumerate(tags):
        if tag == BEGIN:
            end = start + 1
            while end < len(tags) and tags[end] == INSIDE:
                end += 1
            spans.append(Span(start, end))
    return spans


def span_ending_at(word: int, tags: Sequence[int]) -> Span:
    """The entity whose last word was copied: to the left over words with I, up to and with the first that has another tag."""
    start = word
    while start > 0 and tags[start] == INSIDE:
        start -= 1
    return Span(start, word + 1)
