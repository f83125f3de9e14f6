from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.doctor.record_fixes import LETTERS, SPACES, fix_line
from relknit.data.doctor.sentence_findings import sentence_findings
from relknit.data.doctor.span_findings import span_findings
from relknit.data.sentence_keys import trim
from relknit.document.jsonl import parse_document
from relknit.text.repair import repair_token
from tests.data.doctor.samples import LIVES, good_line, kinds, record


def characters(entity):
    return [entity["start"], entity["end"]]


def fixed(value):
    """The record after fixing, and the counts; the given one is left as it was."""
    before = copy.deepcopy(value)
    result = fix_line(good_line(value))
    assert value == before
    return result.record, result.counts


def words(value):
    document = parse_document(value)
    return [document.span(entity).text for entity in document.entities]


def test_a_healthy_line_is_not_touched():
    result = fix_line(good_line(LIVES))
    assert (result.record, result.counts) == (None, {})
    assert result.document.tokens == ("Ada", "lives", "in", "Rome")


def test_double_encoded_tokens_are_written_as_they_were_meant():
    value, counts = fixed(record("Peter StÃ¶ger in KÃ¶ln", [(0, 2), (3, 4)], [(0, "in", 1)]))
    assert value["tokens"] == ["Peter", "Stöger", "in", "Köln"]
    assert counts == {LETTERS: 2}


def test_letters_that_are_lost_stay_as_they_are():
    assert fixed(record("in Ã\ufffdcolo"))[0] is None


def test_the_text_that_was_right_stays_and_so_do_its_offsets():
    given_ = record("StÃ¶ger ran", text="Stöger ran", offsets=[[0, 6], [7, 10]])
    value, _ = fixed(given_)
    assert value["tokens"] == ["Stöger", "ran"]
    assert (value["text"], value["offsets"]) == (given_["text"], given_["offsets"])


def test_a_text_with_the_same_double_encoding_is_fixed_with_its_offsets():
    value, counts = fixed(record("StÃ¶ger saw JÃ¶rg", text="StÃ¶ger saw JÃ¶rg.", offsets=[[0, 7], [8, 11], [12, 17]]))
    assert value["text"] == "Stöger saw Jörg."
    assert value["offsets"] == [[0, 6], [7, 10], [11, 15]]
    assert counts == {LETTERS: 2}


def test_a_text_without_offsets_is_fixed_word_by_word():
    value, _ = fixed(record("StÃ¶ger ran", text="StÃ¶ger  ran"))
    assert value["text"] == "Stöger  ran"
    assert "offsets" not in value


def test_tokens_without_a_place_keep_none():
    value, _ = fixed(record("StÃ¶ger ran", text="ran", offsets=[None, [0, 3]]))
    assert value["offsets"] == [None, [0, 3]]


def test_spaces_around_tokens_go_and_offsets_shrink_while_the_text_stays():
    value, counts = fixed(record(["Ada ", " ran"], text="Ada  ran", offsets=[[0, 4], [4, 8]]))
    assert value["tokens"] == ["Ada", "ran"]
    assert (value["text"], value["offsets"]) == ("Ada  ran", [[0, 3], [5, 8]])
    assert counts == {SPACES: 2}


def test_an_offset_alone_that_is_too_wide_shrinks():
    value, counts = fixed(record("Ada ran", text="Ada ran", offsets=[[0, 4], [4, 7]]))
    assert value["offsets"] == [[0, 3], [4, 7]]
    assert counts == {SPACES: 1}


def test_tokens_of_spaces_alone_go_and_everything_moves_along():
    value, counts = fixed(
        record(
            [" ", "Ada", "\u00a0", "Lovelace", "ran", " "],
            [(1, 4), (2, 5), (0, 2)],
            [(0, "r", 1)],
            pos=["_", "NNP", "_", "NNP", "VBD", "_"],
            text=" Ada \u00a0Lovelace ran",
            offsets=[[0, 1], [1, 4], [5, 6], [6, 14], [15, 18], None],
            anchors=[[1, "r", 4, 0.5], [3, "r", 3]],
        )
    )
    assert value["tokens"] == ["Ada", "Lovelace", "ran"]
    assert value["pos"] == ["NNP", "NNP", "VBD"]
    assert value["offsets"] == [[1, 4], [6, 14], [15, 18]]
    assert [(e["token_start"], e["token_end"]) for e in value["entities"]] == [(0, 2), (1, 3), (0, 1)]
    assert value["anchors"] == [[0, "r", 2, 0.5], [1, "r", 1]]
    assert counts == {SPACES: 3}


@pytest.mark.parametrize(
    "value",
    [
        record(["Ada", " ", "ran"], [(1, 2)]),
        record([" ", "\u00a0"]),
        record(["Ada", " ", "ran"], anchors=[[1, "r", 0]]),
        record(["Ada", " ", "ran"], shapes=["Xx", "_", "x"]),
    ],
)
def test_a_token_of_spaces_stays_where_something_hangs_on_it(value):
    assert fixed(value)[0] is None


def test_other_tokens_are_fixed_where_a_space_has_to_stay():
    value, counts = fixed(record(["Ada ", " "], [(1, 2)]))
    assert value["tokens"] == ["Ada", " "]
    assert counts == {SPACES: 1}


def test_a_space_inside_a_token_stays():
    assert fixed(record(["New York"]))[0] is None


def test_labels_lose_the_spaces_around_and_keep_those_inside():
    value, counts = fixed(record("Ada ran", [(0, 1, " a person"), (1, 2, "verb")], [(0, "is in\u00a0", 1)]))
    assert [e["type"] for e in value["entities"]] == ["a person", "verb"]
    assert value["relations"][0]["type"] == "is in"
    assert counts == {SPACES: 2}


def test_a_label_of_spaces_alone_stays():
    assert fixed(record("Ada ran", [(0, 1, " ")]))[0] is None


def test_an_entitys_own_text_and_characters_follow_its_tokens():
    given_ = record("in KÃ¶ln now", [(1, 2), (2, 3)], text="in KÃ¶ln now", offsets=[[0, 2], [3, 8], [9, 12]])
    given_["entities"][0] |= {"text": "KÃ¶ln", "start": 3, "end": 8}
    given_["entities"][1] |= {"text": "now", "start": 9, "end": 12}
    value, _ = fixed(given_)
    assert [(e["text"], e["start"], e["end"]) for e in value["entities"]] == [("Köln", 3, 7), ("now", 8, 11)]


def test_an_entitys_own_text_loses_its_spaces():
    given_ = record("in New York", [(1, 3)])
    given_["entities"][0]["text"] = " New York "
    value, counts = fixed(given_)
    assert value["entities"][0]["text"] == "New York"
    assert counts == {SPACES: 1}


def test_characters_with_a_space_too_many_shrink():
    given_ = record("Ada ran", [(0, 1)], text="Ada ran", offsets=[[0, 3], [4, 7]])
    given_["entities"][0] |= {"start": 0, "end": 4}
    value, _ = fixed(given_)
    assert characters(value["entities"][0]) == [0, 3]


def test_what_disagrees_with_its_tokens_is_left_alone():
    given_ = record("in KÃ¶ln", [(1, 2)])
    given_["entities"][0]["text"] = " Rome "
    value, counts = fixed(given_)
    assert value["entities"][0]["text"] == " Rome "
    assert counts == {LETTERS: 1}


def test_characters_that_disagree_with_their_tokens_move_with_the_text():
    text = "StÃ¶ger saw KÃ¶ln and Rome"
    given_ = record(
        "StÃ¶ger saw KÃ¶ln and Rome", [(1, 2)], text=text, offsets=[[0, 7], [8, 11], [12, 17], [18, 21], [22, 26]]
    )
    for said in ("KÃ¶ln", "Rome", "StÃ¶ger saw"):
        given_["entities"][0] |= {"start": text.index(said), "end": text.index(said) + len(said)}
        value, counts = fixed(given_)
        start, end = characters(value["entities"][0])
        assert value["text"][start:end] == " ".join(map(repair_token, said.split()))
        assert counts == {LETTERS: 2}


def test_characters_of_a_text_without_offsets_move_with_it():
    given_ = record("KÃ¶ln and Rome", [(2, 3), (0, 1)], text="KÃ¶ln and Rome")
    given_["entities"][0] |= {"start": 10, "end": 14}
    given_["entities"][1] |= {"start": 0, "end": 6}
    value, counts = fixed(given_)
    assert value["text"] == "Köln and Rome"
    assert [characters(e) for e in value["entities"]] == [[9, 13], [0, 4]]
    assert counts == {LETTERS: 1, SPACES: 1}


def test_characters_that_are_none_stay_as_they_are():
    given_ = record("KÃ¶ln now", [(1, 2)], text="KÃ¶ln now", offsets=[[0, 5], [6, 9]])
    for ends in ((9, 9), (0, 99), ("6", "9"), (6, None), (True, 9)):
        chars = dict(zip(("start", "end"), ends, strict=True))
        given_["entities"][0] |= chars
        assert chars.items() <= fixed(given_)[0]["entities"][0].items()


def test_words_that_agree_only_once_letters_are_fixed_lose_their_spaces_too():
    given_ = record(["Ã\u00a0", "Â\u00a0Ada"], [(1, 2)], text="Â\u00a0Ada ran", offsets=[None, [0, 5]])
    given_["entities"][0] |= {"start": 0, "end": 6}
    value, _ = fixed(given_)
    start, end = characters(value["entities"][0])
    assert value["text"][start:end] == "Ada"
    assert fix_line(good_line(value)).record is None


def test_keys_that_are_not_ours_are_kept():
    given_ = record("in KÃ¶ln", [(1, 2)], source={"page": 3}, note="StÃ¶ger ")
    given_["entities"][0]["wiki"] = "Q365"
    given_["relations"].append({"head": 0, "tail": 0, "type": "r ", "sure": False})
    value, _ = fixed(given_)
    assert (value["source"], value["note"]) == ({"page": 3}, "StÃ¶ger ")
    assert value["entities"][0]["wiki"] == "Q365"
    assert value["relations"] == [{"head": 0, "tail": 0, "type": "r", "sure": False}]


def test_keys_that_are_absent_stay_absent():
    value, _ = fixed({"tokens": ["KÃ¶ln "]})
    assert value == {"tokens": ["Köln"]}
    assert fixed({"tokens": ["KÃ¶ln"], "pos": None, "entities": []})[0] == {
        "tokens": ["Köln"],
        "pos": None,
        "entities": [],
    }


PIECES = ["Ada", "StÃ¶ger", " ", "\u00a0", "Rome ", " New York", "Ã\ufffdcolo", "ran", ".", "\u200b", "KÃ¶ln\t", "Köln"]


@st.composite
def records(draw):
    """Records with odd tokens, entities anywhere, and often a text with offsets around the tokens or their trimmed form."""
    tokens = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=7))
    count = len(tokens)
    spans = [
        sorted(draw(st.tuples(st.integers(0, count - 1), st.integers(1, count))))
        for _ in range(draw(st.integers(0, 3)))
    ]
    spans = [(start, end) for start, end in spans if start < end]
    value = record(tokens, [(*span, draw(st.sampled_from([None, "Place", "Place "]))) for span in spans])
    if spans:
        value["relations"] = [{"head": 0, "tail": len(spans) - 1, "type": draw(st.sampled_from(["r", " r"]))}]
    if draw(st.booleans()):
        text, offsets = "", []
        for token in tokens:
            shown = draw(st.sampled_from([token, repair_token(token)]))
            offsets.append(draw(st.sampled_from([[len(text), len(text) + len(shown)], None])))
            text += shown + draw(st.sampled_from(["", " "]))
        value |= {"text": text, "offsets": offsets}
        for entity, said in zip(value["entities"], words(value), strict=True):
            entity["text"] = said
    return value


@given(records())
def test_a_fixed_record_is_in_the_format_and_needs_no_second_fixing(value):
    record_, counts = fixed(value)
    assert (record_ is None) == (not counts)
    again = fix_line(good_line(record_ or value))
    assert (again.record, dict(again.counts)) == (None, {})
    assert json.loads(json.dumps(record_ or value)) == (record_ or value)


@given(records())
def test_entities_keep_their_words_and_relations_their_ends(value):
    after = fixed(value)[0] or value
    assert len(after["entities"]) == len(value["entities"])
    for old, new in zip(value["entities"], after["entities"], strict=True):
        before = [trim(repair_token(t)) for t in value["tokens"][old["token_start"] : old["token_end"]]]
        assert [t for t in before if t] == [
            trim(t) for t in after["tokens"][new["token_start"] : new["token_end"]] if trim(t)
        ]
    assert [(r["head"], r["tail"]) for r in after["relations"]] == [(r["head"], r["tail"]) for r in value["relations"]]


@given(records())
def test_placed_tokens_are_at_their_offsets(value):
    after = fixed(value)[0] or value
    before = dict(enumerate(value.get("offsets") or ()))
    for token, offset in zip(after["tokens"], after.get("offsets") or (), strict=False):
        if offset is not None and trim(token):
            held = after["text"][offset[0] : offset[1]]
            assert held in (token, repair_token(token)) or repair_token(held) == token
    assert sum(o is not None for o in before.values()) >= sum(o is not None for o in after.get("offsets") or ())


@given(records())
def test_after_fixing_only_spaces_that_something_hangs_on_are_found(value):
    after = good_line(fixed(value)[0] or value)
    left = [f for f in (*sentence_findings(after), *span_findings(after)) if f.kind == "stray space"]
    blank = [t for t in after.document.tokens if not trim(t)]
    assert len([f for f in left if "only a space" in f.message]) == len(blank)
    assert all("only a space" in f.message for f in left)
    assert "misaligned span" not in kinds(span_findings(after))
