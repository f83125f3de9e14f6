from __future__ import annotations

import pytest

from relknit.data.doctor.token_findings import token_findings
from tests.data.doctor.samples import LIVES, good_line, kinds, record


def found(value):
    return list(token_findings(good_line(value)))


def test_words_without_spaces_have_no_findings():
    assert found(LIVES) == []
    assert found(record("Stöger , 東京 U.S. don't -LRB- …")) == []


@pytest.mark.parametrize("token", [" Rome", "Rome ", "\u00a0Rome", "Rome\u200b", "\ufeffRome"])
def test_a_space_around_a_token_is_told_with_the_token_without_it(token):
    (finding,) = found(record(["in", token, "."]))
    assert finding.kind == "stray space"
    assert finding.message == f"token 1 is {token!r}; write 'Rome'"
    assert finding.context[1] == token


def test_a_token_that_is_a_space_alone_is_told():
    (finding,) = found(record(["in", "\u00a0", "Rome"]))
    assert finding.message == "token 1 is '\\xa0', only a space; remove it"


def test_a_space_at_the_edge_of_an_entity_is_told_as_such():
    (finding,) = found(record(["in", "New", "York "], [(1, 3)]))
    assert finding.message.endswith("(it is at the edge of an entity)")
    (finding,) = found(record(["in", "New ", "York", "City"], [(0, 3)]))
    assert not finding.message.endswith("entity)")


def test_several_words_in_one_token_are_a_note_of_their_own():
    assert kinds(found(record(["in", "New York"]))) == ["space inside a token"]
    assert kinds(found(record(["in", " New York"]))) == ["stray space", "space inside a token"]


def test_a_lost_letter_is_told():
    (finding,) = found(record("located in Ã\ufffdcolo"))
    assert (finding.kind, finding.context[1]) == ("lost letter", "Ã\ufffdcolo")


def test_labels_with_spaces_around_are_told():
    value = record("Ada in Rome", [(0, 1, "Person "), (2, 3, "Place")], [(0, " lives", 1)])
    assert [finding.message for finding in found(value)] == [
        "the type of entity 0 is 'Person '; write 'Person'",
        "relation 0 is ' lives'; write 'lives'",
    ]


def test_labels_with_spaces_inside_are_fine():
    assert found(record("Ada in Rome", [(0, 1, "a person"), (2, 3)], [(0, "lives in", 1)])) == []


def test_an_offset_that_holds_a_space_too_much_is_told():
    value = record("Ada ran", text="Ada ran", offsets=[[0, 4], [4, 7]])
    (finding,) = found(value)
    assert finding.kind == "stray space"
    assert finding.message == "the offset of token 0, 'Ada', holds 'Ada '; remove the space"


def test_a_space_in_token_and_offset_is_told_once():
    assert kinds(found(record(["Ada ", "ran"], text="Ada ran", offsets=[[0, 4], [4, 7]]))) == ["stray space"]


def test_an_offset_of_spaces_alone_or_of_nothing_is_not_called_a_space_too_much():
    assert found(record("Ada ran", text="Ada   ran", offsets=[None, [3, 5]])) == []
