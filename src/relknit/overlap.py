"""CopyRE's three overlap classes of a sentence: Normal, SEO (an entity shared), EPO (a whole pair shared).

As in CopyRE's code, a pair is ordered (two relations in opposite directions are SEO, not EPO) and an entity paired with
itself is shared, hence SEO; a sentence can be both SEO and EPO, but not Normal as well. A sentence without triples is "None".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

NORMAL, SEO, EPO, NONE = "Normal", "SEO", "EPO", "None"
CLASSES = (NORMAL, SEO, EPO)


def overlap_classes(triples: Iterable[tuple[Hashable, str, Hashable]]) -> frozenset[str]:
    """The classes of a sentence with these (head, relation, tail) triples; a triple given twice counts once.

    Head and tail are anything that distinguishes entities: spans, or anchor tokens where each entity has its own.
    EPO: two triples have the same head and the same tail. SEO: different pairs, or both ends of one, share an entity.
    """
    pairs = [(head, tail) for head, _, tail in set(triples)]
    if not pairs:
        return frozenset({NONE})
    distinct = set(pairs)
    classes = {EPO} if len(distinct) < len(pairs) else set()
    if len({entity for pair in distinct for entity in pair}) < 2 * len(distinct):
        classes.add(SEO)
    return frozenset(classes or {NORMAL})
