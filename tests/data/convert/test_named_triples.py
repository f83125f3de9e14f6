from __future__ import annotations

import pytest

from relknit.data.convert import ReadOptions, split_at_spaces
from relknit.data.convert.named_triples import FIRST, NEAREST, SEVERAL_TYPES, Name, NamedTriple, document_from_names
from relknit.document import Entity, Relation
from relknit.errors import DataError
from relknit.text.tokenise import tokenise


def document(text, *triples, anchor="whole", options=None):
    names = [(h if isinstance(h, Name) else Name(h), r, t if isinstance(t, Name) else Name(t)) for h, r, t in triples]
    facts = [NamedTriple(*triple, DataError) for triple in names]
    return document_from_names(text, facts, identity="1", options=options or ReadOptions(), anchor=anchor)


def places(made):
    return [(t.head.start, t.relation, t.tail.start) for t in made.triples]


def test_a_document_of_names_has_exact_offsets():
    made = document("Ada Lovelace lived in London.", ("Ada Lovelace", "residence", "London"))
    assert made.triples[0].head.text == "Ada Lovelace"
    assert (made.triples[0].tail.start, made.triples[0].tail.end) == (22, 28)
    assert all(made.text[start:end] == token for token, (start, end) in zip(made.tokens, made.offsets, strict=True))


def test_a_sentence_without_facts_has_no_entities():
    made = document("It rained.")
    assert (made.entities, made.relations) == ((), ())


def test_a_token_is_cut_where_a_name_ends_inside_it_and_the_cuts_are_counted():
    options = ReadOptions()
    made = document("She took 50xy of it.", ("it", "dose", "50"), options=options)
    assert made.tokens == ("She", "took", "50", "xy", "of", "it", ".")
    assert [e.text for e in made.entities] == ["50", "it"]
    assert [count for what, count in options.tally.items() if "split" in what] == [1]


def test_of_several_mentions_the_nearest_to_the_other_name_is_taken_and_counted():
    text, triple = "Paul left York; Mira was born in York.", ("Mira", "born in", "York")
    options = ReadOptions()
    assert places(document(text, triple, options=options)) == [(16, "born in", 33)]
    assert options.tally[NEAREST] == 1


def test_the_first_mention_is_taken_where_benchmarks_are_scored_by_it():
    text, triple = "Paul left York ; Mira was born in York .", ("Mira", "born in", "York")
    for options in (ReadOptions(mentions="first"), ReadOptions(tokeniser=split_at_spaces)):
        assert places(document(text, triple, options=options)) == [(17, "born in", 10)]
        assert options.tally[FIRST] == 1
    nearest = ReadOptions(mentions="nearest", tokeniser=split_at_spaces)
    assert places(document(text, triple, options=nearest)) == [(17, "born in", 34)]


def test_each_triple_of_a_name_has_its_own_mention():
    text = "Ada was born in Ripley. Later Ada lived in London."
    made = document(text, ("Ada", "born in", "Ripley"), ("Ada", "lived in", "London"))
    assert places(made) == [(0, "born in", 16), (30, "lived in", 43)]


def test_both_names_alike_give_an_entity_related_to_itself():
    made = document("Rome is Rome", ("Rome", "is", "Rome"))
    assert (made.relations[0].head, made.relations[0].tail) == (0, 0)


def test_offsets_decide_where_they_are_given():
    text = "Ada met Ada and Bo."
    made = document(text, (Name("Ada", start=8), "met", Name("Bo", end=18)), (Name("Ada", start=0, end=3), "met", "Bo"))
    assert places(made) == [(8, "met", 16), (0, "met", 16)]


@pytest.mark.parametrize(
    "name", [Name("Ada", start=1), Name("Ada", start=3, end=6), Name("Ada", end=2), Name("Ada", start=90)]
)
def test_a_name_that_is_not_at_its_offsets_is_named(name):
    with pytest.raises(DataError, match='"Ada" is not at characters'):
        document("Ada met Bo.", (name, "met", "Bo"))


def test_types_are_kept_and_the_first_of_several_is_counted():
    options = ReadOptions()
    bo = Name("Bo", "Dog")
    made = document("Ada met Bo.", (Name("Ada"), "a", bo), (Name("Ada", "P"), "b", Name("Bo", "Cat")), options=options)
    assert made.entities == (Entity(0, 1, "P"), Entity(2, 3, "Dog"))
    assert options.tally[SEVERAL_TYPES] == 1


def test_a_last_word_is_the_first_token_that_reads_so():
    options = ReadOptions(tokeniser=split_at_spaces)
    made = document("Lloyd-Webber met Webber", ("Webber", "met", "met"), anchor="last", options=options)
    assert made.entities == (Entity(1, 2), Entity(2, 3))
    assert made.relations == (Relation(1, 0, "met"),)


@pytest.mark.parametrize(
    ("triple", "anchor", "words"),
    [
        (("Grace", "r", "Ada"), "whole", 'head "Grace" is not in the sentence "Ada ran."; '),
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


@pytest.mark.parametrize("text", ["トヨタは豊田市に本社を置く。", "서울은 한국의 수도이다.", "กรุงเทพเป็นเมืองหลวง"])
def test_names_in_scripts_without_spaces_are_exact(text):
    made = document(text, (text[:2], "r", text[4:6]))
    assert [e.text for e in made.entities] == [text[:2], text[4:6]]
    assert "".join(made.tokens) == "".join(token for token, _, _ in tokenise(text))
