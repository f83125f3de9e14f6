"""Starts and ends of spans: as targets of binary taggers, and from what these predict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from relknit.models.triple_model import Span, SpanTriple


def nearest_spans(starts: Iterable[int], ends: Iterable[int]) -> list[Span]:
    """Every start with the nearest end at or after it, in order; starts without one are left out.

    `ends` are last words, so a span of one word has one number in both. Several starts may share an end.
    """
    ordered = sorted(ends)
    found = []
    for start in sorted(starts):
        last = next((end for end in ordered if end >= start), None)
        if last is not None:
            found.append(Span(start, last + 1))
    return found


def by_subject(triples: Sequence[SpanTriple]) -> dict[Span, list[tuple[int, Span]]]:
    """The relation and object of every triple, by its subject, in the order of the triples."""
    objects: dict[Span, list[tuple[int, Span]]] = {}
    for head, relation, tail in triples:
        objects.setdefault(head, []).append((relation, tail))
    return objects


def last_words(triples: Sequence[SpanTriple]) -> tuple[SpanTriple, ...]:
    """The triples with the last word of each span in its place, each once."""
    words = (SpanTriple(_last(head), relation, _last(tail)) for head, relation, tail in triples)
    return tuple(dict.fromkeys(words))


def _last(span: Span) -> Span:
    return Span(span.end - 1, span.end)
