"""Everything that is measured of one set of predictions, in one object that turns into JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from relknit.document import AnchorRule, Document, Prediction
from relknit.errors import DataError
from relknit.metrics.assertion import AssertionScore
from relknit.metrics.bootstrap import Interval, percentile_interval, resampled_f1
from relknit.metrics.breakdown import (
    GroupScores,
    Negatives,
    by_overlap,
    by_relation,
    by_triples,
    negatives,
    seen_unseen,
)
from relknit.metrics.counts import SCORES, Counts, ScoreName, compare_sentences, tabulate
from relknit.metrics.reliability import Reliability, equal_mass
from relknit.metrics.scores import Score, micro_score
from relknit.metrics.unknown_labels import UnknownLabel
from relknit.metrics.verdicts import SentenceVerdicts, VerdictKind, count_kinds, judge, scored
from relknit.metrics.word_gold import WORD_SCORES, at_anchors, words_alone


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The scores of one set of predictions and where they come from.

    verdicts: of every sentence, in the order of the data: gold, prediction, and the kind of every entity and triple
    scores: partial, exact, strict, text, entities
    counts: for each score (sentences, 3) correct, predicted, gold, as `paired_bootstrap` takes them
    seen_unseen: None when the training names are unknown
    negatives: how often a triple is predicted for a sentence without one
    intervals: 95 % bootstrap intervals of F1, empty when not asked for
    reliability, entity_reliability: how far the confidence of triples (strict) and of entities is from the fraction
        that is correct; None where any has no confidence, or nothing was predicted
    unknown_labels: labels of gold that the model does not have; empty where it is not known which model predicted
    not_asserted: how often a fact is predicted that a text mentions and does not assert; None where it was not measured
    """

    verdicts: tuple[SentenceVerdicts, ...]
    scores: dict[ScoreName, Score]
    counts: dict[ScoreName, Counts]
    by_relation: dict[str, GroupScores]
    by_overlap: dict[str, GroupScores]
    by_triples: dict[str, GroupScores]
    seen_unseen: dict[str, Score] | None
    negatives: Negatives
    intervals: dict[ScoreName, Interval]
    reliability: Reliability | None = None
    entity_reliability: Reliability | None = None
    unknown_labels: tuple[UnknownLabel, ...] = ()
    not_asserted: AssertionScore | None = None

    @property
    def sentences(self) -> int:
        """How many sentences were scored."""
        return len(self.verdicts)

    @property
    def main_score(self) -> ScoreName:
        """The score of groups and verdicts: strict, or partial for a system that predicts words alone."""
        return "strict" if self.scores["strict"].applies else "partial"

    @property
    def errors(self) -> dict[str, dict[VerdictKind, int]]:
        """How many triples (strict) and entities are correct, missing, spurious, ... (see `VerdictKind`)."""
        return {
            "triples": count_kinds(verdict for one in self.verdicts for verdict in one.triples),
            "entities": count_kinds(verdict for one in self.verdicts for verdict in one.entities),
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; ratios run from 0 to 1. `counts` here holds totals, not the sentences one by one."""
        seen = self.seen_unseen
        reliabilities = {"triples": self.reliability, "entities": self.entity_reliability}
        ratios: dict[str, Any] = {name: score.ratios for name, score in self.scores.items()}
        return ratios | {
            "counts": {"sentences": self.sentences} | {name: score.counts for name, score in self.scores.items()},
            "by_relation": {name: group.to_dict() for name, group in self.by_relation.items()},
            "by_overlap": {name: group.to_dict() for name, group in self.by_overlap.items()},
            "by_triples": {name: group.to_dict() for name, group in self.by_triples.items()},
            "seen_unseen": None if seen is None else {name: s.ratios | s.counts for name, s in seen.items()},
            "negatives": self.negatives.to_dict(),
            "not_asserted": None if self.not_asserted is None else self.not_asserted.to_dict(),
            "intervals": {name: [interval.low, interval.high] for name, interval in self.intervals.items()},
            "errors": {name: dict(kinds) for name, kinds in self.errors.items()},
            "unknown_labels": [unknown.to_dict() for unknown in self.unknown_labels],
            "reliability": {name: None if its is None else its.to_dict() for name, its in reliabilities.items()},
        }


def evaluate_predictions(
    gold: Sequence[Document],
    predictions: Sequence[Prediction],
    *,
    rule: AnchorRule,
    known_names: Iterable[str] | None = None,
    bootstrap_samples: int = 1000,
    seed: int = 0,
    spans: bool = True,
) -> EvaluationReport:
    """Score predictions against gold documents in the same order.

    known_names: entity names of the training data, as text or as `name_hash`; without them `seen_unseen` is None.
    bootstrap_samples: 0 leaves the intervals out.
    spans: false for a system that predicts one word of each entity; its scores of spans do not apply, and verdicts, groups and
        reliability are those of words.
    Raises DataError when lengths differ or a prediction does not fit its sentence.
    """
    if len(gold) != len(predictions):
        raise DataError(
            f"{len(predictions)} predictions for {len(gold)} gold sentences; "
            "give one for each, empty where nothing was found"
        )
    for number, (document, prediction) in enumerate(zip(gold, predictions, strict=True), 1):
        _check_fits(document, prediction, number)
    comparisons = compare_sentences(gold if spans else at_anchors(gold, rule), predictions, rule=rule)
    counts = {name: tabulate(comparisons, name) for name in SCORES}
    verdicts = tuple(judge(comparison) for comparison in comparisons)
    report = EvaluationReport(
        verdicts=verdicts,
        scores={name: micro_score(table) for name, table in counts.items()},
        counts=counts,
        by_relation=by_relation(comparisons),
        by_overlap=by_overlap(comparisons),
        by_triples=by_triples(comparisons),
        seen_unseen=None if known_names is None else seen_unseen(comparisons, known_names),
        negatives=negatives(comparisons),
        intervals=_intervals(counts, bootstrap_samples, seed) if bootstrap_samples else {},
        reliability=equal_mass(scored(verdict for one in verdicts for verdict in one.triples)),
        entity_reliability=equal_mass(scored(verdict for one in verdicts for verdict in one.entities)),
    )
    return report if spans else _of_words(report)


def _of_words(report: EvaluationReport) -> EvaluationReport:
    def masked(groups: dict[str, GroupScores]) -> dict[str, GroupScores]:
        return {name: replace(group, scores=words_alone(group.scores)) for name, group in groups.items()}

    return replace(
        report,
        verdicts=tuple(replace(one, entities=()) for one in report.verdicts),
        scores=words_alone(report.scores),
        by_relation=masked(report.by_relation),
        by_overlap=masked(report.by_overlap),
        by_triples=masked(report.by_triples),
        seen_unseen=None,
        intervals={name: its for name, its in report.intervals.items() if name in WORD_SCORES},
        entity_reliability=None,
    )


def _intervals(counts: dict[ScoreName, Counts], samples: int, seed: int) -> dict[ScoreName, Interval]:
    resampled = resampled_f1(list(counts.values()), samples=samples, seed=seed)
    return {name: percentile_interval(values) for name, values in zip(counts, resampled, strict=True)}


def _check_fits(document: Document, prediction: Prediction, number: int) -> None:
    where, size, found = f"prediction {number} (id {document.id!r}) has", len(document), len(prediction.entities)
    problem = f"but its sentence has {size} tokens; check that predictions and gold are in the same order"
    for start, end in ((e.token_start, e.token_end) for e in prediction.entities):
        if not 0 <= start < end <= size:
            raise DataError(f"{where} an entity [{start}, {end}), {problem}")
    for end in (end for relation in prediction.relations for end in (relation.head, relation.tail)):
        if not 0 <= end < found:
            raise DataError(f"{where} a relation that points at entity {end}, but has {found} entities, counted from 0")
    for token in (token for anchor in prediction.anchors or () for token in (anchor.head, anchor.tail)):
        if not 0 <= token < size:
            raise DataError(f"{where} an anchor at token {token}, {problem}")
