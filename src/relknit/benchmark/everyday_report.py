"""What the benchmark on everyday texts measures of one system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from relknit.benchmark.speed import Speed
from relknit.metrics import EvaluationReport, Score, micro_score
from relknit.metrics.assertion import FoundFacts
from relknit.metrics.breakdown import Negatives
from relknit.metrics.curves import OperatingPoint, precision_recall, reaching
from relknit.metrics.verdicts import scored

_CONFIDENCES: Final = (0.5, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class MappedLabels:
    """How the labels of a system were compared with those of the corpus.

    inventory: whose labels they are taken for, None where all are the corpus's own
    renamed: labels of the system -> those of the corpus
    unscored: relations that the corpus does not have, and how many predictions of each were left out
    """

    inventory: str | None
    renamed: Mapping[str, str]
    unscored: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"inventory": self.inventory, "renamed": dict(self.renamed), "unscored": dict(self.unscored)}


@dataclass(frozen=True, slots=True)
class EverydayReport:
    """The scores of one system on the test split, by characters of the raw texts.

    facts: facts that the texts state between names; entities are names, without pronouns and descriptions
    untyped: the same without types of entities, for systems that have none
    typed: whether the system predicts types; `shown` is what to break down
    genres: the genre of each text, in the order of `facts.verdicts`
    all_facts: strict score of all facts, those stated at pronouns and descriptions with the names that these refer to
    at_references, found_at_references: how many facts are stated at a pronoun or description, and how many of these were found
    negatives: texts without a fact, and how many of these have a predicted triple
    naming_negatives: those of them that name a fact and do not assert it
    not_asserted: of each kind, how many facts that are not asserted were predicted; "total" of all
    labels: how labels were compared
    speed: None where predictions were given
    """

    facts: EvaluationReport
    untyped: EvaluationReport
    typed: bool
    genres: tuple[str, ...]
    all_facts: Score
    at_references: int
    found_at_references: int
    negatives: Negatives
    naming_negatives: Negatives
    not_asserted: Mapping[str, FoundFacts]
    labels: MappedLabels
    speed: Speed | None = None

    @property
    def shown(self) -> EvaluationReport:
        """`facts`, or `untyped` for a system without types, of which no triple can be correct in `facts`."""
        return self.facts if self.typed else self.untyped

    @property
    def by_genre(self) -> dict[str, Score]:
        """The strict score of the texts of each genre."""
        table, genres = self.shown.counts["strict"], np.array(self.genres)
        return {genre: micro_score(table[genres == genre]) for genre in sorted(set(self.genres))}

    @property
    def by_relation(self) -> dict[str, Score]:
        """The strict score of each relation."""
        return {name: group.scores["strict"] for name, group in self.shown.by_relation.items()}

    @property
    def points(self) -> list[tuple[float, OperatingPoint]]:
        """Strict precision and recall of the triples above some confidences; empty where there is no confidence."""
        everything = scored(verdict for one in self.shown.verdicts for verdict in one.triples)
        gold = self.shown.scores["strict"].gold
        return reaching(precision_recall(everything, gold=gold), _CONFIDENCES) if everything else []

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; ratios run from 0 to 1."""
        report = self.shown.to_dict()
        kept = ("counts", "intervals", "errors", "reliability")
        return {
            "texts": self.facts.sentences,
            "typed": self.typed,
            "facts": {name: score.ratios | score.counts for name, score in self.facts.scores.items()},
            "facts_without_types": {name: score.ratios | score.counts for name, score in self.untyped.scores.items()},
            "all_facts": self.all_facts.ratios | self.all_facts.counts,
            "at_references": {"gold": self.at_references, "found": self.found_at_references},
            "negatives": self.negatives.to_dict(),
            "negatives_that_name_a_fact": self.naming_negatives.to_dict(),
            "not_asserted": {
                kind: {"facts": its.texts, "predicted": its.found, "fraction": its.fraction}
                for kind, its in self.not_asserted.items()
            },
            "by_genre": {name: score.ratios | score.counts for name, score in self.by_genre.items()},
            "by_relation": {name: score.ratios | score.counts for name, score in self.by_relation.items()},
            "operating_points": [
                {"confidence": least, "precision": point.precision, "recall": point.recall}
                for least, point in self.points
            ],
            "labels": self.labels.to_dict(),
            "speed": None if self.speed is None else self.speed.to_dict(),
        } | {name: report[name] for name in kept}
