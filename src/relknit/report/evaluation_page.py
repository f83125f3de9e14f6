"""The page of one system: scores, kinds of errors, and every sentence beside gold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from relknit.metrics import SCORES, EvaluationReport, is_typed
from relknit.metrics.curves import OperatingPoint, precision_recall, reaching
from relknit.metrics.verdicts import (
    MEANING,
    VERDICT_KINDS,
    SentenceVerdicts,
    confusions,
    kinds_by_relation,
    relations_of,
    scored,
)
from relknit.page import render
from relknit.report.cards import Card, CardLine, cards_to_show, marked_text
from relknit.report.plots import precision_recall_plot, reliability_plot

_MOST_NEGATIVES: Final = 200
_LEAST_CONFIDENCES: Final = (0.5, 0.7, 0.9, 0.95, 0.99)


def evaluation_html(
    report: EvaluationReport, *, title: str, about: str = "", on_negatives: EvaluationReport | None = None
) -> str:
    """The whole page; every word that comes from the data is escaped.

    title: what was evaluated on; about: with what
    on_negatives: of further sentences, all negative; those in which a triple was predicted are shown
    """
    verdicts = [verdict for sentence in report.verdicts for verdict in sentence.triples]
    everything = scored(verdicts)
    points = precision_recall(everything, gold=report.scores[report.main_score].gold) if everything else ()
    cards = _errors_first(_cards(report.verdicts))
    spurious = [card for card in _cards(on_negatives.verdicts) if card.lines] if on_negatives else []
    relations = kinds_by_relation(verdicts)
    return render(
        "report/evaluation.html",
        heading=title,
        about=about,
        report=report,
        scores=SCORES,
        meaning=MEANING,
        kinds=report.errors["triples"],
        confusions=[(*pair, count) for pair, count in confusions(verdicts).items()],
        relations=sorted(relations.items(), key=lambda entry: entry[1]["correct"] - sum(entry[1].values())),
        used=[kind for kind in VERDICT_KINDS if any(counts[kind] for counts in relations.values())],
        confident=everything is not None,
        plots=_plots(points, report) if points else [],
        points=reaching(points, _LEAST_CONFIDENCES),
        cards=cards_to_show(cards, VERDICT_KINDS),
        wrong=sum(any(line.kind != "correct" for line in card.lines) for card in cards),
        columns=("gold", "predicted"),
        on_negatives=on_negatives,
        spurious=spurious,
        most_negatives=_MOST_NEGATIVES,
    )


def _plots(points: Sequence[OperatingPoint], report: EvaluationReport) -> list[object]:
    reliabilities = {"triples": report.reliability, "entities": report.entity_reliability}
    drawn = (reliability_plot(name, its) for name, its in reliabilities.items() if its is not None)
    return [precision_recall_plot(points), *drawn]


def _errors_first(cards: Sequence[Card]) -> list[Card]:
    """Sentences with an error, then those with triples and none, then those without a triple; each in the data's order."""

    def rank(card: Card) -> int:
        return 2 if not card.lines else int(all(line.kind == "correct" for line in card.lines))

    return sorted(cards, key=rank)


def _cards(sentences: Iterable[SentenceVerdicts]) -> list[Card]:
    listed = list(sentences)
    typed = is_typed(sentence.gold for sentence in listed)
    return [_card(sentence, typed=typed) for sentence in listed]


def _card(sentence: SentenceVerdicts, *, typed: bool) -> Card:
    gold, predicted = sentence.gold.entities, sentence.prediction.entities
    texts = (
        marked_text(sentence.gold, gold, predicted, typed=typed),
        marked_text(sentence.gold, predicted, gold, typed=typed),
    )
    lines = (CardLine(v.kind, relations_of(v), v.gold, (v,)) for v in sentence.triples)
    return Card(sentence.gold.id, texts, tuple(lines))
