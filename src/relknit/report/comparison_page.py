"""The page of several systems: score differences, which system has which triple correct, and the sentences that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from relknit.document import Entity
from relknit.metrics import SCORES, SystemComparison, is_typed
from relknit.metrics.counts import span_key
from relknit.metrics.system_comparison import ComparedSentence
from relknit.page import render
from relknit.report.cards import Card, CardLine, cards_to_show, marked_text


def comparison_html(
    comparison: SystemComparison, *, title: str, about: Mapping[str, str], ids: Sequence[str] = ()
) -> str:
    """The whole page. title: the data that all were scored on; about: what each system is; ids: by default those that differ."""
    typed = is_typed(sentence.gold for sentence in comparison.sentences)
    cards = [_card(sentence, typed=typed) for sentence in comparison.chosen(ids)]
    by_relation = comparison.by_relation
    return render(
        "report/comparison.html",
        heading=title,
        about=about,
        comparison=comparison,
        scores=SCORES,
        outcomes=comparison.outcomes,
        relations=sorted(by_relation.items(), key=lambda entry: (-sum(_not_alike(entry[1])), entry[0])),
        cards=cards_to_show(cards, comparison.outcomes),
        ids=ids,
        columns=("gold", *comparison.reports),
    )


def _not_alike(outcomes: Mapping[str, int]) -> Iterable[int]:
    """The gold triples that some systems have correct and others have not."""
    return (count for outcome, count in outcomes.items() if outcome.startswith("only") and outcome.endswith("correct"))


def _card(sentence: ComparedSentence, *, typed: bool) -> Card:
    found = [one.prediction.entities for one in sentence.verdicts.values()]
    document = sentence.gold
    texts = (
        marked_text(document, document.entities, _common(found, typed=typed), typed=typed),
        *(marked_text(document, entities, document.entities, typed=typed) for entities in found),
    )
    lines = (CardLine(row.outcome, row.relations, row.gold, tuple(row.verdicts.values())) for row in sentence.triples)
    return Card(document.id, texts, tuple(lines))


def _common(found: Sequence[Sequence[Entity]], *, typed: bool) -> list[Entity]:
    """What all found, so that a gold entity is marked as agreed upon only if none misses it."""
    keys = [{span_key(entity, typed) for entity in each if entity.tagged} for each in found]
    return [e for e in found[0] if e.tagged and all(span_key(e, typed) in there for there in keys)]
