"""A sentence with its triples, gold and predicted side by side, as the templates take it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from relknit.document import Document, Entity
from relknit.document.layout import lay_out
from relknit.metrics.counts import span_key
from relknit.metrics.readable import ReadableTriple
from relknit.metrics.verdicts import Verdict
from relknit.page import Mark

MOST_CARDS: Final = 2000
"""How many sentences a page holds; a browser filters so many at once, and the page stays below some ten megabytes."""


MarkedColumn: TypeAlias = tuple[str, tuple[Mark, ...]]
"""A text with the marks of one column's entities."""


@dataclass(frozen=True, slots=True)
class CardLine:
    """One triple below a sentence: its kind, the relations it is found by, gold, and the verdict on every system."""

    kind: str
    relations: tuple[str, ...]
    gold: ReadableTriple | None
    verdicts: tuple[Verdict[ReadableTriple] | None, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One sentence, its text for every column, and its lines."""

    id: str
    texts: tuple[MarkedColumn, ...]
    lines: tuple[CardLine, ...]

    @property
    def kinds(self) -> Counter[str]:
        """How many lines there are of each kind."""
        return Counter(line.kind for line in self.lines)

    @property
    def ambiguous(self) -> frozenset[str]:
        """The names of heads and tails that occur at more than one place, so that the words alone are ambiguous."""
        triples = {line.gold for line in self.lines}
        triples |= {verdict.predicted for line in self.lines for verdict in line.verdicts if verdict is not None}
        ends = (end for triple in triples if triple is not None for end in (triple.head, triple.tail))
        places = {(end.text, end.token_start, end.token_end) for end in ends}
        return frozenset(name for name, times in Counter(text for text, *_ in places).items() if times > 1)


@dataclass(frozen=True, slots=True)
class Cards:
    """Those that a page shows, the first MOST_CARDS, of `total`; with the kinds and relations to filter them by."""

    shown: tuple[Card, ...]
    total: int
    kinds: dict[str, int]
    relations: tuple[str, ...]


def cards_to_show(cards: Sequence[Card], kinds: Iterable[str]) -> Cards:
    """The filters offer those of `kinds` that any card has, and count what is shown of them."""
    shown = tuple(cards[:MOST_CARDS])
    there, here = count_lines(cards), count_lines(shown)
    relations = {relation for card in shown for line in card.lines for relation in line.relations}
    return Cards(shown, len(cards), {kind: here[kind] for kind in kinds if there[kind]}, tuple(sorted(relations)))


def count_lines(cards: Iterable[Card]) -> Counter[str]:
    """How many lines of each kind the cards have."""
    return sum((card.kinds for card in cards), Counter())


def marked_text(
    document: Document, entities: Iterable[Entity], other: Iterable[Entity], *, typed: bool
) -> MarkedColumn:
    """One column's entities in the sentence: those that the other side has too are "agreed", with the same type if `typed`.

    The rest are "alone", or "untagged".
    """
    agreed = {span_key(entity, typed) for entity in other if entity.tagged}
    listed = list({(span_key(entity, typed), entity.tagged): entity for entity in entities}.values())
    layout = lay_out(document, listed)
    marks = []
    for entity, (start, end) in zip(listed, layout.spans, strict=True):
        style = "untagged" if not entity.tagged else "agreed" if span_key(entity, typed) in agreed else "alone"
        marks.append(Mark(start, end, style, entity.type if typed else None))
    return layout.text, tuple(marks)
