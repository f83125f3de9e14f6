"""Everything that is measured of one set of predictions, in one object that turns into JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from relknit.document import AnchorRule, Document, Prediction
from relknit.errors import DataError
from relknit.metrics.bootstrap import Interval, percentile_interval, resampled_f1
from relknit.metrics.breakdown import Group, NoFact, by_overlap, by_relation, by_triples, no_fact, seen_unseen
from relknit.metrics.counts import SCORES, Counts, ScoreName, compare_sentences, is_typed, tabulate
from relknit.metrics.curves import scored_triples
from relknit.metrics.errors import ErrorKind, count_kinds, judge
from relknit.metrics.reliability import Reliability, equal_mass, scored_entities
from relknit.metrics.scores import Score, micro_score


@dataclass(frozen=True, slots=True)
class Report:
    """The scores of one set of predictions and where they come from.

    scores: partial, exact, strict, text, entities
    counts: for each score (sentences, 3) right, predicted, gold, as `paired_bootstrap` takes them
    seen_unseen: None when the training names are unknown
    intervals: 95 % bootstrap intervals of F1, empty when not asked for
    errors: how many triples (strict) and entities are right, missed, invented, ... (see `ErrorKind`)
    reliability, entity_reliability: how far the confidence of triples (strict) and of entities is from the share that
        is right; None where any has no confidence, or nothing was predicted
    """

    sentences: int
    scores: dict[ScoreName, Score]
    counts: dict[ScoreName, Counts]
    by_relation: dict[str, Group]
    by_overlap: dict[str, Group]
    by_triples: dict[str, Group]
    seen_unseen: dict[str, Score] | None
    no_fact: NoFact
    intervals: dict[ScoreName, Interval]
    errors: dict[str, dict[ErrorKind, int]]
    reliability: Reliability | None = None
    entity_reliability: Reliability | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; ratios run from 0 to 1. `counts` here holds totals, not the sentences one by one."""
        seen = self.seen_unseen
        sure = {"triples": self.reliability, "entities": self.entity_reliability}
        ratios: dict[str, Any] = {name: score.ratios for name, score in self.scores.items()}
        return ratios | {
            "counts": {"sentences": self.sentences} | {name: score.counts for name, score in self.scores.items()},
            "by_relation": {name: group.to_dict() for name, group in self.by_relation.items()},
            "by_overlap": {name: group.to_dict() for name, group in self.by_overlap.items()},
            "by_triples": {name: group.to_dict() for name, group in self.by_triples.items()},
            "seen_unseen": None if seen is None else {name: s.ratios | s.counts for name, s in seen.items()},
            "no_fact": self.no_fact.to_dict(),
            "intervals": {name: [interval.low, interval.high] for name, interval in self.intervals.items()},
            "errors": {name: dict(kinds) for name, kinds in self.errors.items()},
            "reliability": {name: None if its is None else its.to_dict() for name, its in sure.items()},
        }


def evaluate_predictions(
    gold: Sequence[Document],
    predictions: Sequence[Prediction],
    *,
    rule: AnchorRule,
    known_names: Iterable[str] | None = None,
    bootstrap_samples: int = 1000,
    seed: int = 0,
) -> Report:
    """Score predictions against gold documents in the same order.

    known_names: entity names of the training data, as text or as `name_hash`; without them `seen_unseen` is None.
    bootstrap_samples: 0 leaves the intervals out.
    Raises DataError when lengths differ or a prediction does not fit its sentence.
    """
    if len(gold) != len(predictions):
        raise DataError(
            f"{len(predictions)} predictions for {len(gold)} gold sentences; "
            "give one for each, empty where nothing was found"
        )
    for number, (document, prediction) in enumerate(zip(gold, predictions, strict=True), 1):
        _check_fits(document, prediction, number)
    comparisons, typed = compare_sentences(gold, predictions, rule=rule), is_typed(gold)
    counts = {name: tabulate(comparisons, name) for name in SCORES}
    judged = [judge(document, comparison) for document, comparison in zip(gold, comparisons, strict=True)]
    return Report(
        sentences=len(gold),
        scores={name: micro_score(table) for name, table in counts.items()},
        counts=counts,
        by_relation=by_relation(comparisons),
        by_overlap=by_overlap(comparisons),
        by_triples=by_triples(comparisons),
        seen_unseen=None if known_names is None else seen_unseen(gold, comparisons, known_names),
        no_fact=no_fact(comparisons),
        intervals=_intervals(counts, bootstrap_samples, seed) if bootstrap_samples else {},
        errors={
            "triples": count_kinds(finding for one in judged for finding in one.triples),
            "entities": count_kinds(finding for one in judged for finding in one.entities),
        },
        reliability=equal_mass(scored_triples(comparisons, predictions, typed=typed)),
        entity_reliability=equal_mass(scored_entities(comparisons, predictions, typed=typed)),
    )


def _intervals(counts: dict[ScoreName, Counts], samples: int, seed: int) -> dict[ScoreName, Interval]:
    resampled = resampled_f1(list(counts.values()), samples=samples, seed=seed)
    return {name: percentile_interval(values) for name, values in zip(counts, resampled, strict=True)}


def _check_fits(document: Document, prediction: Prediction, number: int) -> None:
    where = f"prediction {number} (id {document.id!r})"
    for entity in prediction.entities:
        if not 0 <= entity.start < entity.end <= len(document):
            raise DataError(
                f"{where} has an entity [{entity.start}, {entity.end}), but its sentence has {len(document)} tokens; "
                "check that predictions and gold are in the same order"
            )
    for relation in prediction.relations:
        for end in (relation.head, relation.tail):
            if not 0 <= end < len(prediction.entities):
                raise DataError(
                    f"{where} has a relation that points at entity {end}, but has {len(prediction.entities)} entities; "
                    "they count from 0"
                )
    for anchor in prediction.anchors or ():
        for token in (anchor.head, anchor.tail):
            if not 0 <= token < len(document):
                raise DataError(
                    f"{where} has an anchor at token {token}, but its sentence has {len(document)} tokens; "
                    "check that predictions and gold are in the same order"
                )
