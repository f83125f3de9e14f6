"""From gold triples to the actions of the decoder and back."""

import random

import pytest

from relknit.models.copy_re.triples import STEPS, WordTriple, from_actions, ordered, to_actions, word_triples
from relknit.models.triple_model import ScoredTriple, Span, SpanTriple

CERTAIN = [1.0] * STEPS


def read_back(triples):
    found, dropped = from_actions(to_actions(triples), CERTAIN)
    assert dropped == 0
    return [WordTriple(relation, head.end - 1, tail.end - 1) for head, relation, tail, _ in found]


def test_five_triples_come_back_and_the_sixth_is_lost():
    drawn = random.Random(0)
    triples = [WordTriple(k, *drawn.sample(range(20), 2)) for k in range(6)]
    for count in range(7):
        assert read_back(triples[:count]) == triples[: min(count, 5)]


def test_a_triple_is_between_the_last_words_of_its_spans():
    spans = [SpanTriple(Span(0, 2), 3, Span(4, 7)), SpanTriple(Span(1, 2), 3, Span(5, 7))]
    assert word_triples(spans, self_pairs=False) == [WordTriple(3, 1, 6)]


def test_a_pair_of_a_word_with_itself_is_kept_only_where_it_can_be_predicted():
    spans = [SpanTriple(Span(0, 2), 0, Span(1, 2)), SpanTriple(Span(0, 2), 0, Span(2, 3))]
    assert word_triples(spans, self_pairs=True) == [WordTriple(0, 1, 1), WordTriple(0, 1, 2)]
    assert word_triples(spans, self_pairs=False) == [WordTriple(0, 1, 2)]


def test_orders():
    triples = [WordTriple(2, 0, 1), WordTriple(1, 3, 2), WordTriple(1, 0, 2)]
    tokens = ("a", "b", "c", "d")
    assert ordered(triples, "given", tokens) == triples
    assert ordered(triples, "alphabetical", tokens) == ordered(triples, "frequency", tokens) == sorted(triples)
    shuffled = {tuple(ordered(triples, "random", (*tokens, str(k)))) for k in range(30)}
    assert len(shuffled) == 6
    assert ordered(triples[::-1], "random", tokens) == ordered(triples, "random", tokens)


@pytest.mark.parametrize(
    ("actions", "expected", "dropped"),
    [
        ([0, 0, 0], [], 0),
        ([3, 0, 2], [], 1),
        ([0, 1, 2], [], 1),
        ([3, 1, 2], [ScoredTriple(Span(0, 1), 2, Span(1, 2), 0.125)], 0),
    ],
)
def test_a_triple_with_na_in_some_of_its_parts_is_dropped_and_counted(actions, expected, dropped):
    assert from_actions(actions + [0] * 12, [0.5] * STEPS) == (expected, dropped)


def test_a_repeated_triple_is_there_once_with_its_highest_confidence():
    probabilities = [0.5] * 3 + [0.9] * 3 + [1.0] * 9
    found, dropped = from_actions([1, 1, 2, 1, 1, 2, *[0] * 9], probabilities)
    assert [(triple.head, triple.tail, round(triple.confidence, 3)) for triple in found] == [
        (Span(0, 1), Span(1, 2), 0.729)
    ]
    assert dropped == 1
