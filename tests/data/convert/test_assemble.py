from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.convert.assemble import NamedTriple, TokenisedText, connect, document_from_names, split_at_spaces
from relknit.document import Entity, Relation
from relknit.errors import DataError
from relknit.text.tokenise import tokenise


def locate(text, name, tokeniser=tokenise):
    return TokenisedText(text, tokeniser(text)).locate(name)


def document(text, *triples, anchor="whole", tokeniser=tokenise):
    facts = [NamedTriple(*triple, DataError) for triple in triples]
    return document_from_names(text, facts, identity="1", tokeniser=tokeniser, anchor=anchor)


def test_a_name_is_found_by_its_characters():
    assert locate("Ada Lovelace lived in London.", "Ada Lovelace") == (0, 2)
    assert locate("Ada Lovelace lived in London.", "London") == (4, 5)


def test_the_first_occurrence_is_taken():
    assert locate("Rome is Rome", "Rome") == (0, 1)


def test_a_name_inside_a_word_gives_way_to_the_word_itself():
    assert locate("Romeo left Rome", "Rome") == (2, 3)


def test_a_name_between_word_borders_gives_way_to_one_that_begins_and_ends_with_tokens():
    assert locate("Lloyd-Webber met Webber", "Webber", tokeniser=split_at_spaces) == (2, 3)


def test_a_name_that_cuts_through_tokens_is_given_all_of_them():
    assert locate("the 2014-15 season", "2014", tokeniser=split_at_spaces) == (1, 2)
    assert locate("New York-based", "New York", tokeniser=split_at_spaces) == (0, 2)
    assert locate("서울에서 만나요", "서울", tokeniser=split_at_spaces) == (0, 1)


def test_a_word_border_wins_over_the_middle_of_a_word_even_when_it_cuts_a_token():
    assert locate("Romeo saw Rome-born", "Rome", tokeniser=split_at_spaces) == (2, 3)


def test_overlapping_occurrences_are_all_considered():
    assert locate("aaa aa", "aa", tokeniser=split_at_spaces) == (1, 2)
    assert locate("a a b a b", "a b", tokeniser=split_at_spaces) == (1, 3)


def test_a_name_that_is_not_there_is_none_and_patterns_are_plain_text():
    assert locate("Ada lived.", "Grace") is None
    assert locate("What? (no)", "?") == (1, 2)
    assert locate("abc", "a.c") is None


def test_a_last_word_is_the_first_token_that_reads_so():
    made = document("Lloyd-Webber met Webber", ("Webber", "met", "Lloyd"), anchor="last", tokeniser=split_at_spaces)
    assert made.entities == (Entity(0, 1), Entity(2, 3))
    assert made.relations == (Relation(1, 0, "met"),)


@given(st.lists(st.sampled_from(["Ada", "Adam", "of", "St.", "x-y"]), min_size=1, max_size=8), st.data())
def test_any_run_of_tokens_is_found_at_or_before_where_it_is(words, data):
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    name = " ".join(words[start:end])
    found = locate(" ".join(words), name, tokeniser=split_at_spaces)
    assert found is not None
    assert words[slice(*found)] == words[start:end]
    assert found[0] <= start


def test_splitting_at_spaces_keeps_exact_offsets():
    assert split_at_spaces(" Ada  B. ") == [("Ada", 1, 4), ("B.", 6, 8)]
    assert split_at_spaces("") == []


def test_entities_are_shared_sorted_and_counted_once():
    entities, relations = connect([((3, 4), "r", (0, 2)), ((3, 4), "r", (0, 2)), ((0, 2), "s", (0, 2))], [(5, 6)])
    assert entities == (Entity(0, 2), Entity(3, 4), Entity(5, 6))
    assert relations == (Relation(1, 0, "r"), Relation(0, 0, "s"))


def test_a_document_of_names_has_exact_offsets():
    made = document("Ada Lovelace lived in London.", ("Ada Lovelace", "residence", "London"))
    assert made.triples[0].head.text == "Ada Lovelace"
    assert (made.triples[0].tail.start, made.triples[0].tail.end) == (22, 28)
    assert all(made.text[start:end] == token for token, (start, end) in zip(made.tokens, made.offsets, strict=True))


def test_a_sentence_without_facts_has_no_entities():
    made = document("It rained.")
    assert (made.entities, made.relations) == ((), ())


@pytest.mark.parametrize(
    ("triple", "anchor", "words"),
    [
        (
            ("Grace", "r", "Ada"),
            "whole",
            'head "Grace" is not in the sentence "Ada ran."; ',
        ),
        (("Ada", "r", "grace"), "whole", 'tail "grace" is not in the sentence'),
        (("Ada", "r", "  "), "whole", "tail is empty"),
        (("Ada ran", "r", "Ada"), "last", 'head "Ada ran" has several words'),
    ],
)
def test_a_name_that_cannot_be_placed_is_named(triple, anchor, words):
    with pytest.raises(DataError) as caught:
        document("Ada ran.", triple, anchor=anchor)
    assert words in str(caught.value)


def test_a_long_sentence_is_shortened_in_the_message():
    with pytest.raises(DataError) as caught:
        document("word " * 100, ("Ada", "r", "word"))
    assert len(str(caught.value)) < 160
