"""A sentence with its triples, gold and predicted side by side, and the filters over all such sentences."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from relknit.metrics.facts import Fact, Mention

MOST_CARDS: Final = 2000
"""How many sentences a page holds; a browser filters so many at once, and the page stays below some ten megabytes."""

STYLES: Final[Mapping[str, str]] = {
    "right": "right",
    "both right": "right",
    "only A right": "near",
    "only B right": "other",
    "missed": "missed",
    "neither right": "missed",
    "invented": "invented",
    "A invents": "invented",
    "B invents": "invented",
    "both invent": "invented",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line below a sentence: what sort of right or wrong it is, the relations it is found by, a cell for every column."""

    kind: str
    relations: tuple[str, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One sentence, marked up for every column, with its lines; `texts` and cells are HTML."""

    id: str
    texts: tuple[str, ...]
    lines: tuple[Line, ...]


def names_in_two_places(facts: Iterable[Fact | None]) -> frozenset[str]:
    """The names that heads and tails of these triples have at more than one place, so that words alone don't tell which."""
    places = {(end.text, end.start, end.end) for fact in facts if fact is not None for end in (fact.head, fact.tail)}
    return frozenset(name for name, times in Counter(text for text, *_ in places).items() if times > 1)


def triple_cell(fact: Fact | None, other: Fact | None, note: str = "", *, unclear: Collection[str] = ()) -> str:
    """A triple as HTML; where it differs from `other`, that is marked. `note` is HTML to stand behind it.

    unclear: the names of which it is to be said at which word of the sentence they begin.
    """
    if fact is None:
        return '<span class="none">–</span>'
    gold = other or fact
    head, tail = _end(fact.head, gold.head, unclear), _end(fact.tail, gold.tail, unclear)
    relation = _off(f"<bdi>{escape(fact.relation)}</bdi>", fact.relation != gold.relation)
    return f'{head} <span class="rel">—{relation}→</span> {tail}{note}'


def kind_chip(kind: str) -> str:
    """The name of a kind in its colour."""
    return f'<span class="kind {style_of(kind)}">{escape(kind)}</span>'


def style_of(kind: str) -> str:
    """The class that gives a kind its colour: right, missed, invented, or near where a pair is almost right."""
    return STYLES.get(kind, "near")


def card_html(card: Card, columns: Sequence[str]) -> str:
    """The sentence as an article; every line tells the script its kind and relations."""
    counts = count_lines([card])
    chips = " ".join(f'<span class="kind {style_of(kind)}">{escape(kind)} {n}</span>' for kind, n in counts.items())
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    texts = "".join(_cell(*pair) for pair in zip(columns, card.texts, strict=True))
    rows = "\n".join(_row(line, columns) for line in card.lines)
    return (
        f'<article class="card"><h3><code><bdi>{escape(card.id)}</bdi></code> {chips}</h3>\n'
        f'<table class="facing"><thead><tr><td></td>{head}</tr></thead><tbody>\n'
        f'<tr class="texts"><td></td>{texts}</tr>\n{rows}</tbody></table></article>'
    )


def filters_html(kinds: Iterable[tuple[str, int]], relations: Iterable[str]) -> str:
    """The form that the script reads; hidden until the script runs, since it does nothing without."""
    boxes = "".join(
        f'<label class="kind {style_of(kind)}"><input type="checkbox" name="kind" value="{escape(kind)}">'
        f"{escape(kind)} <b>{count:,}</b></label>"
        for kind, count in kinds
    )
    # without a value of its own an option would lose the spaces that a relation's name has at its ends
    options = "".join(f'<option value="{_attribute(r)}">{escape(r)}</option>' for r in sorted(relations))
    return (
        '<form id="filters" hidden><fieldset><legend>kinds to show; all when none is chosen</legend>'
        f"{boxes}</fieldset>\n"
        f'<label>relation <select name="relation"><option value="">any</option>{options}</select></label>\n'
        '<label>text <input type="search" name="text" placeholder="word, name or id"></label>\n'
        '<button type="reset">clear</button>\n<output></output></form>'
    )


def shown_cards(cards: Sequence[Card]) -> Sequence[Card]:
    """Those that a page shows: the first MOST_CARDS."""
    return cards[:MOST_CARDS]


def count_lines(cards: Iterable[Card]) -> Counter[str]:
    """How many lines of each kind the cards have."""
    return Counter(line.kind for card in cards for line in card.lines)


def sentences_html(cards: Sequence[Card], columns: Sequence[str], kinds: Iterable[str], *, note: str) -> str:
    """The section of all sentences: filters, then the cards that are shown; `note` is HTML.

    The filters offer those of `kinds` that any card has, and count what they show of them.
    """
    shown = shown_cards(cards)
    there, here = count_lines(cards), count_lines(shown)
    offered = [(kind, here[kind]) for kind in kinds if there[kind]]
    relations = {relation for card in shown for line in card.lines for relation in line.relations}
    left = len(cards) - len(shown)
    rest = f" The first {len(shown):,} are on this page; {left:,} more are counted only." if left else ""
    body = "\n".join(card_html(card, columns) for card in shown)
    return (
        f'<section><h2 id="sentences">Sentences</h2>\n<p class="sum">{note}{rest}</p>\n'
        f'{filters_html(offered, relations)}\n<div id="cards">\n{body}\n</div></section>'
    )


def _row(line: Line, columns: Sequence[str]) -> str:
    cells = "".join(_cell(*pair) for pair in zip(columns, line.cells, strict=True))
    relations = _attribute(json.dumps(line.relations, ensure_ascii=False))
    return (
        f'<tr data-kind="{escape(line.kind)}" data-relations="{relations}"><td>{kind_chip(line.kind)}</td>{cells}</tr>'
    )


def _attribute(text: str) -> str:
    """The text as the value of an attribute, line ends of every sort as they are."""
    return escape(text).replace("\r", "&#13;").replace("\n", "&#10;")


def _cell(column: str, html: str) -> str:
    return f'<td data-column="{escape(column)}">{html}</td>'


def _end(mention: Mention, gold: Mention, unclear: Collection[str]) -> str:
    shown = f"<bdi>{escape(mention.text)}</bdi>"
    if mention.type is not None:
        shown += f"<small> {escape(mention.type)}</small>"
    if mention.text in unclear:
        shown += f"<small> at {mention.start + 1}</small>"
    return _off(shown, mention != gold)


def _off(html: str, differs: bool) -> str:
    return f'<span class="off">{html}</span>' if differs else html
