from __future__ import annotations

import pytest

from relknit.data.doctor import KINDS
from relknit.data.doctor.sentence_findings import sentence_findings
from tests.data.doctor.samples import LIVES, good_line, kinds, record

NAMES = "Ada King of London"


def found(value):
    return list(sentence_findings(good_line(value)))


def test_a_healthy_sentence_has_no_findings():
    assert found(LIVES) == []
    assert found(record("Stöger , 東京 U.S. don't -LRB- …")) == []
    assert found(record(NAMES, [(0, 2), (2, 4)], [(0, "lives", 1), (1, "home", 0), (0, "of", 1)])) == []
    assert found(record("Ada in Rome", [(0, 1, "a person"), (2, 3)], [(0, "lives in", 1)])) == []


def test_every_finding_is_of_a_listed_kind():
    ill = [
        record(""),
        record(["Ada ", "lives", "in", "KÃ¶ln"]),
        record("New York Times", [(0, 3), (1, 2)]),
        record("Ada lives", [(0, 1), (0, 1)], [(0, "works", 0), (0, "works", 0)]),
        record("Ada ran", text="Ada ran", offsets=[[4, 7], None]),
        record(["New York", "Ã\ufffdcolo"]),
    ]
    assert len(set(kinds(finding for value in ill for finding in found(value))) & KINDS.keys()) == 10


def test_a_span_written_twice_is_reported_with_both_numbers():
    (finding,) = found(record(NAMES, [(0, 2, "Person"), (3, 4), (0, 2, "Place")]))
    assert finding.kind == "repeated span"
    assert 'entity 2 repeats the span of entity 0, "Ada King"' in finding.message


def test_a_triple_written_twice_is_reported_once_for_each_repeat():
    relations = [(0, "a", 1), (0, "b", 1), (0, "a", 1), (0, "a", 1)]
    messages = [finding.message for finding in found(record(NAMES, [(0, 1), (3, 4)], relations))]
    assert [message[:30] for message in messages] == [
        "relation 2 repeats relation 0 ",
        "relation 3 repeats relation 0 ",
    ]


@pytest.mark.parametrize("spans", [[(0, 4), (1, 2)], [(1, 2), (0, 4)]])
def test_of_nested_entities_the_one_that_tags_cannot_represent_is_reported(spans):
    (finding,) = found(record(NAMES, spans))
    assert finding.kind == "nested entities"
    assert f'entity {spans.index((1, 2))}, "King", overlaps another' in finding.message


def test_ends_that_share_their_last_token_are_reported_with_the_word():
    (finding,) = found(record(NAMES, [(0, 2), (3, 4)], [(0, "self", 0), (0, "r", 1)]))
    assert finding.kind == "ends share a token"
    assert 'both ends of relation 0 (self) are at token 1, "King"' in finding.message


def test_double_encoded_letters_are_reported_with_their_repair():
    (finding,) = found(record("Stöger StÃ¶ger Ana"))
    assert finding.kind == "double-encoded letters"
    assert 'token 1 is "StÃ¶ger"' in finding.message
    assert 'write "Stöger"' in finding.message


def test_a_token_that_is_not_at_its_offset_is_reported_with_the_characters_there():
    finding, _ = found(record("Ada left", text="Ada left", offsets=[[0, 3], [3, 7]]))
    assert finding.kind == "misplaced token"
    assert "token 1 is 'left'" in finding.message
    assert "[3, 7) covers ' lef'" in finding.message


def test_quotes_repaired_letters_and_tokens_without_an_offset_are_not_misplaced():
    assert found(record("`` Stöger ''", text="“Stöger”", offsets=[[0, 1], [1, 7], [7, 8]])) == []
    assert kinds(found(record("StÃ¶ger", text="Stöger", offsets=[[0, 6]]))) == ["double-encoded letters"]
    assert found(record("Ada - left", text="Ada left", offsets=[[0, 3], None, [4, 8]])) == []


@pytest.mark.parametrize("token", [" Rome", "Rome ", "\u00a0Rome", "Rome\u200b", "\ufeffRome"])
def test_a_space_around_a_token_is_reported_with_the_token_without_it(token):
    (finding,) = found(record(["in", token, "."]))
    assert finding.kind == "stray space"
    assert finding.message == f"token 1 is {token!r}; write 'Rome'"
    assert finding.context[1] == token


def test_a_token_that_is_a_space_alone_is_reported():
    (finding,) = found(record(["in", "\u00a0", "Rome"]))
    assert finding.message == "token 1 is '\\xa0', only a space; remove it"


def test_a_space_at_the_edge_of_an_entity_is_reported_as_such():
    (finding,) = found(record(["in", "New", "York "], [(1, 3)]))
    assert finding.message.endswith("(it is at the edge of an entity)")
    (finding,) = found(record(["in", "New ", "York", "City"], [(0, 3)]))
    assert not finding.message.endswith("entity)")


def test_several_words_in_one_token_are_a_note_of_their_own():
    assert kinds(found(record(["in", " New York"]))) == ["stray space", "space inside a token"]


def test_a_lost_letter_is_reported():
    (finding,) = found(record("located in Ã\ufffdcolo"))
    assert (finding.kind, finding.context[1]) == ("lost letter", "Ã\ufffdcolo")


def test_labels_with_spaces_around_are_reported():
    value = record("Ada in Rome", [(0, 1, "Person "), (2, 3, "Place")], [(0, " lives", 1)])
    assert [finding.message for finding in found(value)] == [
        "the type of entity 0 is 'Person '; write 'Person'",
        "relation 0 is ' lives'; write 'lives'",
    ]


def test_an_offset_that_covers_a_space_is_reported_once():
    finding = found(record("Ada ran", text="Ada ran", offsets=[[0, 4], [4, 7]]))[-1]
    assert finding.kind == "stray space"
    assert finding.message == "the offset of token 0, 'Ada', covers 'Ada '; remove the space"
    assert kinds(found(record(["Ada ", "ran"], text="Ada ran", offsets=[[0, 4], [4, 7]]))) == ["stray space"]


def test_an_offset_of_spaces_alone_or_of_nothing_is_not_a_stray_space():
    assert kinds(found(record("Ada ran", text="Ada   ran", offsets=[None, [3, 5]]))) == ["misplaced token"]
