"""Two systems on the same sentences: which is better and how sure that is, and which triples only one of them has right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from relknit.document import AnchorRule, Document, Prediction
from relknit.metrics.bootstrap import PairedResult, paired_bootstrap
from relknit.metrics.counts import SCORES, ScoreName
from relknit.metrics.errors import Finding, judge_all, relations_of
from relknit.metrics.facts import Fact
from relknit.metrics.report import Report, evaluate_predictions

Outcome = Literal[
    "both right", "only A right", "only B right", "neither right", "A invents", "B invents", "both invent"
]

_OF_GOLD: Final[Mapping[tuple[bool, bool], Outcome]] = MappingProxyType(
    {
        (True, True): "both right",
        (True, False): "only A right",
        (False, True): "only B right",
        (False, False): "neither right",
    }
)
_OF_INVENTED: Final[Mapping[tuple[bool, bool], Outcome]] = MappingProxyType(
    {(True, False): "A invents", (False, True): "B invents", (True, True): "both invent"}
)
OUTCOMES: Final[tuple[Outcome, ...]] = (*_OF_GOLD.values(), *_OF_INVENTED.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One gold triple and what became of it in A and in B; or, without gold, a triple that A, B or both invented."""

    outcome: Outcome
    gold: Fact | None
    a: Finding[Fact] | None
    b: Finding[Fact] | None

    @property
    def fact(self) -> Fact | None:
        """The gold triple, else the invented one."""
        return self.gold or _said(self.a) or _said(self.b)

    @property
    def relations(self) -> tuple[str, ...]:
        """All relations named in it, gold's first, each once."""
        named = [self.gold.relation] if self.gold is not None else []
        for finding in (self.a, self.b):
            named += () if finding is None else relations_of(finding)
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True)
class SentencePair:
    """One sentence with what both systems say of it; they `differ` when not both predict the same triples."""

    gold: Document
    a: Prediction
    b: Prediction
    rows: tuple[Row, ...]

    @property
    def differ(self) -> bool:
        """Whether the triples of A, with their spans and compared types, are not those of B."""
        return any(_said(row.a) != _said(row.b) for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the sentence's id and tokens, and its triples with words, tokens and outcome."""
        rows = [asdict(row) for row in self.rows]
        return {"id": self.gold.id, "tokens": list(self.gold.tokens), "triples": rows}


@dataclass(frozen=True, slots=True)
class Versus:
    """System A against system B: the scores of both, the differences A minus B, and every sentence."""

    a: Report
    b: Report
    differences: dict[ScoreName, PairedResult]
    sentences: tuple[SentencePair, ...]

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How many triples there are of every outcome."""
        return _count(row for sentence in self.sentences for row in sentence.rows)

    @property
    def by_relation(self) -> dict[str, dict[Outcome, int]]:
        """The outcomes of every relation, by name; what is invented counts under the relation it was given."""
        groups: dict[str, list[Row]] = {}
        for sentence in self.sentences:
            for row in sentence.rows:
                groups.setdefault(row.relations[0], []).append(row)
        return {relation: _count(groups[relation]) for relation in sorted(groups)}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; of the sentences only those in which A and B differ."""
        return {
            "a": self.a.to_dict(),
            "b": self.b.to_dict(),
            "differences": {name: asdict(result) for name, result in self.differences.items()},
            "outcomes": self.outcomes,
            "by_relation": self.by_relation,
            "sentences": [sentence.to_dict() for sentence in self.sentences if sentence.differ],
        }


def compare_predictions(
    gold: Sequence[Document],
    a: Sequence[Prediction],
    b: Sequence[Prediction],
    *,
    rule: AnchorRule,
    bootstrap_samples: int = 1000,
    seed: int = 0,
) -> Versus:
    """Compare two systems' predictions for the same gold documents, all in the same order.

    Raises DataError when lengths differ or a prediction does not fit its sentence, ConfigError when bootstrap_samples < 1.
    """
    of_a, of_b = (
        evaluate_predictions(gold, said, rule=rule, bootstrap_samples=bootstrap_samples, seed=seed) for said in (a, b)
    )
    differences = {
        name: paired_bootstrap(of_a.counts[name], of_b.counts[name], samples=bootstrap_samples, seed=seed)
        for name in SCORES
    }
    judged = zip(gold, a, b, judge_all(gold, a), judge_all(gold, b), strict=True)
    sentences = tuple(
        SentencePair(document, said_a, said_b, _rows(found_a.triples, found_b.triples))
        for document, said_a, said_b, found_a, found_b in judged
    )
    return Versus(of_a, of_b, differences, sentences)


def _rows(a: Sequence[Finding[Fact]], b: Sequence[Finding[Fact]]) -> tuple[Row, ...]:
    """Gold triples in the order of the sentence, which both systems share, then what was invented."""
    rows = []
    for of_a, of_b in zip(_with_gold(a), _with_gold(b), strict=True):
        rows.append(Row(_OF_GOLD[of_a.kind == "right", of_b.kind == "right"], of_a.gold, of_a, of_b))
    by_a, by_b = ({f.found: f for f in findings if f.kind == "invented"} for findings in (a, b))
    for fact in by_a | by_b:
        rows.append(Row(_OF_INVENTED[fact in by_a, fact in by_b], None, by_a.get(fact), by_b.get(fact)))
    return tuple(rows)


def _with_gold(findings: Iterable[Finding[Fact]]) -> list[Finding[Fact]]:
    return [finding for finding in findings if finding.gold is not None]


def _said(finding: Finding[Fact] | None) -> Fact | None:
    return None if finding is None else finding.found


def _count(rows: Iterable[Row]) -> dict[Outcome, int]:
    counted = Counter(row.outcome for row in rows)
    return {outcome: counted[outcome] for outcome in OUTCOMES}
