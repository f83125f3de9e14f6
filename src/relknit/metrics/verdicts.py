"""A verdict on every gold and every predicted triple: correct, or exactly one kind of error.

    correct          predicted as it is in gold (the strict score)
    wrong type       the same spans and relation, an entity of another type
    wrong direction  the same two spans and the same relation, head and tail swapped
    wrong relation   the same head and tail, another relation
    boundary error   the same relation; head and tail each share a token with gold's, or read the same elsewhere
    missing          gold, and nothing of the above was predicted for it
    spurious         predicted, and nothing of the above is gold for it

A kind between "correct" and "missing" joins one predicted triple to one gold triple, each in no other pair; the strict score
counts such a pair as missing and as spurious. So correct + wrong … + missing is gold, correct + wrong … + spurious is
predicted.

The pairs are chosen from what is left without the correct ones: first all of wrong type, then wrong direction, wrong
relation, boundary error, each time the nearest first (the fewest tokens by which the ends of the spans differ), then in the
order of the sentence. Entities alike, by the entity score: correct, wrong type, boundary error, missing or spurious.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeVar

from relknit.document import Document, Entity, Prediction, Span
from relknit.metrics.counts import Comparison, Item, SentenceComparison, span_key
from relknit.metrics.curves import Scored, confidences, most_confident_first
from relknit.metrics.readable import ReadableTriple, placed

VerdictKind = Literal[
    "correct", "wrong type", "wrong direction", "wrong relation", "boundary error", "missing", "spurious"
]

MEANING: Final[Mapping[VerdictKind, str]] = MappingProxyType(
    {
        "correct": "predicted as it is in gold",
        "wrong type": "the same spans and relation, an entity of another type",
        "wrong direction": "head and tail swapped",
        "wrong relation": "the same head and tail, another relation",
        "boundary error": "the same relation, head or tail with other boundaries or found elsewhere",
        "missing": "gold, and nothing near it was predicted",
        "spurious": "predicted, and nothing near it is gold",
    }
)
VERDICT_KINDS: Final[tuple[VerdictKind, ...]] = tuple(MEANING)

Readable = TypeVar("Readable", bound=Span | ReadableTriple)

# what joins a predicted item to a gold one, in the order in which pairs are chosen
_OF_TRIPLES: Final[tuple[VerdictKind, ...]] = ("wrong type", "wrong direction", "wrong relation", "boundary error")
_OF_ENTITIES: Final[tuple[VerdictKind, ...]] = ("wrong type", "boundary error")


@dataclass(frozen=True, slots=True)
class Verdict(Generic[Readable]):
    """On one entity or triple, or a pair: `predicted` is None when missing, `gold` when spurious.

    confidence: of the prediction, 0 to 1; None where nothing was predicted, or without one
    """

    kind: VerdictKind
    predicted: Readable | None
    gold: Readable | None
    confidence: float | None = None

    def __str__(self) -> str:
        if self.predicted is None or self.gold is None or self.predicted == self.gold:
            return str(self.gold if self.predicted is None else self.predicted)
        if str(self.predicted) == str(self.gold):
            return f"{placed(self.predicted)}, gold {placed(self.gold)}"
        return f"{self.predicted}, gold {self.gold}"


@dataclass(frozen=True, slots=True)
class SentenceVerdicts:
    """All verdicts on a sentence: what is gold in the order of the sentence, then what is spurious."""

    gold: Document
    prediction: Prediction
    entities: tuple[Verdict[Span], ...]
    triples: tuple[Verdict[ReadableTriple], ...]


def judge(comparison: SentenceComparison) -> SentenceVerdicts:
    """The verdicts on one sentence, on triples by its strict comparison and on entities by that of entities."""
    document, prediction, typed = comparison.gold, comparison.prediction, comparison.typed
    of_entities = {(span_key(entity, typed),): entity.confidence for entity in prediction.entities if entity.tagged}

    def span(item: Item) -> Span:
        return document.span(Entity(*item[0]))

    tokens, entities, triple = document.tokens, _single(comparison["entities"]), partial(ReadableTriple.of, document)
    return SentenceVerdicts(
        document,
        prediction,
        _verdicts(tokens, entities, _OF_ENTITIES, span, of_entities),
        _verdicts(tokens, comparison["strict"], _OF_TRIPLES, triple, confidences(prediction, typed=typed)),
    )


def scored(verdicts: Iterable[Verdict[Any]]) -> tuple[Scored, ...] | None:
    """Everything predicted, the most confident first; None when any has no confidence."""
    return most_confident_first((v.confidence, v.kind == "correct") for v in verdicts if v.predicted is not None)


def count_kinds(verdicts: Iterable[Verdict[Any]]) -> dict[VerdictKind, int]:
    """How many verdicts there are of every kind, in the order of VERDICT_KINDS."""
    counted = Counter(verdict.kind for verdict in verdicts)
    return {kind: counted[kind] for kind in VERDICT_KINDS}


def relations_of(verdict: Verdict[ReadableTriple]) -> tuple[str, ...]:
    """The relation of the gold triple, then that of the predicted one; one alone where they agree or one is absent."""
    triples = (triple for triple in (verdict.gold, verdict.predicted) if triple is not None)
    return tuple(dict.fromkeys(triple.relation for triple in triples))


def kinds_by_relation(verdicts: Iterable[Verdict[ReadableTriple]]) -> dict[str, dict[VerdictKind, int]]:
    """`count_kinds` of every relation, by name: its gold triples, and the spurious ones of it."""
    groups: dict[str, list[Verdict[ReadableTriple]]] = {}
    for verdict in verdicts:
        groups.setdefault(relations_of(verdict)[0], []).append(verdict)
    return {relation: count_kinds(groups[relation]) for relation in sorted(groups)}


def confusions(verdicts: Iterable[Verdict[ReadableTriple]]) -> dict[tuple[str, str], int]:
    """How often a gold relation was predicted as another one for the same pair: (gold, predicted), most often first."""
    counted = Counter(relations_of(verdict) for verdict in verdicts if verdict.kind == "wrong relation")
    ordered = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))
    return {(gold, predicted): count for (gold, predicted), count in ordered}


def _single(comparison: Comparison) -> Comparison:
    """Of entities, each as a tuple of its one span."""
    sets = (comparison.predicted, comparison.gold, comparison.correct)
    return Comparison(*(frozenset((span,) for span in spans) for spans in sets))


def _verdicts(
    tokens: Sequence[str],
    comparison: Comparison,
    kinds: Sequence[VerdictKind],
    read: Callable[[Item], Readable],
    confidence: Mapping[Item, float | None],
) -> tuple[Verdict[Readable], ...]:
    def verdict(kind: VerdictKind, predicted: Item | None, gold: Item | None) -> Verdict[Readable]:
        return Verdict(
            kind,
            None if predicted is None else read(predicted),
            None if gold is None else read(gold),
            None if predicted is None else confidence[predicted],
        )

    spare = sorted(comparison.predicted - comparison.correct, key=_in_order)
    lacking = sorted(comparison.gold - comparison.correct, key=_in_order)
    of_gold = {item: verdict("correct", item, item) for item in comparison.correct}
    for kind in kinds:
        pairs = ((gold, found) for gold in lacking for found in spare if _is_pair(kind, tokens, gold, found))
        # a stable sort, the nearest first: ties stay in the order of the sentence
        for gold, predicted in sorted(pairs, key=lambda pair: _distance(*pair)):
            if gold in lacking and predicted in spare:
                lacking.remove(gold)
                spare.remove(predicted)
                of_gold[gold] = verdict(kind, predicted, gold)
    of_gold |= {item: verdict("missing", None, item) for item in lacking}
    in_order = (of_gold[item] for item in sorted(of_gold, key=_in_order))
    return (*in_order, *(verdict("spurious", item, None) for item in spare))


def _in_order(item: Item) -> Item:
    """What to sort by: where the spans are, then the relation; a missing type can't be compared with a name."""
    spans = ((start, end, kind or "") for start, end, kind in _spans(item))
    return (*spans, *(part for part in item if isinstance(part, str)))


def _spans(item: Item) -> tuple[Item, ...]:
    return item[::2]


def _places(item: Item) -> tuple[Item, ...]:
    return tuple(span[:2] for span in _spans(item))


def _distance(item: Item, other: Item) -> int:
    """By how many tokens the ends of the spans differ in all."""
    pairs = zip(_places(item), _places(other), strict=True)
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairs)


def _is_pair(kind: VerdictKind, tokens: Sequence[str], gold: Item, found: Item) -> bool:
    """Whether a predicted item is `kind` of this gold one; both have no relation where they are entities."""
    same_relation, spans, others = gold[1:2] == found[1:2], _places(gold), _places(found)
    if kind == "wrong relation":
        return spans == others
    if kind == "wrong type":
        return same_relation and spans == others
    if kind == "wrong direction":
        return same_relation and spans == others[::-1]
    return same_relation and all(_close(tokens, a, b) for a, b in zip(spans, others, strict=True))


def _close(tokens: Sequence[str], a: Item, b: Item) -> bool:
    return (a[0] < b[1] and b[0] < a[1]) or tokens[a[0] : a[1]] == tokens[b[0] : b[1]]
