from __future__ import annotations

import json
from pathlib import Path

import pytest

from relknit.data.convert import ReadOptions, choose, convert, split_at_spaces
from relknit.data.convert.triples import TriplesFormat
from relknit.data.readers.records import RawRecord
from relknit.errors import DataError
from tests.data.convert.files import json_lines

VALUE = {"text": "Ada Lovelace lived in London .", "triple_list": [["Ada Lovelace", "residence", "London"]]}


def build(anchor="whole", **changes):
    record = RawRecord(VALUE | changes, Path("train.json"), 5, True)
    return TriplesFormat().build(record, ReadOptions(anchor=anchor, tokeniser=split_at_spaces))


def test_whole_names_become_whole_spans():
    document = build()
    assert [document.span(entity).text for entity in document.entities] == ["Ada Lovelace", "London"]
    assert document.text == VALUE["text"]
    assert document.id == "5"


def test_last_words_become_spans_of_one_token():
    document = build("last", triple_list=[["Lovelace", "residence", "London"]])
    assert [(entity.token_start, entity.token_end) for entity in document.entities] == [(1, 2), (4, 5)]


def test_both_names_ending_in_one_word_give_an_entity_related_to_itself():
    document = build("last", triple_list=[["London", "capital", "London"]])
    assert (document.relations[0].head, document.relations[0].tail) == (0, 0)


def test_an_id_of_the_record_is_kept():
    assert build(id="train_7").id == "train_7"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"text": " "}, "text is ' ', expected the sentence"),
        ({"text": ["Ada"]}, "text is ['Ada']"),
        ({"triple_list": None}, "triple_list is None, expected a list"),
        ({"triple_list": [["Ada", "London"]]}, "triple 0 is ['Ada', 'London'], expected [head, relation, tail]"),
        ({"triple_list": [["Ada", "", "London"]]}, "triple 0 has no relation"),
        ({"triple_list": [["Ada", 1, "London"]]}, "triple 0 is ['Ada', 1, 'London']"),
        (
            {"triple_list": [["Ada", "r", "London"], ["Alan", "r", "London"]]},
            'triple 1: head "Alan" is not in the sentence',
        ),
    ],
)
def test_a_bad_value_is_named_with_file_and_record(changes, words):
    with pytest.raises(DataError) as caught:
        build(**changes)
    assert str(caught.value).startswith("train.json: record 5: ")
    assert words in str(caught.value)


def test_a_record_that_is_no_object_is_named():
    with pytest.raises(DataError, match="found str"):
        TriplesFormat().build(RawRecord("Ada", Path("x"), 1), ReadOptions())


@pytest.mark.parametrize(
    ("triples", "expected"),
    [
        ([["Lovelace", "r", "London"]], "last"),
        ([["Lovelace", "r", "London"], ["Lovelace", "r", "New York"]], "whole"),
        ([["Ada Lovelace", "r", "London"]], "whole"),
        ([], "last"),
        ([3, ["a"], ["Ada Lovelace", "r", "London"]], "whole"),
    ],
)
def test_names_of_two_words_show_that_names_are_whole(tmp_path, triples, expected):
    path = tmp_path / "train.json"
    path.write_text(json.dumps([{"text": "x", "triple_list": []}, {"text": "x", "triple_list": triples}, 3]))
    assert choose(path, source="triples").anchor == expected


def test_duie_slots_become_relations_of_their_own(tmp_path):
    slots = {"@value": "金曲奖", "inWork": "海"}
    record = {"text": "李唱海得金曲奖。", "spo_list": [{"subject": "李", "predicate": "获奖", "object": slots}]}
    (document,) = convert(json_lines(tmp_path, record))
    assert [(t.relation, t.tail.text) for t in document.triples] == [("获奖", "金曲奖"), ("获奖_inWork", "海")]


def test_duie_1_has_plain_strings(tmp_path):
    spo = {"subject": "李白", "predicate": "出生地", "object": "碎叶城", "object_type": "地点"}
    (document,) = convert(json_lines(tmp_path, {"text": "李白出生于碎叶城。", "spo_list": [spo]}))
    assert [(e.text, e.type) for e in document.entities] == [("李白", None), ("碎叶城", "地点")]
