from __future__ import annotations

import random
from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st

from relknit.data.whole_names import KINDS, rename_for_training, replace_names, replace_spans
from relknit.document import AnchorTriple, Document, Entity, Relation
from relknit.text.read import read_text

TEXT = "Ada Holm, born in Wheeler, Texas, left Texas."
HOLM, WHEELER, TEXAS, AGAIN = Entity(0, 2, "Person"), Entity(5, 6, "Loc"), Entity(7, 8), Entity(10, 11)


def born(*entities: Entity, relations: tuple[Relation, ...] = ()) -> Document:
    plain = read_text(TEXT)
    return Document("1", plain.tokens, entities, relations, plain.text, plain.offsets)


def names_of(split: str) -> dict[str, set[str]]:
    text = (files("relknit") / "shipped" / "names" / f"{split}_whole.txt").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {kind: {name for each, name in lines if each == kind} for kind in KINDS}


def test_names_of_every_kind_are_many_and_those_of_the_evaluation_are_not_in_training():
    train, evaluation = names_of("train"), names_of("evaluation")
    assert all(len(train[kind]) > 100 and len(evaluation[kind]) > 20 for kind in KINDS)
    assert not set.union(*train.values()) & set.union(*evaluation.values())


def test_entities_get_names_of_their_kind_and_equal_names_stay_equal():
    new = replace_names(born(HOLM, WHEELER, TEXAS, AGAIN), random.Random(1))
    person, place, first, second = (entity.text for entity in new.entities)
    assert person in names_of("train")["person"]
    assert place in names_of("train")["location"]
    assert first == second != "Texas"
    assert new.text == f"{person}, born in {place}, {first}, left {first}."


def test_relations_and_text_follow():
    document = born(HOLM, WHEELER, TEXAS, AGAIN, relations=(Relation(0, 1, "birth place"),))
    new = replace_names(document, random.Random(1), names="evaluation")
    (triple,) = new.triples
    assert (triple.head.text, triple.tail.text) == (new.entities[0].text, new.entities[1].text)
    assert new.text is not None
    assert new.offsets is not None
    assert [new.text[a:b] for a, b in (span for span in new.offsets if span)] == list(new.tokens)


def test_a_name_that_also_occurs_outside_of_the_entities_keeps_the_document():
    document = born(HOLM, TEXAS)
    assert replace_names(document, random.Random(1)) is document


def test_nested_entities_keep_the_document():
    document = born(HOLM, Entity(1, 2), TEXAS, AGAIN)
    assert replace_names(document, random.Random(1)) is document


def test_numbers_and_words_in_lower_case_are_not_replaced():
    document = Document("1", ("In", "1904", "a", "nurse"), (Entity(1, 2), Entity(3, 4)))
    assert replace_names(document, random.Random(1)).tokens == document.tokens


def test_a_document_of_tokens_alone_has_no_text_afterwards_either():
    document = Document("1", ("Ada", "left", "Rome"), (Entity(0, 1), Entity(2, 3)), pos=("NNP", "VBD", "NNP"))
    new = replace_names(document, random.Random(1))
    assert new.text is None
    assert new.offsets is None
    assert new.tokens != document.tokens
    assert new.pos is not None
    assert len(new.pos) == len(new.tokens)


def test_anchors_move_to_the_last_token_of_the_new_name():
    document = Document("1", ("Ada", "left", "Rome"), (Entity(0, 1), Entity(2, 3)), anchors=(AnchorTriple(0, "r", 2),))
    new = replace_spans(document, {(0, 1): "Mary Ann Lee", (2, 3): "Port Seldon"})
    assert new.tokens == ("Mary", "Ann", "Lee", "left", "Port", "Seldon")
    assert new.anchors == (AnchorTriple(2, "r", 5),)
    assert [(e.token_start, e.token_end) for e in new.entities] == [(0, 3), (4, 6)]


@given(st.integers(0, 50), st.lists(st.sampled_from(["Ada", "of", "the Arta", "X Y Z"]), min_size=3, max_size=3))
def test_only_the_replaced_spans_change(seed, words):
    places = sorted(random.Random(seed).sample(range(11), 3))
    spans = {(place, place + 1): new for place, new in zip(places, words, strict=True)}
    new = replace_spans(born(HOLM), spans) if 0 not in places and 1 not in places else replace_spans(born(), spans)
    expected: list[str] = []
    for place, token in enumerate(read_text(TEXT).tokens):
        expected += spans.get((place, place + 1), token).split()
    assert new.tokens == tuple(expected)
    assert new.text is not None
    assert new.offsets is not None
    assert [new.text[a:b] for a, b in (span for span in new.offsets if span)] == expected


def test_renaming_in_training_is_the_same_for_a_seed_and_an_id():
    document = born(HOLM, WHEELER, TEXAS, AGAIN)
    renamed = [rename_for_training(document, seed) for seed in range(20)]
    assert renamed == [rename_for_training(document, seed) for seed in range(20)]
    assert any(len(new) != len(document) for new in renamed)
    assert any(len(new) == len(document) for new in renamed)
    assert all(new.entities[2].text == new.entities[3].text for new in renamed)
