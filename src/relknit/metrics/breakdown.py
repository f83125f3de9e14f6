"""Scores by relation, by overlap class, by number of triples, on seen and unseen names, and on negative sentences.

All functions take the comparisons of sentences (`counts.compare_sentences`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from relknit.metrics.counts import Item, ScoreName, SentenceComparison, tabulate
from relknit.metrics.scores import Score, micro_score
from relknit.overlap import CLASSES, overlap_classes
from relknit.text.names import KnownNames

GROUP_SCORES: Final[tuple[ScoreName, ...]] = ("partial", "exact", "strict")
RELATION_SCORES: Final[tuple[ScoreName, ...]] = ("partial", "strict")
MOST_TRIPLES: Final = 5


@dataclass(frozen=True, slots=True)
class GroupScores:
    """Some of the sentences, or some of their triples: how many gold sentences hold them, and their scores."""

    sentences: int
    scores: dict[ScoreName, Score]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: `sentences`, and for every score its ratios and counts."""
        return {"sentences": self.sentences} | {name: s.ratios | s.counts for name, s in self.scores.items()}


@dataclass(frozen=True, slots=True)
class Negatives:
    """Of the gold sentences without a triple, those in which a triple was predicted."""

    sentences: int
    with_prediction: int

    @property
    def false_positive_rate(self) -> float:
        """with_prediction / sentences, from 0 to 1; 0 without such sentences."""
        return self.with_prediction / self.sentences if self.sentences else 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: both counts and their `false_positive_rate`, which is None without such sentences."""
        return asdict(self) | {"false_positive_rate": self.false_positive_rate if self.sentences else None}


def by_relation(comparisons: Sequence[SentenceComparison]) -> dict[str, GroupScores]:
    """Partial and strict scores of every relation that is gold or predicted, by name."""
    scores = {name: score_by(lambda _, item: str(item[1]), comparisons, name) for name in RELATION_SCORES}
    sentences = Counter(label for c in comparisons for label in {item[1] for item in c["partial"].gold})
    labels = sorted({label for by_label in scores.values() for label in by_label})
    nothing = Score.of(0, 0, 0)
    return {
        label: GroupScores(sentences[label], {name: scores[name].get(label, nothing) for name in RELATION_SCORES})
        for label in labels
    }


def by_overlap(comparisons: Sequence[SentenceComparison]) -> dict[str, GroupScores]:
    """Scores on the sentences that are Normal, SEO and EPO in gold; a sentence may be SEO and EPO at once."""
    classes = [overlap_classes((head, t, tail) for head, t, tail in c["strict"].gold) for c in comparisons]
    return {name: _group([c for c, its in zip(comparisons, classes, strict=True) if name in its]) for name in CLASSES}


def by_triples(comparisons: Sequence[SentenceComparison]) -> dict[str, GroupScores]:
    """Scores on the sentences with 1, 2, 3, 4 and ">=5" gold triples (of different entity spans)."""
    sizes = [min(len(c["strict"].gold), MOST_TRIPLES) for c in comparisons]
    names = {size: str(size) if size < MOST_TRIPLES else f">={size}" for size in range(1, MOST_TRIPLES + 1)}
    return {
        name: _group([c for c, its in zip(comparisons, sizes, strict=True) if its == size])
        for size, name in names.items()
    }


def seen_unseen(comparisons: Sequence[SentenceComparison], known_names: Iterable[str]) -> dict[str, Score]:
    """Strict scores of the triples whose two names are both among `known_names` ("seen") and of all others ("unseen").

    Names are compared in lower case, and may be given as text or as `name_hash`. Predicted triples are divided by the
    words of their own predicted entities, so each half has a precision too.
    """
    known = KnownNames(known_names)

    def half(comparison: SentenceComparison, item: Item) -> str:
        names = (" ".join(comparison.gold.tokens[start:end]) for start, end, _ in (item[0], item[2]))
        return "seen" if all(name in known for name in names) else "unseen"

    scores = score_by(half, comparisons, "strict")
    return {name: scores.get(name, Score.of(0, 0, 0)) for name in ("seen", "unseen")}


def negatives(comparisons: Sequence[SentenceComparison]) -> Negatives:
    """How often a triple (an anchor triple or a relation of entities) was predicted where gold has none."""
    empty = [c for c in comparisons if not c["strict"].gold]
    return Negatives(len(empty), sum(bool(c["partial"].predicted or c["strict"].predicted) for c in empty))


def score_by(
    key: Callable[[SentenceComparison, Item], str], comparisons: Iterable[SentenceComparison], name: ScoreName
) -> dict[str, Score]:
    """The named Score of every key that a gold or predicted item has."""
    totals: dict[str, list[int]] = {}
    for each in comparisons:
        for column, items in enumerate((each[name].correct, each[name].predicted, each[name].gold)):
            for item in items:
                totals.setdefault(key(each, item), [0, 0, 0])[column] += 1
    return {label: Score.of(*totals[label]) for label in sorted(totals)}


def _group(comparisons: Sequence[SentenceComparison]) -> GroupScores:
    return GroupScores(len(comparisons), {name: micro_score(tabulate(comparisons, name)) for name in GROUP_SCORES})
