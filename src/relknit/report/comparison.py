"""The page of two systems: the difference and how sure it is, who has which triple right, and where they differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Final

from relknit.document import Entity
from relknit.metrics import SCORES
from relknit.metrics.errors import Finding
from relknit.metrics.facts import Fact
from relknit.metrics.versus import OUTCOMES, Outcome, Row, SentencePair, Versus
from relknit.page import amount, counted, page, resource, table
from relknit.report.cards import (
    Card,
    Line,
    count_lines,
    kind_chip,
    names_in_two_places,
    sentences_html,
    shown_cards,
    triple_cell,
)
from relknit.report.marked import marked_text, marks_of
from relknit.report.sections import filter_link, navigation, percent, ratios, relations_table, section, signed

_COLUMNS: Final = ("gold", "A", "B")
_SECTIONS: Final = (
    ("scores", "Scores"),
    ("outcomes", "Who is right"),
    ("relations", "Relations"),
    ("sentences", "Sentences"),
)


def comparison_html(versus: Versus, *, title: str, a: str, b: str) -> str:
    """The whole page; `title` says what both were scored on, `a` and `b` name the systems, all plain text."""
    differing = [sentence for sentence in versus.sentences if sentence.differ]
    typed = any(entity.type is not None for sentence in versus.sentences for entity in sentence.gold.entities)
    cards = [_card(sentence, typed=typed) for sentence in differing]
    outcomes = versus.outcomes
    systems = f"<b>A</b> is {escape(a)} · <b>B</b> is {escape(b)}"
    note = (
        f"{counted(len(differing), 'sentence')} of {len(versus.sentences):,} in which A and B find different triples."
    )
    of_cards = count_lines(shown_cards(cards))
    parts = [
        navigation(_SECTIONS),
        section("Scores", _scores(versus), name="scores"),
        section("Who is right", _outcomes(outcomes, of_cards), name="outcomes"),
        section("Relations", _by_relation(versus), name="relations"),
        sentences_html(cards, _COLUMNS, OUTCOMES, note=note),
    ]
    return page(
        title=f"Comparison: {title}",
        over="relknit comparison",
        heading=title,
        summary=f"{systems} · {counted(len(versus.sentences), 'sentence')}",
        body="\n".join(parts),
        style=resource("relknit.report", "report.css"),
        script=resource("relknit.report", "filters.js"),
    )


def _scores(versus: Versus) -> str:
    rows = []
    for name in SCORES:
        a, b, result = versus.a.scores[name], versus.b.scores[name], versus.differences[name]
        low, high = signed(result.interval.low), signed(result.interval.high)
        difference = (f"<b>{signed(result.difference)}</b>", f"{low} to {high}", f"{result.p_value:.3f}")
        rows.append((name, *ratios(a), *ratios(b), *difference))
    head = (
        "score",
        "precision A",
        "recall A",
        "F1 A",
        "precision B",
        "recall B",
        "F1 B",
        "A − B",
        "95 % interval",
        "p",
    )
    more = (
        "Differences in points of F1, with the interval and the two-sided p-value of a paired bootstrap over sentences: "
        "how far the difference would move on other sentences of the same kind. It says nothing of other training seeds."
    )
    return table(head, rows) + f'<p class="more">{more}</p>' + _no_fact(versus)


def _no_fact(versus: Versus) -> str:
    a, b = versus.a.no_fact, versus.b.no_fact
    if not a.sentences:
        return '<p class="more">No sentence here is without a fact, so there is no rate of false positives.</p>'
    found = " and ".join(
        f"{name} in <b>{nothing.with_prediction:,}</b> ({percent(nothing.share)} %)"
        for name, nothing in (("A", a), ("B", b))
    )
    return f"<p>Of {amount(a.sentences, 'sentence')} without a fact a triple is found by {found}.</p>"


def _outcomes(outcomes: Mapping[Outcome, int], of_cards: Mapping[str, int]) -> str:
    rows = []
    for outcome, count in outcomes.items():
        linked = filter_link(f"{of_cards[outcome]:,}", kind=outcome) if of_cards[outcome] else "0"
        rows.append((kind_chip(outcome), f"{count:,}", linked))
    more = "Right is what the strict score counts. Gold triples have one of the first four outcomes, all others the last three."
    return table(("outcome", "triples", "of them on this page"), rows) + f'<p class="more">{more}</p>'


def _by_relation(versus: Versus) -> str:
    by_name = versus.by_relation

    def lead(name: str) -> int:
        return by_name[name]["only A right"] - by_name[name]["only B right"]

    rows = {}
    for name in sorted(by_name, key=lambda name: (-abs(lead(name)), name)):
        scores = [report.by_relation.get(name) for report in (versus.a, versus.b)]
        f1s = ("" if group is None else percent(group.scores["strict"].f1) for group in scores)
        rows[name] = (
            *f1s,
            *(f"{by_name[name][o]:,}" if by_name[name][o] else '<span class="none">0</span>' for o in OUTCOMES),
        )
    return relations_table(("relation", "strict F1 of A", "of B", *OUTCOMES), rows)


def _card(sentence: SentencePair, *, typed: bool) -> Card:
    document = sentence.gold
    said = (sentence.a.entities, sentence.b.entities)
    texts = (
        marked_text(document, marks_of(document.entities, _common(*said), typed=typed)),
        *(marked_text(document, marks_of(entities, document.entities, typed=typed)) for entities in said),
    )
    facts = (fact for row in sentence.rows for fact in (row.gold, _found(row.a), _found(row.b)))
    unclear = names_in_two_places(facts)
    return Card(document.id, texts, tuple(_line(row, unclear) for row in sentence.rows))


def _common(a: Sequence[Entity], b: Sequence[Entity]) -> list[Entity]:
    """What both found, so that a gold entity is marked as agreed upon only if neither missed it."""
    there = {(entity.start, entity.end, entity.type) for entity in b if entity.tagged}
    return [entity for entity in a if (entity.start, entity.end, entity.type) in there]


def _line(row: Row, unclear: Collection[str]) -> Line:
    gold = triple_cell(row.gold, None, unclear=unclear)
    return Line(row.outcome, row.relations, (gold, *(_cell(finding, unclear) for finding in (row.a, row.b))))


def _cell(finding: Finding[Fact] | None, unclear: Collection[str]) -> str:
    if finding is None:
        return triple_cell(None, None)
    if finding.found is None or finding.kind == "right":
        return kind_chip(finding.kind)
    return f"{kind_chip(finding.kind)} {triple_cell(finding.found, finding.gold, unclear=unclear)}"


def _found(finding: Finding[Fact] | None) -> Fact | None:
    return None if finding is None else finding.found
