from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.convert.assemble import split_at_spaces
from relknit.data.convert.mentions import Mentions
from relknit.data.convert.same_look import FoldedText
from relknit.text.tokenise import tokenise


def mentions(text, name, *others, tokeniser=tokenise):
    return Mentions(text, tokeniser(text), [name, *others]).of(name)


def test_a_name_is_found_by_its_characters():
    assert mentions("Ada Lovelace lived in London.", "Ada Lovelace") == [(0, 12)]
    assert mentions("Ada lived.", "Grace") == []
    assert mentions("What? (no)", "?") == [(4, 5)]
    assert mentions("abc", "a.c") == []


def test_equally_good_mentions_are_all_given_in_order():
    assert mentions("Rome is Rome", "Rome") == [(0, 4), (8, 12)]


def test_a_mention_inside_a_longer_name_is_the_last_choice():
    text = "The University of Leeds is in Leeds."
    assert mentions(text, "Leeds") == [(18, 23), (30, 35)]
    assert mentions(text, "Leeds", "University of Leeds") == [(30, 35)]
    assert mentions("The University of Leeds.", "Leeds", "University of Leeds") == [(18, 23)]


def test_a_mention_between_other_capitalised_words_is_chosen_only_if_there_is_no_other():
    assert mentions("Holt, daughter of Mira Holt, left.", "Holt") == [(0, 4)]
    assert mentions("Leeds United left Leeds.", "Leeds") == [(18, 23)]
    assert mentions("The Holt of today met Holt.", "Holt") == [(4, 8), (22, 26)]
    assert mentions("Mira Holt left.", "Holt") == [(5, 9)]
    text = "So Mira Holt met Holt."
    assert mentions(text, "Holt") == [(17, 21)]
    assert Mentions(text, tokenise(text), ["Holt"], by_case=False).of("Holt") == [(8, 12), (17, 21)]


def test_a_name_inside_a_word_gives_way_to_the_word_itself():
    assert mentions("Romeo left Rome", "Rome") == [(11, 15)]
    assert mentions("Romeo saw Rome-born", "Rome", tokeniser=split_at_spaces) == [(10, 14)]
    assert mentions("서울에서 만나요", "서울") == [(0, 2)]


def test_a_name_between_word_borders_gives_way_to_one_that_begins_and_ends_with_tokens():
    assert mentions("Lloyd-Webber met Webber", "Webber", tokeniser=split_at_spaces) == [(17, 23)]


def test_overlapping_mentions_are_all_considered():
    assert mentions("aaa aa", "aa") == [(4, 6)]
    assert mentions("a a b a b", "a b") == [(2, 5), (6, 9)]


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("Mira\u00a0Holt ran.", "Mira Holt", "Mira\u00a0Holt"),
        ("Mira \n Holt ran.", "Mira Holt", "Mira \n Holt"),
        ("Mira’s Hall", "Mira's Hall", "Mira’s Hall"),
        ("the “Ouse” mill", '"Ouse"', "“Ouse”"),
        ("the 2014–15 season", "2014-15", "2014–15"),
        ("Mi\u00adra ran.", "Mira", "Mi\u00adra"),
        ("Mira\u200b ran.", "Mi\u200bra", "Mira"),
        (unicodedata.normalize("NFD", "Zoë 한국 ran."), "Zoë 한국", unicodedata.normalize("NFD", "Zoë 한국")),
        ("Zoë ran.", unicodedata.normalize("NFD", "Zoë"), "Zoë"),
        ("Holt &amp; Sons", "Holt & Sons", "Holt &amp; Sons"),
        ("Holt & Sons", "Holt &#38; Sons", "Holt & Sons"),
    ],
)
def test_a_name_that_looks_the_same_is_found(text, name, found):
    placed = Mentions(text, tokenise(text), [name])
    assert [text[start:end] for start, end in placed.of(name)] == [found]
    assert placed.alike == {name}


@pytest.mark.parametrize(("text", "name"), [("Zoe ran.", "Zoë"), ("mira ran.", "Mira"), ("AT&T ran", "AT T")])
def test_a_name_that_looks_different_is_not_found(text, name):
    assert mentions(text, name) == []


@given(st.text(max_size=30))
def test_folding_again_changes_nothing_and_every_character_has_a_place(text):
    folded = FoldedText(text)
    assert len(folded.text) <= max(1, 6 * len(text))
    for k in range(len(folded.text)):
        start, end = folded.original(k, k + 1)
        assert 0 <= start < end <= len(text)


@given(st.lists(st.sampled_from(["Ada", "Adam", "of", "St.", "x-y"]), min_size=1, max_size=8), st.data())
def test_any_run_of_tokens_is_found(words, data):
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    text, name = " ".join(words), " ".join(words[start:end])
    found = mentions(text, name, tokeniser=split_at_spaces)
    assert found
    assert all(text[a:b] == name for a, b in found)


@pytest.mark.parametrize(
    ("text", "heads", "tails", "expected"),
    [
        ("x" * 40, [(0, 3), (20, 23)], [(10, 12), (28, 31)], ((20, 23), (28, 31))),
        ("x" * 40, [(0, 3)], [(0, 3), (3, 5)], ((0, 3), (0, 3))),
        ("x" * 40, [(0, 1), (10, 11)], [(5, 6)], ((0, 1), (5, 6))),
        ("Ada left York; Bo was born in York.", [(15, 17)], [(9, 13), (30, 34)], ((15, 17), (30, 34))),
        ("Ada left York. Bo was born in York.", [(0, 3)], [(9, 13), (30, 34)], ((0, 3), (9, 13))),
    ],
)
def test_the_nearest_mentions_have_the_fewest_clauses_and_then_characters_between(text, heads, tails, expected):
    assert Mentions(text, tokenise(text), []).nearest(heads, tails) == expected
