from __future__ import annotations

from pathlib import Path

import pytest

from relknit.data.convert.base import ReadOptions
from relknit.data.convert.rin_json import RinFormat
from relknit.data.readers.records import RawRecord
from relknit.document import Entity, Relation, anchor_triples
from relknit.errors import DataError

VALUE = {
    "sentText": ["Ada", "King", "met", "Grace", "King", "in", "London", "."],
    "pos": ["NNP", "NNP", "VBD", "NNP", "NNP", "IN", "NNP", "."],
    "en_list": [["London"], ["Ada", "King"], ["Grace", "King"]],
    "relationMentions": [{"em1Text": ["King"], "em2Text": ["London"], "label": "visited", "em1Label": "PERSON"}],
    "stan_ner": ["PERSON"] * 8,
}


def rin_document(value):
    return RinFormat().build(RawRecord(value, Path("train.json"), 5), ReadOptions())


def build(**changes):
    return rin_document(VALUE | changes)


def mention(head, tail, label="met"):
    return {"em1Text": head, "em2Text": tail, "label": label}


def test_a_record_becomes_a_document_with_entities_in_reading_order():
    document = build()
    assert document.tokens == tuple(VALUE["sentText"])
    assert document.pos == tuple(VALUE["pos"])
    assert document.entities == (Entity(0, 2), Entity(3, 5), Entity(6, 7))
    assert document.relations == (Relation(0, 2, "visited"),)
    assert document.id == "5"


def test_an_argument_is_at_the_first_occurrence_of_its_word():
    """Both names end in King: the authors' reading cannot tell them apart, and ours is theirs."""
    document = build(relationMentions=[mention(["King"], ["King"])])
    assert anchor_triples(document.prediction, "last") == {(1, "met", 1)}


def test_of_a_list_of_words_the_first_decides():
    document = build(relationMentions=[mention(["Grace", "Hopper"], ["Grace", "King"])])
    assert document.relations == (Relation(1, 1, "met"),)


def test_an_argument_in_no_entity_is_an_entity_of_one_word():
    document = build(relationMentions=[mention(["met"], ["London"])])
    assert Entity(2, 3) in document.entities
    assert anchor_triples(document.prediction, "last") == {(2, "met", 6)}


def test_an_entity_that_ends_at_the_argument_wins_over_one_that_begins_there():
    document = build(
        sentText=["A", "B", "C"], pos=None, en_list=[["B", "C"], ["A", "B"]], relationMentions=[mention(["B"], ["C"])]
    )
    assert [document.entities[end] for end in (document.relations[0].head, document.relations[0].tail)] == [
        Entity(0, 2),
        Entity(1, 3),
    ]


def test_an_entity_spelled_like_the_argument_wins_over_a_longer_one():
    document = build(en_list=[["Ada", "King"], ["King"], ["London"]])
    assert document.entities[document.relations[0].head] == Entity(1, 2)


def test_an_entity_is_the_first_match_of_its_words():
    document = build(sentText=["New", "York", "New", "York"], pos=None, en_list=[["New", "York"]], relationMentions=[])
    assert document.entities == (Entity(0, 2),)


def test_a_triple_stated_twice_is_kept_once():
    twice = [mention(["King"], ["London"])] * 2
    assert len(build(relationMentions=twice).relations) == 1


def test_pos_entities_and_relations_may_be_missing():
    document = rin_document({"sentText": ["Hi"], "relationMentions": []})
    assert (document.tokens, document.pos, document.entities) == (("Hi",), None, ())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sentText": "Ada met"}, "sentText is 'Ada met', expected a list of words"),
        ({"sentText": []}, "sentText is '[]'"),
        ({"pos": ["NNP"]}, "pos has 1 tags for 8 words"),
        ({"en_list": {}}, "en_list is dict, expected a list"),
        ({"en_list": [["Alan"]]}, 'entity 0 of en_list, "Alan", is not in sentText'),
        ({"en_list": ["London"]}, "entity 0 of en_list is 'London', expected a list of words"),
        ({"relationMentions": [mention(["Alan"], ["London"])]}, 'em1Text of relation 0, "Alan", is not in sentText'),
        ({"relationMentions": [mention(["King"], [])]}, "em2Text of relation 0 is '[]'"),
        ({"relationMentions": [mention(["King"], ["London"], "")]}, "relation 0 has label ''"),
        ({"relationMentions": ["met"]}, "relation 0 is str"),
    ],
)
def test_a_bad_value_is_named_with_file_and_line(changes, words):
    with pytest.raises(DataError) as caught:
        build(**changes)
    assert str(caught.value).startswith("train.json:5: ")
    assert words in str(caught.value)


def test_a_record_that_is_no_object_is_named():
    with pytest.raises(DataError, match="expected a JSON object with sentText, found list"):
        rin_document([])
