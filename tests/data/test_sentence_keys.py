from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.sentence_keys import annotation_key, exact_key, letters_and_digits, near_key, trim
from relknit.document import Document, Entity, Relation

TOKENS = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5).map(tuple)


def document(words, entities=(), relations=()):
    tokens = tuple(words.split())
    return Document("1", tokens, tuple(Entity(*e) for e in entities), tuple(Relation(*r) for r in relations))


@pytest.mark.parametrize(
    "text", ["Ada", " Ada", "Ada\t", "\u00a0Ada\u2003", "\u200bAda\ufeff", "\n \u200b Ada \u2060 "]
)
def test_spaces_at_the_ends_go_seen_or_unseen(text):
    assert trim(text) == "Ada"


@pytest.mark.parametrize("text", ["New York", "می\u200cخواهم", "e\u0301", "x\u200by"])
def test_what_is_inside_a_text_stays(text):
    assert trim(text) == text


@given(st.text(max_size=12))
def test_trimming_twice_changes_nothing_more(text):
    assert trim(trim(text)) == trim(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("New - York .", "NEW YORK"),
        ("Peter Stöger", "Peter Stoger !"),
        ("Peter StÃ¶ger", "peter stöger"),
        ("Hau ptstraße", "HAUPTSTRASSE"),
        ("2014-15", "201415"),
        ("e\u0301t\u00e9", "été"),
        ("in frontof it", "in front of it"),
    ],
)
def test_case_accents_marks_spacing_and_double_encoding_are_ignored(one, other):
    assert letters_and_digits(one.split()) == letters_and_digits(other.split())
    assert near_key(document(one)) == near_key(document(other))
    assert exact_key(document(one)) != exact_key(document(other))


@pytest.mark.parametrize(("one", "other"), [("कि", "की"), ("บา", "บี"), ("か", "き"), ("ab", "ac"), ("1", "2")])
def test_letters_and_vowel_signs_of_other_scripts_are_not_ignored(one, other):
    assert letters_and_digits([one]) != letters_and_digits([other])


def test_sentences_without_letters_are_near_to_their_exact_copies_alone():
    assert near_key(document("... !")) == near_key(document("... !"))
    assert near_key(document("... !")) != near_key(document("... ?"))
    assert near_key(document("... !")) == exact_key(document("... !"))


@given(TOKENS, TOKENS)
def test_exact_copies_are_near_copies_too(one, other):
    left, right = Document("1", one), Document("2", other)
    assert (exact_key(left) == exact_key(right)) == (one == other)
    if one == other:
        assert near_key(left) == near_key(right)


def test_where_one_token_ends_and_the_next_begins_counts_for_exact_copies():
    assert exact_key(document("ab c")) != exact_key(document("a bc"))
    assert near_key(document("ab c")) == near_key(document("a bc"))


def test_the_order_of_annotation_does_not_count():
    one = document("a b c", [(0, 1, "X"), (2, 3, "Y")], [(0, 1, "r"), (1, 0, "s")])
    other = document("a b c", [(2, 3, "Y"), (0, 1, "X")], [(0, 1, "s"), (1, 0, "r")])
    assert annotation_key(one) == annotation_key(other)


@pytest.mark.parametrize(
    ("entities", "relations"),
    [
        ([(0, 1, "X")], []),
        ([(0, 1, "X"), (2, 3, "Y")], []),
        ([(0, 1, "X"), (2, 3, "Z")], [(0, 1, "r")]),
        ([(0, 1, "X"), (2, 3, None)], [(0, 1, "r")]),
        ([(0, 2, "X"), (2, 3, "Y")], [(0, 1, "r")]),
        ([(0, 1, "X"), (2, 3, "Y")], [(1, 0, "r")]),
        ([(0, 1, "X"), (2, 3, "Y")], [(0, 1, "s")]),
    ],
)
def test_any_difference_in_annotation_counts(entities, relations):
    reference = document("a b c", [(0, 1, "X"), (2, 3, "Y")], [(0, 1, "r")])
    assert annotation_key(document("a b c", entities, relations)) != annotation_key(reference)
