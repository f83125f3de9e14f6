"""Triples as the actions of the copy decoder, and back.

An action is a number: 0 is NA ("no triple"), k + 1 is relation k or word k of the sentence. Every three make a triple.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from relknit.models.copy_re.settings import Order
from relknit.models.triple_model import ScoredTriple, Span, SpanTriple

TRIPLES: Final = 5
PARTS: Final = 3
"""Relation, head and tail."""

STEPS: Final = TRIPLES * PARTS
NA: Final = 0


class WordTriple(NamedTuple):
    """A relation, by number, between two words of a sentence."""

    relation: int
    head: int
    tail: int


def word_triples(triples: Iterable[SpanTriple], *, self_pairs: bool) -> list[WordTriple]:
    """The last words of the spans, each triple once. self_pairs: whether those of a word with itself are kept."""
    found = (WordTriple(relation, head.end - 1, tail.end - 1) for head, relation, tail in triples)
    return [triple for triple in dict.fromkeys(found) if self_pairs or triple.head != triple.tail]


def ordered(triples: Sequence[WordTriple], order: Order, tokens: Sequence[str]) -> list[WordTriple]:
    """The triples in the order in which they are learned.

    random: an order that follows from the words of the sentence, the same in every epoch. given: as they are. Otherwise by
    relation and then by position; relations are numbered by name for "alphabetical", by frequency for "frequency".
    """
    if order == "given":
        return list(triples)
    found = sorted(triples)
    if order == "random":
        random.Random("\n".join(tokens)).shuffle(found)
    return found


def to_actions(triples: Sequence[WordTriple]) -> list[int]:
    """The actions of all steps: the first five triples, then NA."""
    actions = [number + 1 for triple in triples[:TRIPLES] for number in triple]
    return actions + [NA] * (STEPS - len(actions))


def _one_word(word: int) -> Span:
    return Span(word, word + 1)


def from_actions(
    actions: Sequence[int], probabilities: Sequence[float], span: Callable[[int], Span] = _one_word
) -> tuple[list[ScoredTriple], int]:
    """The triples of the actions, and how many were dropped: those with NA in one or two of their parts, and repeated ones.

    probabilities: of each action; the confidence of a triple is the product of its three, of repeated ones the highest.
    span: the entity that a copied word stands for.
    """
    best: dict[WordTriple, float] = {}
    dropped = 0
    for start in range(0, STEPS, PARTS):
        parts = actions[start : start + PARTS]
        if NA in parts:
            dropped += any(parts)
            continue
        triple = WordTriple(*(part - 1 for part in parts))
        p, q, r = probabilities[start : start + PARTS]
        dropped += triple in best
        best[triple] = max(best.get(triple, 0.0), p * q * r)
    found = [ScoredTriple(span(t.head), t.relation, span(t.tail), confidence) for t, confidence in best.items()]
    return found, dropped
