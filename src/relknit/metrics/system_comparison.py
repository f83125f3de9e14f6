"""Several systems on the same sentences: scores, their differences with confidence intervals, and which triples differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from relknit.document import AnchorRule, Document, Prediction
from relknit.metrics.bootstrap import PairedResult, paired_bootstrap
from relknit.metrics.counts import SCORES, ScoreName
from relknit.metrics.evaluation_report import EvaluationReport, evaluate_predictions
from relknit.metrics.readable import ReadableTriple
from relknit.metrics.verdicts import SentenceVerdicts, Verdict, relations_of


@dataclass(frozen=True, slots=True)
class ComparedTriple:
    """One gold triple, or one that is spurious in some systems (`gold` None), with the verdict on each system.

    verdicts: by system; None where a system did not predict a spurious one
    """

    gold: ReadableTriple | None
    verdicts: Mapping[str, Verdict[ReadableTriple] | None]

    @property
    def systems(self) -> tuple[str, ...]:
        """Those that have a gold triple correct, or a spurious one predicted."""
        hit = "spurious" if self.gold is None else "correct"
        return tuple(name for name, verdict in self.verdicts.items() if verdict is not None and verdict.kind == hit)

    @property
    def outcome(self) -> str:
        """ "all correct", "only A correct", "none correct", "only A, C spurious" and the like."""
        systems = self.systems
        who = "all" if len(systems) == len(self.verdicts) else f"only {', '.join(systems)}" if systems else "none"
        return f"{who} {'spurious' if self.gold is None else 'correct'}"

    @property
    def triple(self) -> ReadableTriple | None:
        """The gold triple, else the spurious one."""
        return self.gold or next((v.predicted for v in self.verdicts.values() if v is not None), None)

    @property
    def relations(self) -> tuple[str, ...]:
        """All relations named in it, gold's first, each once."""
        named = [self.gold.relation] if self.gold is not None else []
        for verdict in self.verdicts.values():
            named += () if verdict is None else relations_of(verdict)
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class ComparedSentence:
    """One sentence with the verdicts on each system's prediction, and its triples side by side."""

    verdicts: Mapping[str, SentenceVerdicts]
    triples: tuple[ComparedTriple, ...]

    @property
    def gold(self) -> Document:
        """The gold sentence."""
        return next(iter(self.verdicts.values())).gold

    @property
    def differing(self) -> int:
        """How many triples, with their spans and compared types, some systems predict and others do not."""
        found = [{v.predicted for v in one.triples} - {None} for one in self.verdicts.values()]
        times = Counter(triple for triples in found for triple in triples)
        return sum(systems < len(found) for systems in times.values())

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: id, tokens, every triple with its outcome and verdicts, and the verdicts on entities by system."""
        triples = [{"outcome": row.outcome, **asdict(row)} for row in self.triples]
        entities = {name: [asdict(verdict) for verdict in one.entities] for name, one in self.verdicts.items()}
        return {"id": self.gold.id, "tokens": list(self.gold.tokens), "triples": triples, "entities": entities}


@dataclass(frozen=True, slots=True)
class SystemComparison:
    """The scores of every system by its name, the differences of the first minus each other, and every sentence."""

    reports: dict[str, EvaluationReport]
    differences: dict[str, dict[ScoreName, PairedResult]]
    sentences: tuple[ComparedSentence, ...]

    @property
    def outcomes(self) -> dict[str, int]:
        """How many triples there are of every outcome that occurs, gold ones first, most systems first."""
        return _count(row for sentence in self.sentences for row in sentence.triples)

    @property
    def by_relation(self) -> dict[str, dict[str, int]]:
        """The outcomes of every relation, by name; a spurious triple counts under the relation predicted."""
        groups: dict[str, list[ComparedTriple]] = {}
        for sentence in self.sentences:
            for row in sentence.triples:
                groups.setdefault(row.relations[0], []).append(row)
        return {relation: _count(groups[relation]) for relation in sorted(groups)}

    def chosen(self, ids: Sequence[str] = ()) -> list[ComparedSentence]:
        """The sentences with these ids, in this order; without ids those in which systems differ, in the data's order."""
        if not ids:
            return [sentence for sentence in self.sentences if sentence.differing]
        by_id: dict[str, list[ComparedSentence]] = {}
        for sentence in self.sentences:
            by_id.setdefault(sentence.gold.id, []).append(sentence)
        return [sentence for identity in ids for sentence in by_id.get(identity, ())]

    def to_dict(self, ids: Sequence[str] = ()) -> dict[str, Any]:
        """JSON-ready; of the sentences those `chosen`."""
        return {
            "systems": {name: report.to_dict() for name, report in self.reports.items()},
            "differences": {
                name: {score: asdict(result) for score, result in results.items()}
                for name, results in self.differences.items()
            },
            "outcomes": self.outcomes,
            "by_relation": self.by_relation,
            "sentences": [sentence.to_dict() for sentence in self.chosen(ids)],
        }


def compare_predictions(
    gold: Sequence[Document],
    systems: Mapping[str, Sequence[Prediction]],
    *,
    rule: AnchorRule,
    bootstrap_samples: int = 1000,
    seed: int = 0,
) -> SystemComparison:
    """Compare systems' predictions, by their names, for the same gold documents, all in the same order.

    Raises DataError when lengths differ or a prediction does not fit its sentence, ConfigError when bootstrap_samples < 1.
    """
    reports = {
        name: evaluate_predictions(gold, predictions, rule=rule, bootstrap_samples=bootstrap_samples, seed=seed)
        for name, predictions in systems.items()
    }
    (_, first), *others = reports.items()
    differences = {
        name: {
            score: paired_bootstrap(first.counts[score], other.counts[score], samples=bootstrap_samples, seed=seed)
            for score in SCORES
        }
        for name, other in others
    }
    sentences = []
    for verdicts in zip(*(report.verdicts for report in reports.values()), strict=True):
        by_system = dict(zip(reports, verdicts, strict=True))
        sentences.append(ComparedSentence(by_system, _side_by_side(by_system)))
    return SystemComparison(reports, differences, tuple(sentences))


def _side_by_side(by_system: Mapping[str, SentenceVerdicts]) -> tuple[ComparedTriple, ...]:
    """Gold triples in the order of the sentence, which all systems share, then what is spurious."""
    on_gold = [[v for v in one.triples if v.gold is not None] for one in by_system.values()]
    rows = [ComparedTriple(row[0].gold, dict(zip(by_system, row, strict=True))) for row in zip(*on_gold, strict=True)]
    spurious = {name: {v.predicted: v for v in one.triples if v.gold is None} for name, one in by_system.items()}
    for triple in dict.fromkeys(triple for found in spurious.values() for triple in found):
        rows.append(ComparedTriple(None, {name: found.get(triple) for name, found in spurious.items()}))
    return tuple(rows)


def _count(rows: Iterable[ComparedTriple]) -> dict[str, int]:
    listed = list(rows)
    order = {row.outcome: (row.gold is None, -len(row.systems), row.systems) for row in listed}
    counted = Counter(row.outcome for row in listed)
    return {outcome: counted[outcome] for outcome in sorted(order, key=order.__getitem__)}
