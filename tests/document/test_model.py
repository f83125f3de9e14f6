from __future__ import annotations

import dataclasses
import json

import pytest

from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation, Span, anchor_triples
from relknit.document.jsonl import parse_document, to_record
from relknit.errors import DataError

TEXT = "Ada Lovelace met  Ada King."
OFFSETS = ((0, 3), (4, 12), (13, 16), (18, 21), (22, 26), (26, 27))
TOKENS = ("Ada", "Lovelace", "met", "Ada", "King", ".")
FIRST, SECOND = Entity(0, 2, "Person"), Entity(3, 5, "Person")


def document(**changes):
    values = {
        "id": "1",
        "tokens": TOKENS,
        "entities": (FIRST, SECOND),
        "relations": (Relation(0, 1, "met", 0.5),),
        "text": TEXT,
        "offsets": OFFSETS,
    }
    return Document(**(values | changes))


def test_a_span_is_cut_from_the_text_and_knows_its_characters():
    assert document().span(FIRST) == Span("Ada Lovelace", 0, 12, 0, 2, "Person")


def test_a_span_keeps_the_spaces_of_the_text_and_not_those_between_tokens():
    assert document().span(Entity(2, 4)) == Span("met  Ada", 13, 21, 2, 4)


def test_two_mentions_of_one_name_keep_their_own_offsets():
    spans = [document().span(Entity(i, i + 1)) for i in (0, 3)]
    assert [span.text for span in spans] == ["Ada", "Ada"]
    assert [span.start for span in spans] == [0, 18]


@pytest.mark.parametrize(
    "changes", [{"text": None, "offsets": None}, {"offsets": None}, {"offsets": (None, *OFFSETS[1:])}]
)
def test_a_span_that_is_not_placed_is_its_words_without_characters(changes):
    assert document(**changes).span(FIRST) == Span("Ada Lovelace", None, None, 0, 2, "Person")


def test_offsets_count_code_points_beyond_the_basic_plane():
    emoji = Document("1", ("😀", "Ana"), text="😀 Ana", offsets=((0, 1), (2, 5)))
    assert emoji.span(Entity(1, 2)) == Span("Ana", 2, 5, 1, 2)


def test_triples_show_their_evidence_and_confidence():
    (triple,) = document().triples
    assert (triple.head.text, triple.relation, triple.tail.text) == ("Ada Lovelace", "met", "Ada King")
    assert triple.confidence == 0.5
    assert not triple.is_self_pair


def test_a_triple_of_an_entity_with_itself_is_a_self_pair_and_two_entities_are_not():
    same = document(relations=(Relation(0, 0, "is"),)).triples[0]
    two = document(entities=(Entity(0, 1), Entity(3, 4))).triples[0]
    assert same.is_self_pair
    assert two.head.text == two.tail.text
    assert not two.is_self_pair


def test_the_anchor_is_the_last_or_the_first_word():
    assert (FIRST.anchor("last"), FIRST.anchor("first")) == (1, 0)
    assert Entity(4, 5).anchor("last") == Entity(4, 5).anchor("first") == 4


@pytest.mark.parametrize(("rule", "expected"), [("last", (1, "met", 4)), ("first", (0, "met", 3))])
def test_anchor_triples_follow_from_entities_where_there_are_no_anchors(rule, expected):
    assert anchor_triples(document().prediction, rule) == {expected}


def test_a_predictions_own_anchors_win_over_its_entities():
    prediction = Prediction((FIRST, SECOND), (Relation(0, 1, "met"),), (AnchorTriple(2, "saw", 2, 0.9),))
    assert anchor_triples(prediction, "last") == {(2, "saw", 2)}
    assert anchor_triples(dataclasses.replace(prediction, anchors=()), "last") == set()


def test_with_prediction_replaces_what_stood_there_and_keeps_the_rest():
    prediction = Prediction((Entity(2, 3),), (), (AnchorTriple(0, "met", 2),))
    changed = document().with_prediction(prediction)
    assert changed.prediction == prediction
    assert (changed.id, changed.tokens, changed.text, changed.offsets) == ("1", TOKENS, TEXT, OFFSETS)


def test_documents_cannot_be_changed_and_count_their_tokens():
    assert len(document()) == 6
    with pytest.raises(dataclasses.FrozenInstanceError):
        document().id = "2"


def test_as_a_dict_it_is_the_record_of_our_format_with_triples_to_read():
    found = document().to_dict()
    assert {key: value for key, value in found.items() if key != "triples"} == to_record(document())
    assert found["triples"] == [
        {
            "head": {
                "text": "Ada Lovelace",
                "name": "Ada Lovelace",
                "start": 0,
                "end": 12,
                "token_start": 0,
                "token_end": 2,
                "type": "Person",
            },
            "relation": "met",
            "tail": {
                "text": "Ada King",
                "name": "Ada King",
                "start": 18,
                "end": 26,
                "token_start": 3,
                "token_end": 5,
                "type": "Person",
            },
            "confidence": 0.5,
        }
    ]


def test_a_dict_survives_json_and_is_read_back_as_the_document():
    for each in (document(), document(text=None, offsets=None), document(entities=(), relations=()), Document("2", ())):
        assert parse_document(json.loads(json.dumps(each.to_dict()))) == each


def test_triples_without_places_or_confidence_have_null_there():
    bare = document(offsets=None, relations=(Relation(1, 0, "met"),)).to_dict()["triples"][0]
    assert bare["head"] | {"start": None, "end": None, "token_start": 3, "token_end": 5} == bare["head"]
    assert bare["confidence"] is None
    long = document(relations=(Relation(0, 1, "met", 1 / 3),)).to_dict()
    assert long["triples"][0]["confidence"] == long["relations"][0]["confidence"] == 0.3333


def test_records_are_flat_rows_of_a_table_one_for_each_triple():
    (row,) = document(relations=(Relation(1, 0, "met", 0.51239),)).to_records()
    assert row == {
        "document": "1",
        "head": "Ada King",
        "head_type": "Person",
        "head_start": 18,
        "head_end": 26,
        "relation": "met",
        "tail": "Ada Lovelace",
        "tail_type": "Person",
        "tail_start": 0,
        "tail_end": 12,
        "confidence": 0.5124,
        "inferred": False,
        "evidence": "Ada Lovelace met  Ada King",
        "evidence_start": 0,
        "evidence_end": 26,
        "evidence_count": 1,
    }
    assert document(relations=()).to_records() == []


def test_an_inferred_triple_says_so_and_its_evidence_is_at_the_pronoun():
    known = Document(
        "1",
        ("Ada", "rose", ".", "She", "left", "Rome"),
        (Entity(0, 1), Entity(3, 4, "reference", tagged=False), Entity(5, 6)),
        (Relation(0, 2, "left", 0.5, evidence=((1, 2),), inferred=True),),
        "Ada rose. She left Rome",
        ((0, 3), (4, 8), (8, 9), (10, 13), (14, 18), (19, 23)),
    )
    (row,) = known.to_records()
    assert (row["head"], row["inferred"], row["evidence"], row["evidence_start"]) == ("Ada", True, "She left Rome", 10)
    (triple,) = known.to_dict()["triples"]
    assert (triple["inferred"], triple["evidence"]) == (True, [{"head": [10, 13], "tail": [19, 23]}])
    assert parse_document(known.to_dict()).triples == known.triples


def test_records_have_clean_names_and_the_first_place_that_states_the_triple():
    text = "Ouse owns Holt. Ouse\u00a0 Works owns\nHolt."
    offsets = ((0, 4), (5, 9), (10, 14), (14, 15), (16, 20), (22, 27), (28, 32), (33, 37), (37, 38))
    tokens = tuple(text[start:end] for start, end in offsets)
    entities = (Entity(0, 1), Entity(2, 3), Entity(4, 6), Entity(7, 8))
    stated = Relation(2, 3, "owns", evidence=((2, 3), (0, 1)))
    (row,) = Document("1", tokens, entities, (stated,), text, offsets).to_records()
    assert (row["head"], row["tail"], row["evidence_count"]) == ("Ouse Works", "Holt", 2)
    assert row["evidence"] == text[row["evidence_start"] : row["evidence_end"]] == "Ouse\u00a0 Works owns\nHolt"


def test_records_without_a_text_hold_words_and_the_same_keys():
    placed, unplaced = document().to_records()[0], document(text=None, offsets=None).to_records()[0]
    assert list(placed) == list(unplaced)
    assert unplaced["evidence"] == "Ada Lovelace met Ada King"
    assert unplaced["head_start"] is unplaced["evidence_end"] is None
    json.dumps(unplaced)


@pytest.mark.parametrize("span", [(1, 0), (2, 2), (-1, 1)])
def test_an_entity_without_a_token_is_an_error_that_names_its_span(span):
    with pytest.raises(DataError, match=rf"\[{span[0]}, {span[1]}\)"):
        Entity(*span)


def test_a_text_in_place_of_tokens_is_an_error():
    with pytest.raises(DataError, match="Ada ran"):
        Document("1", "Ada ran.")
