from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import Entity
from relknit.tags import flat_entities, heaviest_entities, spans_to_tags, tag_names, tags_to_spans

TYPES = [None, "Loc", "Work-Of-Art"]
TAGS = st.lists(st.sampled_from(tag_names(TYPES)), max_size=12)
LENGTH = 10


@st.composite
def entities(draw):
    start = draw(st.integers(0, LENGTH - 1))
    return Entity(start, draw(st.integers(start + 1, LENGTH)), draw(st.sampled_from(TYPES)))


ENTITIES = st.lists(entities(), max_size=6)


def test_tag_names_start_with_outside_and_give_each_type_its_four():
    assert tag_names([None]) == ("O", "B", "I", "E", "S")
    assert tag_names(["Loc", "Org"]) == ("O", "B-Loc", "I-Loc", "E-Loc", "S-Loc", "B-Org", "I-Org", "E-Org", "S-Org")


@pytest.mark.parametrize(
    ("spans", "tags"),
    [
        ([], "O O O O"),
        ([Entity(1, 2)], "O S O O"),
        ([Entity(0, 2)], "B E O O"),
        ([Entity(0, 4)], "B I I E"),
        ([Entity(0, 1, "Loc"), Entity(1, 4, "Org")], "S-Loc B-Org I-Org E-Org"),
        ([Entity(2, 4, "Work-Of-Art")], "O O B-Work-Of-Art E-Work-Of-Art"),
    ],
)
def test_spans_are_spelled_as_bioes(spans, tags):
    assert spans_to_tags(spans, 4) == tuple(tags.split())
    assert tags_to_spans(tags.split()) == tuple(spans)


@pytest.mark.parametrize(
    "tags",
    ["B", "B O E", "I E", "B I", "B I O", "E", "B-Loc E-Org", "B-Loc I-Org E-Loc", "B-Loc E", "I I I", "B I I O"],
)
def test_a_span_that_is_not_spelled_out_is_no_entity(tags):
    assert tags_to_spans(tags.split()) == ()


def test_a_new_beginning_drops_the_unfinished_one():
    assert tags_to_spans(["B", "B", "E"]) == (Entity(1, 3),)
    assert tags_to_spans(["B", "I", "S", "E"]) == (Entity(2, 3),)


def test_of_overlapping_entities_the_earlier_then_the_longer_is_kept():
    assert flat_entities([Entity(1, 3), Entity(0, 2)]) == (Entity(0, 2),)
    assert flat_entities([Entity(0, 1), Entity(0, 3), Entity(2, 4)]) == (Entity(0, 3),)
    assert flat_entities([Entity(2, 3), Entity(0, 2)]) == (Entity(0, 2), Entity(2, 3))


def test_an_empty_sentence_has_no_tags():
    assert spans_to_tags([], 0) == ()
    assert tags_to_spans([]) == ()


@given(ENTITIES)
def test_flat_entities_survive_the_round_trip_and_nothing_else_appears(spans):
    assert tags_to_spans(spans_to_tags(spans, LENGTH)) == flat_entities(spans)


@given(ENTITIES)
def test_flat_entities_share_no_token_and_each_one_left_out_overlaps_one_kept(spans):
    kept = flat_entities(spans)
    assert all(left.token_end <= right.token_start for left, right in pairwise(kept))
    for entity in spans:
        if entity not in kept:
            assert any(entity.token_start < other.token_end and other.token_start < entity.token_end for other in kept)


@given(TAGS, st.data())
def test_a_span_is_decoded_exactly_when_every_tag_inside_it_is_right(tags, data):
    decoded = tags_to_spans(tags)
    for start in range(len(tags)):
        end = data.draw(st.integers(start + 1, len(tags)))
        kind = data.draw(st.sampled_from(TYPES))
        right = spans_to_tags([Entity(start, end, kind)], len(tags))[start:end]
        assert (Entity(start, end, kind) in decoded) == (tuple(tags[start:end]) == right)


@given(TAGS)
def test_decoding_is_idempotent(tags):
    spans = tags_to_spans(tags)
    assert tags_to_spans(spans_to_tags(spans, len(tags))) == spans


@pytest.mark.parametrize(
    ("weights", "kept"),
    [
        ([1, 0, 0], [Entity(0, 5)]),
        ([0, 1, 1], [Entity(0, 2), Entity(3, 5)]),
        ([1, 1, 1], [Entity(0, 2), Entity(3, 5)]),
        ([2, 1, 1], [Entity(0, 5)]),
        ([0, 0, 0], [Entity(0, 5)]),
    ],
)
def test_of_nested_entities_those_that_weigh_most_are_kept_and_of_equals_those_of_more_words(weights, kept):
    spans = [Entity(0, 5), Entity(0, 2), Entity(3, 5)]
    assert list(heaviest_entities(spans, weights)) == kept
    assert tags_to_spans(spans_to_tags(spans, 5, weights=weights)) == tuple(kept)


@given(st.lists(st.tuples(entities(), st.integers(0, 3)), max_size=6))
def test_no_choice_without_overlaps_weighs_more(pairs):
    spans, weights = [span for span, _ in pairs], [weight for _, weight in pairs]

    def worth(chosen):
        return sum(weights[k] for k in chosen), sum(spans[k].token_end - spans[k].token_start for k in chosen)

    def apart(chosen):
        return all(
            spans[i].token_end <= spans[j].token_start or spans[j].token_end <= spans[i].token_start
            for i, j in combinations(chosen, 2)
        )

    every = (set(chosen) for size in range(len(pairs) + 1) for chosen in combinations(range(len(pairs)), size))
    kept = heaviest_entities(spans, weights)
    assert all(first.token_end <= second.token_start for first, second in pairwise(kept))
    numbers, left = [], list(range(len(spans)))
    for span in kept:  # of equal spans the heaviest
        number = max((k for k in left if spans[k] == span), key=lambda k: weights[k])
        numbers.append(number)
        left.remove(number)
    assert worth(numbers) == max(worth(chosen) for chosen in every if apart(chosen))
