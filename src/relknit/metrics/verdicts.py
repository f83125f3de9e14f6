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
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from relknit.document import Document, Prediction
from relknit.metrics.counts import Comparison, Item, SentenceComparison
from relknit.metrics.curves import Scored, confidences
from relknit.metrics.readable import ReadableSpan, ReadableTriple

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
KINDS: Final[tuple[VerdictKind, ...]] = tuple(MEANING)

Readable = TypeVar("Readable", bound=ReadableSpan | ReadableTriple)

_Belong: TypeAlias = Callable[[Sequence[str], Item, Item], bool]


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
            return f"{self.predicted.placed}, gold {self.gold.placed}"
        return f"{self.predicted}, gold {self.gold}"


@dataclass(frozen=True, slots=True)
class SentenceVerdicts:
    """All verdicts on a sentence: what is gold in the order of the sentence, then what is spurious."""

    gold: Document
    prediction: Prediction
    entities: tuple[Verdict[ReadableSpan], ...]
    triples: tuple[Verdict[ReadableTriple], ...]


def judge(comparison: SentenceComparison) -> SentenceVerdicts:
    """The verdicts on one sentence, on triples by its strict comparison and on entities by that of entities."""
    document, prediction, typed = comparison.gold, comparison.prediction, comparison.typed
    of_entities = {
        ((e.token_start, e.token_end, e.type if typed else None),): e.confidence
        for e in prediction.entities
        if e.tagged
    }

    def read_span(item: Item) -> ReadableSpan:
        return ReadableSpan.of(document, item[0])

    def read_triple(item: Item) -> ReadableTriple:
        return ReadableTriple.of(document, item)

    tokens, spans = document.tokens, _single(comparison["entities"])
    return SentenceVerdicts(
        document,
        prediction,
        _verdicts(tokens, spans, _OF_ENTITIES, read_span, of_entities),
        _verdicts(tokens, comparison["strict"], _OF_TRIPLES, read_triple, confidences(prediction, typed=typed)),
    )


def scored(verdicts: Iterable[Verdict[Any]]) -> tuple[Scored, ...] | None:
    """Everything predicted, the most confident first; None when any has no confidence."""
    predicted = [verdict for verdict in verdicts if verdict.predicted is not None]
    found = [Scored(v.confidence, v.kind == "correct") for v in predicted if v.confidence is not None]
    return tuple(sorted(found, reverse=True)) if len(found) == len(predicted) else None


def count_kinds(verdicts: Iterable[Verdict[Any]]) -> dict[VerdictKind, int]:
    """How many verdicts there are of every kind, in the order of KINDS."""
    counted = Counter(verdict.kind for verdict in verdicts)
    return {kind: counted[kind] for kind in KINDS}


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
    rules: Mapping[VerdictKind, _Belong],
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
    for kind, belong in rules.items():
        for gold, predicted in _nearest_first(tokens, lacking, spare, belong):
            if gold in lacking and predicted in spare:
                lacking.remove(gold)
                spare.remove(predicted)
                of_gold[gold] = verdict(kind, predicted, gold)
    of_gold |= {item: verdict("missing", None, item) for item in lacking}
    in_order = (of_gold[item] for item in sorted(of_gold, key=_in_order))
    return (*in_order, *(verdict("spurious", item, None) for item in spare))


def _nearest_first(
    tokens: Sequence[str], lacking: Sequence[Item], spare: Sequence[Item], belong: _Belong
) -> list[tuple[Item, Item]]:
    pairs = [(gold, found) for gold in lacking for found in spare if belong(tokens, gold, found)]
    return sorted(pairs, key=lambda pair: _distance(*pair))  # a stable sort: ties stay in the order of the sentence


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


def _other_type(tokens: Sequence[str], gold: Item, found: Item) -> bool:
    return _places(gold) == _places(found) and gold[1:2] == found[1:2]


def _swapped(tokens: Sequence[str], gold: Item, found: Item) -> bool:
    return gold[1] == found[1] and _places(gold) == _places(found)[::-1]


def _other_relation(tokens: Sequence[str], gold: Item, found: Item) -> bool:
    return _places(gold) == _places(found)


def _other_span(tokens: Sequence[str], gold: Item, found: Item) -> bool:
    ends = zip(_places(gold), _places(found), strict=True)
    return gold[1:2] == found[1:2] and all(_close(tokens, a, b) for a, b in ends)


def _close(tokens: Sequence[str], a: Item, b: Item) -> bool:
    return (a[0] < b[1] and b[0] < a[1]) or tokens[a[0] : a[1]] == tokens[b[0] : b[1]]


_OF_TRIPLES: Final[Mapping[VerdictKind, _Belong]] = MappingProxyType(
    {
        "wrong type": _other_type,
        "wrong direction": _swapped,
        "wrong relation": _other_relation,
        "boundary error": _other_span,
    }
)
_OF_ENTITIES: Final[Mapping[VerdictKind, _Belong]] = MappingProxyType(
    {"wrong type": _other_type, "boundary error": _other_span}
)
