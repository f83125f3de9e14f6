"""CopyRE's three overlap classes of a sentence: Normal, SEO (an entity shared), EPO (a whole pair shared).

As in CopyRE's code, entities are told apart by their anchor token; SEO and EPO can hold at once, Normal excludes both.
A sentence without triples is "None".
"""

from __future__ import annotations

from collections.abc import Iterable

NORMAL, SEO, EPO, NONE = "Normal", "SEO", "EPO", "None"
CLASSES = (NORMAL, SEO, EPO)


def overlap_classes(triples: Iterable[tuple[int, str, int]]) -> frozenset[str]:
    """The classes of a sentence with these (head, relation, tail) triples; head and tail are any hashable positions.

    EPO: two triples have the same two entities, in either order. SEO: two different pairs have an entity in common.
    """
    pairs = [tuple(sorted((head, tail))) for head, _, tail in set(triples)]
    if not pairs:
        return frozenset({NONE})
    distinct = set(pairs)
    classes = {EPO} if len(distinct) < len(pairs) else set()
    words = [word for pair in distinct for word in set(pair)]
    if len(set(words)) < len(words):
        classes.add(SEO)
    return frozenset(classes or {NORMAL})
