from __future__ import annotations

import pytest

from relknit.data.symptoms import symptoms
from relknit.document import Document, Entity, Relation

TOKENS = ("Ada", "King", "of", "London")


def found(entities=(), relations=(), tokens=TOKENS, **options):
    return list(symptoms(Document("1", tokens, tuple(entities), tuple(relations)), **options))


def kinds(*args, **options):
    return [kind for kind, _ in found(*args, **options)]


def test_a_healthy_document_has_no_symptom():
    assert (
        found([Entity(0, 2), Entity(3, 4)], [Relation(0, 1, "lives"), Relation(1, 0, "home"), Relation(0, 1, "of")])
        == []
    )


def test_a_sentence_without_tokens_is_told():
    assert kinds(tokens=()) == ["no tokens"]


def test_a_span_written_twice_is_told_with_both_numbers():
    ((kind, message),) = found([Entity(0, 2, "Person"), Entity(3, 4), Entity(0, 2, "Place")])
    assert kind == "repeated span"
    assert 'entity 2 repeats the span of entity 0, "Ada King"' in message


def test_a_triple_written_twice_is_told_once_for_each_repeat():
    entities = [Entity(0, 1), Entity(3, 4)]
    relations = [Relation(0, 1, "a"), Relation(0, 1, "b"), Relation(0, 1, "a"), Relation(0, 1, "a")]
    messages = [message for _, message in found(entities, relations)]
    assert [message[:30] for message in messages] == [
        "relation 2 repeats relation 0 ",
        "relation 3 repeats relation 0 ",
    ]


@pytest.mark.parametrize("entities", [[Entity(0, 4), Entity(1, 2)], [Entity(1, 2), Entity(0, 4)]])
def test_of_nested_entities_the_one_that_tags_cannot_hold_is_told(entities):
    ((kind, message),) = found(entities)
    assert kind == "nested entities"
    assert f'entity {entities.index(Entity(1, 2))}, "King", overlaps another' in message


def test_entities_side_by_side_are_not_nested():
    assert found([Entity(0, 2), Entity(2, 4)]) == []


def test_ends_that_share_their_anchor_token_are_told_with_the_word():
    entities = [Entity(0, 2), Entity(3, 4)]
    ((kind, message),) = found(entities, [Relation(0, 0, "self"), Relation(0, 1, "r")])
    assert kind == "ends share a token"
    assert 'both ends of relation 0 (self) are at token 1, "King"' in message


def test_which_ends_share_a_token_depends_on_the_anchor():
    nested = [Entity(0, 2), Entity(1, 2)]
    assert "ends share a token" in kinds(nested, [Relation(0, 1, "r")])
    assert "ends share a token" not in kinds(nested, [Relation(0, 1, "r")], anchor="first")


def test_double_encoded_letters_are_told_with_their_repair():
    ((kind, message),) = found(tokens=("Stöger", "StÃ¶ger", "Ana"))
    assert kind == "double-encoded letters"
    assert 'token 1 is "StÃ¶ger"' in message
    assert 'write "Stöger"' in message


def placed(tokens, text, offsets):
    return list(symptoms(Document("1", tokens, text=text, offsets=offsets)))


def test_a_token_that_is_not_where_its_offset_says_is_told_with_what_stands_there():
    [(kind, message)] = placed(("Ada", "left"), "Ada left", ((0, 3), (3, 7)))
    assert kind == "misplaced token"
    assert "token 1 is 'left'" in message
    assert "[3, 7) holds ' lef'" in message


def test_quotes_and_repaired_letters_are_where_they_are():
    assert placed(("``", "Stöger", "''"), "“Stöger”", ((0, 1), (1, 7), (7, 8))) == []
    assert [k for k, _ in placed(("StÃ¶ger",), "Stöger", ((0, 6),))] == ["double-encoded letters"]


def test_a_token_without_a_place_is_not_misplaced():
    assert placed(("Ada", "-", "left"), "Ada left", ((0, 3), None, (4, 8))) == []
