from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.augment.not_asserted import counter_example, look_alike, vocabulary_document
from relknit.document import Document, Entity, Relation
from relknit.text.read import read_text

TEXT = "The nurse Ada Holm was born in Rome."
ENDS = ((2, 4), (7, 8))


def born(text: str = TEXT, *spans: tuple[int, int]) -> Document:
    read = read_text(text)
    entities = tuple(Entity(*span) for span in spans or ENDS)
    return Document("1", read.tokens, entities, (Relation(0, 1, "born in"),), read.text, read.offsets)


@given(st.integers(0, 300), st.sampled_from([counter_example, look_alike]))
def test_entities_and_text_stay_in_step(seed, rewrite):
    new = rewrite(born(), random.Random(seed))
    assert [entity.text for entity in new.entities] == ["Ada Holm", "Rome"]
    assert new.text is not None
    assert [new.text[a:b] for a, b in (o for o in new.offsets or () if o)] == list(new.tokens)


@given(st.integers(0, 300))
def test_a_counter_example_has_no_relation_and_a_look_alike_keeps_it(seed):
    unasserted, asserted = counter_example(born(), random.Random(seed)), look_alike(born(), random.Random(seed))
    assert unasserted.relations == ()
    assert [(t.head.text, t.tail.text) for t in asserted.triples] == [("Ada Holm", "Rome")]
    assert unasserted.text != TEXT != asserted.text


def test_many_constructions_are_drawn():
    texts = {counter_example(born(), random.Random(seed)).text for seed in range(400)}
    assert len(texts) > 20
    assert "It is not true that the nurse Ada Holm was born in Rome." in texts
    assert "The nurse Ada Holm was not born in Rome." in texts


def test_an_auxiliary_beside_the_relation_leaves_it_asserted():
    document = born("Ada Holm, born in Rome, was there.", (0, 2), (5, 6))
    kept = [counter_example(document, random.Random(seed)) for seed in range(200)]
    assert all(not new.relations or new is document for new in kept)
    assert all("was not" not in str(new.text) for new in kept)


@pytest.mark.parametrize("text", ["Ada Holm was born in Rome. She left.", "Ada Holm was born in Rome! Bo left."])
def test_several_sentences_are_left_as_they_are(text):
    document = born(text, (0, 2), (5, 6))
    assert counter_example(document, random.Random(1)) is document
    assert look_alike(document, random.Random(1)) is document


def test_a_name_at_the_beginning_keeps_its_capital():
    document = born("Ada Holm was born in Rome.", (0, 2), (5, 6))
    assert all("ada" not in str(look_alike(document, random.Random(seed)).text) for seed in range(100))


def test_the_words_of_all_constructions_are_known():
    words = set(vocabulary_document().tokens)
    for seed in range(200):
        new = counter_example(born(), random.Random(seed))
        assert {word for word in new.tokens if word.lower() != "the"} <= words | set(born().tokens)
