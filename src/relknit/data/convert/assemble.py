"""What the formats share: how texts are split, and how spans become the entities and relations of one Document."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from relknit.document import Entity, Relation

Anchor = Literal["whole", "last"]
TokenSpan = tuple[int, int]
Tokeniser = Callable[[str], Sequence[tuple[str, int, int]]]


def split_at_spaces(text: str) -> list[tuple[str, int, int]]:
    """The tokeniser for texts that are already tokenised, such as the benchmarks: (word, start, end)."""
    return [(match.group(), match.start(), match.end()) for match in re.finditer(r"\S+", text)]


def uncrossed(borders: Sequence[int], ranges: Iterable[tuple[int, int]]) -> list[int]:
    """Those of the ascending `borders` that lie inside none of the ranges [start, end)."""
    crossed: set[int] = set()
    for start, end in ranges:
        crossed.update(borders[bisect_right(borders, start) : bisect_left(borders, end)])
    return [border for border in borders if border not in crossed]


def connect(
    triples: Iterable[tuple[TokenSpan, str, TokenSpan]], spans: Iterable[TokenSpan] = ()
) -> tuple[tuple[Entity, ...], tuple[Relation, ...]]:
    """Untyped entities for all the spans, in reading order, and the relations between them; repeats are kept once."""
    triples = list(dict.fromkeys(triples))
    found = sorted({*spans, *(end for head, _, tail in triples for end in (head, tail))})
    index = {span: k for k, span in enumerate(found)}
    entities = tuple(Entity(start, end) for start, end in found)
    return entities, tuple(Relation(index[head], index[tail], relation) for head, relation, tail in triples)
