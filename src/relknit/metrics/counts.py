"""What is correct in each sentence, under each of the five scores.

    partial    (head anchor, relation, tail anchor)
    exact      the authors' rule: partial, both anchors end gold entities whose whole span was tagged, and head != tail
    strict     ((start, end, type), relation, (start, end, type)) of the triples' entities
    text       strict with the entity's words in place of its offsets
    entities   (start, end, type) of the tagged entities, whether or not a triple needs them

All compare sets, so a triple predicted twice counts once. A triple of a word with itself (both names end in it) counts
under every score; exact counts it as gold and as predicted and never as correct, as the authors' code does. Types are
compared only where the gold data has any, and never under exact. An untagged entity (`tagged` false, one word) may make a
strict triple correct, but not an exact one, and it is not a predicted entity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from relknit.document import AnchorRule, Document, Entity, Prediction, anchor_triples
from relknit.metrics.annotated import judged

ScoreName = Literal["partial", "exact", "strict", "text", "entities"]
SCORES: Final[tuple[ScoreName, ...]] = ("partial", "exact", "strict", "text", "entities")

Item: TypeAlias = tuple[Any, ...]
Counts: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One sentence under one score: the predicted set, the gold set, and the correct ones among the predicted."""

    predicted: frozenset[Item]
    gold: frozenset[Item]
    correct: frozenset[Item]


@dataclass(frozen=True, slots=True)
class SentenceComparison:
    """A gold sentence and its prediction under every score; `typed`: whether types were compared."""

    gold: Document
    prediction: Prediction
    by_score: Mapping[ScoreName, Comparison]
    typed: bool

    def __getitem__(self, score: ScoreName) -> Comparison:
        return self.by_score[score]


def is_typed(documents: Iterable[Document]) -> bool:
    """Whether any entity of the documents has a type; if none has, types are not compared."""
    return any(entity.type is not None for document in documents for entity in document.entities)


def compare_sentence(gold: Document, prediction: Prediction, *, rule: AnchorRule, typed: bool) -> SentenceComparison:
    """The sentence under every score; `gold.anchors` is not read, gold is its entities and relations.

    What gold does not annotate does not count (see `relknit.metrics.annotated`).
    """
    prediction = judged(gold, prediction)
    truth = Prediction(gold.entities, gold.relations)
    partial = _intersect(anchor_triples(prediction, rule), anchor_triples(truth, rule))
    tagged = [entity for entity in prediction.entities if entity.tagged]
    whole = _anchors_of_whole_entities(gold.entities, tagged, rule)
    exact = frozenset((i, t, j) for i, t, j in partial.correct if i != j and i in whole and j in whole)
    by_score: dict[ScoreName, Comparison] = {
        "partial": partial,
        "exact": Comparison(partial.predicted, partial.gold, exact),
        "strict": _intersect(_strict(prediction, typed), _strict(truth, typed)),
        "text": _intersect(_text(prediction, gold.tokens, typed), _text(truth, gold.tokens, typed)),
        "entities": _intersect(_spans(tagged, typed), _spans(gold.entities, typed)),
    }
    return SentenceComparison(gold, prediction, by_score, typed)


def compare_sentences(
    gold: Sequence[Document], predictions: Sequence[Prediction], *, rule: AnchorRule
) -> list[SentenceComparison]:
    """`compare_sentence` of every pair, in order; raises ValueError when one is longer than the other."""
    typed = is_typed(gold)
    pairs = zip(gold, predictions, strict=True)
    return [compare_sentence(document, prediction, rule=rule, typed=typed) for document, prediction in pairs]


def tabulate(comparisons: Sequence[SentenceComparison], score: ScoreName) -> Counts:
    """(sentences, 3) whole numbers: how many are correct, predicted and gold, sentence by sentence."""
    rows = [(len(c[score].correct), len(c[score].predicted), len(c[score].gold)) for c in comparisons]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _intersect(predicted: frozenset[Any], gold: frozenset[Any]) -> Comparison:
    return Comparison(predicted, gold, predicted & gold)


def _anchors_of_whole_entities(gold: Iterable[Entity], tagged: Iterable[Entity], rule: AnchorRule) -> frozenset[int]:
    # With strict BIES decoding, "span decoded" is the same as "every tag inside the gold span is correct".
    spans = {(entity.token_start, entity.token_end) for entity in tagged}
    return frozenset(entity.anchor(rule) for entity in gold if (entity.token_start, entity.token_end) in spans)


def span_key(entity: Entity, typed: bool) -> tuple[int, int, str | None]:
    """An entity as scores compare it: first token, end, and its type where types are compared."""
    return entity.token_start, entity.token_end, entity.type if typed else None


def _strict(prediction: Prediction, typed: bool) -> frozenset[Item]:
    return _triples(prediction, [span_key(entity, typed) for entity in prediction.entities])


def _text(prediction: Prediction, tokens: Sequence[str], typed: bool) -> frozenset[Item]:
    ends = [(" ".join(tokens[e.token_start : e.token_end]), e.type if typed else None) for e in prediction.entities]
    return _triples(prediction, ends)


def _triples(prediction: Prediction, ends: Sequence[Item]) -> frozenset[Item]:
    return frozenset((ends[r.head], r.type, ends[r.tail]) for r in prediction.relations)


def _spans(entities: Iterable[Entity], typed: bool) -> frozenset[Item]:
    return frozenset(span_key(entity, typed) for entity in entities)
