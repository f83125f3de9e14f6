"""Of every gold and every predicted triple, exactly one kind of right or wrong.

    right            predicted as gold has it (the strict score)
    wrong type       the same spans and relation, an entity of another type
    wrong direction  the same two spans and the same relation, head and tail swapped
    wrong relation   the same head and tail, another relation
    wrong span       the same relation; head and tail each share a token with gold's, or read the same elsewhere
    missed           gold, and nothing of the above was predicted for it
    invented         predicted, and nothing of the above is gold for it

A kind between "right" and "missed" joins one predicted triple to one gold triple, each in no other pair; the strict score
counts such a pair as missed and as invented. So right + wrong … + missed is gold, right + wrong … + invented is predicted.

The pairs are chosen from what is left when the right ones are gone: first all of wrong type, then wrong direction, wrong
relation, wrong span, each time the nearest first (the fewest tokens by which the ends of the spans differ), then in the
order of the sentence. Entities are judged alike, by the entity score: right, wrong type, wrong span, missed or invented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Generic, Literal, TypeAlias, TypeVar

from relknit.document import Document, Prediction
from relknit.metrics.counts import Comparison, Item, SentenceComparison, compare_sentence, is_typed
from relknit.metrics.facts import Fact, Mention

ErrorKind = Literal["right", "wrong type", "wrong direction", "wrong relation", "wrong span", "missed", "invented"]

MEANING: Final[Mapping[ErrorKind, str]] = MappingProxyType(
    {
        "right": "predicted as gold has it",
        "wrong type": "the same spans and relation, an entity of another type",
        "wrong direction": "head and tail swapped",
        "wrong relation": "the same head and tail, another relation",
        "wrong span": "the same relation, head or tail cut differently or found elsewhere",
        "missed": "gold, and nothing near it was predicted",
        "invented": "predicted, and nothing near it is gold",
    }
)
KINDS: Final[tuple[ErrorKind, ...]] = tuple(MEANING)

Found = TypeVar("Found", bound=Mention | Fact)

_Belong: TypeAlias = Callable[[Sequence[str], Item, Item], bool]


@dataclass(frozen=True, slots=True)
class Finding(Generic[Found]):
    """One entity or triple, or a pair: `found` was predicted (None when missed), `gold` is the data's (None when invented)."""

    kind: ErrorKind
    found: Found | None
    gold: Found | None

    def __str__(self) -> str:
        if self.found is None or self.gold is None or self.found == self.gold:
            return str(self.gold if self.found is None else self.found)
        if str(self.found) == str(self.gold):
            return f"{self.found.placed}, gold {self.gold.placed}"
        return f"{self.found}, gold {self.gold}"


@dataclass(frozen=True, slots=True)
class Extraction:
    """All findings in a sentence: what gold has in the order of the sentence, then what was invented."""

    entities: tuple[Finding[Mention], ...]
    triples: tuple[Finding[Fact], ...]


def judge(document: Document, comparison: SentenceComparison) -> Extraction:
    """The findings of one sentence, triples by its strict comparison and entities by that of entities."""

    def mention(item: Item) -> Mention:
        return Mention.of(document, item[0])

    def fact(item: Item) -> Fact:
        return Fact.of(document, item)

    tokens, of_entities = document.tokens, _single(comparison["entities"])
    return Extraction(
        _findings(tokens, of_entities, _OF_ENTITIES, mention),
        _findings(tokens, comparison["strict"], _OF_TRIPLES, fact),
    )


def judge_all(gold: Sequence[Document], predictions: Sequence[Prediction]) -> list[Extraction]:
    """The findings of every sentence; types are compared where gold has any. Raises ValueError when lengths differ."""
    typed = is_typed(gold)
    pairs = zip(gold, predictions, strict=True)
    return [judge(document, compare_sentence(document, said, rule="last", typed=typed)) for document, said in pairs]


def count_kinds(findings: Iterable[Finding[Found]]) -> dict[ErrorKind, int]:
    """How many findings there are of every kind, in the order of KINDS."""
    counted = Counter(finding.kind for finding in findings)
    return {kind: counted[kind] for kind in KINDS}


def relations_of(finding: Finding[Fact]) -> tuple[str, ...]:
    """The relation of the gold triple, then that of the predicted one; one alone where they agree or one is absent."""
    facts = (fact for fact in (finding.gold, finding.found) if fact is not None)
    return tuple(dict.fromkeys(fact.relation for fact in facts))


def kinds_by_relation(findings: Iterable[Finding[Fact]]) -> dict[str, dict[ErrorKind, int]]:
    """`count_kinds` of every relation, by name: what became of its gold triples, and how many of it were invented."""
    groups: dict[str, list[Finding[Fact]]] = {}
    for finding in findings:
        groups.setdefault(relations_of(finding)[0], []).append(finding)
    return {relation: count_kinds(groups[relation]) for relation in sorted(groups)}


def confusions(findings: Iterable[Finding[Fact]]) -> dict[tuple[str, str], int]:
    """How often a gold relation was predicted as another one for the same pair: (gold, predicted), most often first."""
    counted = Counter(relations_of(finding) for finding in findings if finding.kind == "wrong relation")
    ordered = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))
    return {(gold, found): count for (gold, found), count in ordered}


def _single(comparison: Comparison) -> Comparison:
    """Of entities, each as a tuple of its one span."""
    sets = (comparison.predicted, comparison.gold, comparison.right)
    return Comparison(*(frozenset((span,) for span in spans) for spans in sets))


def _findings(
    tokens: Sequence[str], comparison: Comparison, rules: Mapping[ErrorKind, _Belong], read: Callable[[Item], Found]
) -> tuple[Finding[Found], ...]:
    spare = sorted(comparison.predicted - comparison.right, key=_in_order)
    lacking = sorted(comparison.gold - comparison.right, key=_in_order)
    of_gold = {item: Finding("right", read(item), read(item)) for item in comparison.right}
    for kind, belong in rules.items():
        for gold, found in _nearest_first(tokens, lacking, spare, belong):
            if gold in lacking and found in spare:
                lacking.remove(gold)
                spare.remove(found)
                of_gold[gold] = Finding(kind, read(found), read(gold))
    of_gold |= {item: Finding("missed", None, read(item)) for item in lacking}
    in_order = (of_gold[item] for item in sorted(of_gold, key=_in_order))
    return (*in_order, *(Finding("invented", read(item), None) for item in spare))


def _nearest_first(
    tokens: Sequence[str], lacking: Sequence[Item], spare: Sequence[Item], belong: _Belong
) -> list[tuple[Item, Item]]:
    pairs = [(gold, found) for gold in lacking for found in spare if belong(tokens, gold, found)]
    return sorted(pairs, key=lambda pair: _distance(*pair))  # a stable sort: ties stay in the order of the sentence


def _in_order(item: Item) -> Item:
    """What to sort by: where the spans stand, then the relation; a missing type can't be compared with a name."""
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


_OF_TRIPLES: Final[Mapping[ErrorKind, _Belong]] = MappingProxyType(
    {
        "wrong type": _other_type,
        "wrong direction": _swapped,
        "wrong relation": _other_relation,
        "wrong span": _other_span,
    }
)
_OF_ENTITIES: Final[Mapping[ErrorKind, _Belong]] = MappingProxyType(
    {"wrong type": _other_type, "wrong span": _other_span}
)
