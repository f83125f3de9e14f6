"""BIO tags, and the entities that copied words end."""

import random

import pytest

from relknit.document import Entity
from relknit.models.copy_mtl.bio import BEGIN, INSIDE, OUTSIDE, bio_spans, bio_tags, span_ending_at
from relknit.models.triple_model import Span

NUMBERS = {"B": BEGIN, "I": INSIDE, "O": OUTSIDE}


def test_flat_entities_come_back_from_their_tags_and_from_their_last_words():
    drawn = random.Random(0)
    for _ in range(50):
        cuts = sorted(drawn.sample(range(12), 6))
        spans = [Span(*cuts[k : k + 2]) for k in (0, 2, 4)]
        tags = bio_tags([Entity(*span) for span in spans], 12)
        assert bio_spans(tags) == spans
        assert [span_ending_at(span.end - 1, tags) for span in spans] == spans


def test_adjacent_entities_are_two():
    assert bio_spans(bio_tags([Entity(0, 2), Entity(2, 3)], 3)) == [Span(0, 2), Span(2, 3)]


def test_of_overlapping_entities_the_longest_is_tagged():
    assert (
        bio_tags([Entity(0, 3), Entity(1, 2)], 4)
        == bio_tags([Entity(1, 2), Entity(0, 3)], 4)
        == [NUMBERS[tag] for tag in "BIIO"]
    )


@pytest.mark.parametrize(
    ("tags", "word", "expected"),
    [
        ("OBII", 3, Span(1, 4)),
        ("OBII", 2, Span(1, 3)),
        ("OIIO", 2, Span(0, 3)),
        ("II", 1, Span(0, 2)),
        ("BO", 1, Span(1, 2)),
        ("IB", 1, Span(1, 2)),
    ],
)
def test_the_entity_of_a_word_reaches_left_over_inside_tags_to_the_first_other_one(tags, word, expected):
    assert span_ending_at(word, [NUMBERS[tag] for tag in tags]) == expected
