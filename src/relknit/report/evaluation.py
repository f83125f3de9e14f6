"""The page of one system: what it scores, what kinds of errors it makes, and every sentence beside gold."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from relknit.document import Document, Prediction
from relknit.metrics import SCORES, Report, compare_sentences, is_typed
from relknit.metrics.curves import Scored, confidences, equal_width, precision_recall, scored_triples
from relknit.metrics.errors import (
    KINDS,
    MEANING,
    ErrorKind,
    Extraction,
    Finding,
    confusions,
    judge_all,
    kinds_by_relation,
    relations_of,
)
from relknit.metrics.facts import Fact
from relknit.page import amount, counted, page, resource, table
from relknit.report.cards import Card, Line, card_html, kind_chip, names_in_two_places, sentences_html, triple_cell
from relknit.report.marked import marked_text, marks_of
from relknit.report.plots import precision_recall_plot, reliability_plot
from relknit.report.sections import filter_link, folded, interval, navigation, percent, ratios, relations_table, section

_COLUMNS: Final = ("gold", "predicted")
_MOST_CONFUSIONS: Final = 20
_MOST_WITHOUT_FACT: Final = 200
_LEAST_CONFIDENCES: Final = (0.5, 0.7, 0.9, 0.95, 0.99)
_SECTIONS: Final = (
    ("scores", "Scores"),
    ("kinds", "Kinds of errors"),
    ("relations", "Relations"),
    ("confidence", "Confidence"),
    ("sentences", "Sentences"),
)
_WITHOUT_FACT: Final = ("without-fact", "Without a fact")


def evaluation_html(
    gold: Sequence[Document],
    predictions: Sequence[Prediction],
    report: Report,
    *,
    title: str,
    about: str = "",
    without_fact: Sequence[tuple[Document, Prediction]] = (),
) -> str:
    """The whole page of the predictions that `report` scores; every word that comes from the data is escaped.

    title: what was evaluated on; about: with what, both plain text
    without_fact: further sentences, none of which states a fact; those in which a triple was found are shown
    Raises ValueError when lengths differ.
    """
    typed = is_typed(gold)
    judged = judge_all(gold, predictions)
    findings = [finding for extraction in judged for finding in extraction.triples]
    scored = scored_triples(compare_sentences(gold, predictions, rule="last"), predictions, typed=typed)
    cards = _errors_first(
        [_card(*triple, typed=typed) for triple in zip(gold, predictions, judged, strict=True)],
    )
    counts = report.errors["triples"]
    wrong = sum(any(line.kind != "right" for line in card.lines) for card in cards)
    note = f"{counted(wrong, 'sentence')} with an error, then {counted(len(cards) - wrong, 'sentence')} without."
    summary = f"{counted(report.sentences, 'sentence')}{' · ' + escape(about) if about else ''}"
    parts = [
        navigation((*_SECTIONS, *([_WITHOUT_FACT] if without_fact else []))),
        section("Scores", _scores(report), name="scores"),
        section("Kinds of errors", _kinds(counts, report), name="kinds"),
        section("Relations", _relations(findings, report), name="relations"),
        section("Confidence", _confidence(scored, report), name="confidence"),
        sentences_html(cards, _COLUMNS, KINDS, note=note),
        _without_fact(without_fact, report),
    ]
    return page(
        title=f"Evaluation: {title}",
        over="relknit evaluation",
        heading=title,
        summary=summary,
        body="\n".join(part for part in parts if part),
        style=resource("relknit.report", "report.css"),
        script=resource("relknit.report", "filters.js"),
    )


def _scores(report: Report) -> str:
    head = ("score", "precision", "recall", "F1", "95 % interval", "right", "predicted", "gold")
    rows = []
    for name in SCORES:
        score = report.scores[name]
        totals = (f"{n:,}" for n in (score.correct, score.predicted, score.gold))
        ends = "–" if score.of_nothing else interval(report.intervals.get(name))
        rows.append((name, *ratios(score), ends, *totals))
    return table(head, rows) + _groups(report) + _no_fact(report)


def _groups(report: Report) -> str:
    """Strict scores of the sentences by overlap and number of triples, and of the triples by whether their names are known."""
    rows = []
    if report.seen_unseen is None:
        known = '<p class="more">Names seen and unseen in training: not known for these predictions.</p>'
    else:
        known = ""
        for name, score in report.seen_unseen.items():
            words = "both names seen in training" if name == "seen" else "a name not seen in training"
            rows.append((words, amount(score.gold, "triple"), *ratios(score)))
    for name, group in report.by_overlap.items():
        rows.append((f"overlap: {name}", amount(group.sentences, "sentence"), *ratios(group.scores["strict"])))
    for name, group in report.by_triples.items():
        shown = f"{escape(name)} triple{'' if name == '1' else 's'} in the sentence"
        rows.append((shown, amount(group.sentences, "sentence"), *ratios(group.scores["strict"])))
    return (
        "<h3>Where it is strong and weak (strict)</h3>" + table(("", "gold", "precision", "recall", "F1"), rows) + known
    )


def _no_fact(report: Report) -> str:
    nothing = report.no_fact
    if not nothing.sentences:
        return '<p class="more">No sentence here is without a fact, so there is no rate of false positives.</p>'
    found = f"<b>{nothing.with_prediction:,}</b> of {amount(nothing.sentences, 'sentence')} without a fact"
    return f"<p>A triple is found in {found} (<b>{percent(nothing.share)} %</b>).</p>"


def _kinds(counts: dict[ErrorKind, int], report: Report) -> str:
    rows = [
        (kind_chip(kind), _linked(kind, counts[kind]), f'<span class="words">{MEANING[kind]}</span>')
        for kind in KINDS
        if counts[kind] or kind != "wrong type"  # which data without types cannot have
    ]
    strict = report.scores["strict"]
    sums = (
        f"Every triple has one kind. All but the invented ones are gold ({strict.gold:,}), "
        f"all but the missed ones were predicted ({strict.predicted:,})."
    )
    return table(("kind", "triples", '<span class="words">meaning</span>'), rows) + f'<p class="more">{sums}</p>'


def _linked(kind: ErrorKind, count: int) -> str:
    return filter_link(f"{count:,}", kind=kind) if count else "0"


def _relations(findings: Sequence[Finding[Fact]], report: Report) -> str:
    return _confusions(findings) + "<h3>Every relation</h3>" + _by_relation(findings, report)


def _confusions(findings: Sequence[Finding[Fact]]) -> str:
    found = confusions(findings)
    if not found:
        return "<p>No pair was given another relation than gold's.</p>"
    rows = [
        (filter_link(gold, kind="wrong relation", relation=gold), f"<bdi>{escape(said)}</bdi>", f"{count:,}")
        for (gold, said), count in found.items()
    ]
    head = ("gold relation", "predicted for the same pair", "triples")
    shown = f'<div class="confusions">{table(head, rows[:_MOST_CONFUSIONS])}</div>'
    if rest := rows[_MOST_CONFUSIONS:]:
        shown += folded(f"{len(rest):,} more", f'<div class="confusions">{table(head, rest)}</div>')
    return f"<h3>Taken for another relation</h3>{shown}"


def _by_relation(findings: Sequence[Finding[Fact]], report: Report) -> str:
    by_name = kinds_by_relation(findings)
    used = [kind for kind in KINDS if any(counts[kind] for counts in by_name.values())]
    ordered = sorted(by_name.items(), key=lambda entry: entry[1]["right"] - sum(entry[1].values()))
    rows = {}
    for name, counts in ordered:
        score = report.by_relation[name].scores["strict"]
        cells = (f"{counts[kind]:,}" if counts[kind] else '<span class="none">0</span>' for kind in used)
        rows[name] = (percent(score.f1), f"{score.gold:,}", *cells)
    return relations_table(("relation", "strict F1", "gold", *used), rows)


def _confidence(scored: Sequence[Scored] | None, report: Report) -> str:
    if scored is None:
        return "<p>Some predicted triples carry no confidence, so there is nothing to plot.</p>"
    if not scored:
        return "<p>Nothing was predicted.</p>"
    points = precision_recall(scored, gold=report.scores["strict"].gold)
    rows = []
    for least in _LEAST_CONFIDENCES:
        kept = [point for point in points if point.confidence >= least]
        if kept:
            rows.append((f"at least {least:g}", percent(kept[-1].precision), percent(kept[-1].recall)))
    shown = amount(len(scored), "triple")
    if report.reliability is not None:
        shown += f", expected calibration error {percent(report.reliability.error)} points"
    plots = precision_recall_plot(points) + reliability_plot(equal_width(scored), shown=shown)
    more = "Both are strict. What the system left out below its own threshold is in neither."
    return (
        f'<div class="plots">{plots}</div><p class="more">{more}</p>'
        + "<h3>If only sure triples are kept</h3>"
        + table(("confidence", "precision", "recall"), rows)
    )


def _errors_first(cards: Sequence[Card]) -> list[Card]:
    """Sentences with an error, then those with triples and none, then those without a triple; each in the data's order."""

    def rank(card: Card) -> int:
        return 2 if not card.lines else int(all(line.kind == "right" for line in card.lines))

    return sorted(cards, key=rank)


def _card(document: Document, prediction: Prediction, judged: Extraction, *, typed: bool) -> Card:
    sure = confidences(prediction, typed=typed)
    unclear = names_in_two_places(fact for finding in judged.triples for fact in (finding.gold, finding.found))
    lines = []
    for finding in judged.triples:
        confidence = None if finding.found is None else sure[finding.found.item]
        note = "" if confidence is None else f'<span class="sure">{confidence:.2f}</span>'
        cells = (
            triple_cell(finding.gold, None, unclear=unclear),
            triple_cell(finding.found, finding.gold, note, unclear=unclear),
        )
        lines.append(Line(finding.kind, relations_of(finding), cells))
    texts = (
        marked_text(document, marks_of(document.entities, prediction.entities, typed=typed)),
        marked_text(document, marks_of(prediction.entities, document.entities, typed=typed)),
    )
    return Card(document.id, texts, tuple(lines))


def _without_fact(pairs: Sequence[tuple[Document, Prediction]], report: Report) -> str:
    if not pairs:
        return ""
    gold, predictions = zip(*pairs, strict=True)
    judged = judge_all(gold, predictions)
    cards = [_card(*each, typed=is_typed(gold)) for each in zip(gold, predictions, judged, strict=True)]
    found = [card for card in cards if card.lines]
    shown = "\n".join(card_html(card, _COLUMNS) for card in found[:_MOST_WITHOUT_FACT])
    note = f"{counted(len(found), 'sentence')} of {len(cards):,} in which a triple was invented."
    if report.no_fact.with_prediction != len(found):
        note += " The rate above counts a pair of words without its names too."
    left = len(found) - _MOST_WITHOUT_FACT
    rest = f'<p class="more">and {left:,} more</p>' if left > 0 else ""
    return section("Sentences without a fact", f'<p class="sum">{note}</p>{shown}{rest}', name=_WITHOUT_FACT[0])
