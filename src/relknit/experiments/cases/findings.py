"""What a model found in one sentence, one by one against gold: right, missed, invented, or right but for the span."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from relknit.metrics.counts import Comparison, Item, SentenceComparison

Verdict: TypeAlias = Literal["right", "span differs", "type differs", "missed", "invented"]

_Span: TypeAlias = tuple[int, int, str | None]


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens `start` to `end` (exclusive) and their words; `type` where the gold data has types."""

    text: str
    start: int
    end: int
    type: str | None = None

    def __str__(self) -> str:
        return self.text if self.type is None else f"{self.text} · {self.type}"

    @property
    def placed(self) -> str:
        """The words with their tokens, for where the words alone don't tell it from another."""
        return f"{self} {self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A triple of one sentence."""

    head: Mention
    relation: str
    tail: Mention

    def __str__(self) -> str:
        return f"({self.head}, {self.relation}, {self.tail})"

    @property
    def placed(self) -> str:
        """The triple with the tokens of its head and tail."""
        return f"({self.head.placed}, {self.relation}, {self.tail.placed})"


@dataclass(frozen=True, slots=True)
class Finding:
    """One entity or triple: `found` is the model's (None when missed), `gold` that of the data (None when invented).

    "span differs" and "type differs" stand for a pair that means the same and is wrong under the strict score
    nevertheless, which counts it as missed and as invented.
    """

    verdict: Verdict
    found: Mention | Fact | None
    gold: Mention | Fact | None

    def __str__(self) -> str:
        if self.found is None or self.gold is None or self.found == self.gold:
            return str(self.gold if self.found is None else self.found)
        if str(self.found) == str(self.gold):
            return f"{self.found.placed}, gold {self.gold.placed}"
        return f"{self.found}, gold {self.gold}"


@dataclass(frozen=True, slots=True)
class Extraction:
    """All findings in a sentence: what gold has in the order of the sentence, then what was invented."""

    entities: tuple[Finding, ...]
    triples: tuple[Finding, ...]


def judge(tokens: Sequence[str], comparison: SentenceComparison) -> Extraction:
    """The findings of one sentence, triples by its strict comparison and entities by that of entities.

    A gold entity or triple that isn't right is set beside the nearest one the model has in its place, if there is one:
    of the same relation, its spans overlapping gold's or reading the same.
    """
    return Extraction(_findings(tokens, _single(comparison["entities"])), _findings(tokens, comparison["strict"]))


def marked(tokens: Sequence[str], mentions: Iterable[Mention]) -> str:
    """The tokens joined by spaces, each mention in [brackets]; nested ones in nested brackets."""
    words = list(tokens)
    for mention in mentions:
        words[mention.start] = "[" + words[mention.start]
        words[mention.end - 1] += "]"
    return " ".join(words)


def _single(comparison: Comparison) -> Comparison:
    """Of entities, each as a tuple of its one span."""
    sets = (comparison.predicted, comparison.gold, comparison.right)
    return Comparison(*(frozenset((span,) for span in spans) for spans in sets))


def _findings(tokens: Sequence[str], comparison: Comparison) -> tuple[Finding, ...]:
    spare = sorted(comparison.predicted - comparison.right, key=_in_order)
    findings = []
    for gold in sorted(comparison.gold, key=_in_order):
        near = [item for item in spare if _near(tokens, item, gold)]
        if gold in comparison.right:
            findings.append(Finding("right", _read(tokens, gold), _read(tokens, gold)))
        elif near:
            found = min(near, key=lambda item: _distance(item, gold))
            spare.remove(found)
            verdict: Verdict = "span differs" if _distance(found, gold) else "type differs"
            findings.append(Finding(verdict, _read(tokens, found), _read(tokens, gold)))
        else:
            findings.append(Finding("missed", None, _read(tokens, gold)))
    return (*findings, *(Finding("invented", _read(tokens, item), None) for item in spare))


def _read(tokens: Sequence[str], item: Item) -> Mention | Fact:
    if len(item) == 1:
        return _mention(tokens, item[0])
    head, relation, tail = item
    return Fact(_mention(tokens, head), relation, _mention(tokens, tail))


def _mention(tokens: Sequence[str], span: _Span) -> Mention:
    start, end, kind = span
    return Mention(" ".join(tokens[start:end]), start, end, kind)


def _in_order(item: Item) -> Item:
    """What to sort by: where the spans stand, then the relation; a missing type can't be compared with a name."""
    spans = ((start, end, kind or "") for start, end, kind in (part for part in item if not isinstance(part, str)))
    return (*spans, *(part for part in item if isinstance(part, str)))


def _near(tokens: Sequence[str], item: Item, other: Item) -> bool:
    pairs = zip(item, other, strict=True)
    return all(a == b if isinstance(a, str) else _close(tokens, a, b) for a, b in pairs)


def _close(tokens: Sequence[str], a: _Span, b: _Span) -> bool:
    return (a[0] < b[1] and b[0] < a[1]) or tokens[a[0] : a[1]] == tokens[b[0] : b[1]]


def _distance(item: Item, other: Item) -> int:
    """By how many tokens the ends of the spans differ in all."""
    pairs = [(a, b) for a, b in zip(item, other, strict=True) if not isinstance(a, str)]
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairs)
