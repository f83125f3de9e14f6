from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.doctor.span_findings import span_findings
from relknit.text.align import join_tokens
from tests.data.doctor.samples import LIVES, good_line, kinds, record


def with_words(words, entity, **keys):
    """One entity whose record carries extra keys."""
    value = record(words, [entity])
    value["entities"][0] |= keys
    return value


def placed(words, entities, text=None):
    """A record with text and offsets; by default the text joins the tokens."""
    tokens = words.split()
    joined, offsets = join_tokens(tokens)
    return record(words, entities, text=text or joined, offsets=[list(pair) for pair in offsets])


def found(value):
    return list(span_findings(good_line(value)))


def test_a_healthy_line_has_no_findings():
    assert found(LIVES) == []
    assert found(placed("Ada lives in Rome", [(0, 1), (3, 4)])) == []
    assert found({"tokens": ["Ada"]}) == []


def test_an_entity_whose_text_is_not_that_of_its_tokens_is_misaligned():
    (finding,) = found(with_words("Ada Lovelace lives", (0, 1), text="Lovelace"))
    assert finding.kind == "misaligned span"
    assert finding.message == ("entity 0 has text 'Lovelace', its tokens [0, 1) are \"Ada\"; correct one of them")
    assert finding.context == ("", "Ada", "Lovelace lives")


@pytest.mark.parametrize("text", ["New York", "new york", "NewYork", "New-York", "“New York”"])
def test_spelling_and_spacing_of_the_text_may_differ_from_the_tokens(text):
    assert found(with_words("in New York", (1, 3), text=text)) == []


def test_marks_alone_are_compared_by_themselves():
    assert found(with_words("C + + code", (1, 3), text="++")) == []
    assert kinds(found(with_words("C + + code", (1, 3), text="--"))) == ["misaligned span"]


def test_a_text_with_a_space_around_is_a_stray_space_and_not_misaligned():
    (finding,) = found(with_words("in Rome", (1, 2), text=" Rome\u00a0"))
    assert finding.kind == "stray space"
    assert "remove the space" in finding.message


def test_characters_of_other_words_are_misaligned():
    value = placed("Ada lives in Rome", [(3, 4)])
    value["entities"][0] |= {"start": 10, "end": 17}
    (finding,) = found(value)
    assert finding.kind == "misaligned span"
    assert "'in Rome'" in finding.message
    value["entities"][0] |= {"start": 13, "end": 17}
    assert found(value) == []


@pytest.mark.parametrize(
    ("start", "end"), [(13, 99), (17, 13), (-4, -1), ("13", "17"), (13, None), (True, 4), (1.0, 3.0), ({}, 3)]
)
def test_characters_that_are_no_range_of_the_text_are_misaligned(start, end):
    value = placed("Ada lives in Rome", [(3, 4)])
    value["entities"][0] |= {"start": start, "end": end}
    assert kinds(found(value)) == ["misaligned span"]


def test_characters_without_a_text_point_nowhere_and_say_nothing():
    assert found(with_words("in Rome", (1, 2), chars=[0, 99])) == []


def test_characters_with_a_space_at_the_end_are_a_stray_space():
    value = placed("Ada lives", [(0, 1)])
    value["entities"][0] |= {"start": 0, "end": 4}
    assert kinds(found(value)) == ["stray space"]


def test_an_entity_that_cuts_a_written_word_is_reported_with_the_word():
    value = record("Lon don calls", [(0, 1)], text="London calls", offsets=[[0, 3], [3, 6], [7, 12]])
    (finding,) = found(value)
    assert finding.kind == "span ends inside a word"
    assert 'entity 0, "Lon", cuts "London"' in finding.message
    value["entities"] = [{"token_start": 1, "token_end": 2}]
    assert kinds(found(value)) == ["span ends inside a word"]
    value["entities"] = [{"token_start": 0, "token_end": 2}]
    assert found(value) == []


@pytest.mark.parametrize(
    ("tokens", "text"),
    [("5 km", "5km"), ("Ada 's", "Ada's"), ("New -York", "New-York"), ("東 京", "東京"), ("กรุง เทพ", "กรุงเทพ")],
)
def test_digits_marks_and_scripts_without_spaces_cut_no_word(tokens, text):
    first = len(tokens.split()[0])
    offsets = [[0, first], [first, len(text)]]
    assert found(record(tokens, [(0, 1)], text=text, offsets=offsets)) == []


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        (", Ohio", "begins with ','"),
        ("Feb. 2 ,", "ends with ','"),
        ("( UK", "begins with '('"),
        ("UK )", "ends with ')'"),
        ("'' Stiegler", "begins with \"''\""),
        ("Rome --", "ends with '--'"),
    ],
)
def test_a_mark_at_the_edge_of_a_span_is_reported(words, verb):
    (finding,) = found(record(f"x {words} y", [(1, 1 + len(words.split()))]))
    assert finding.kind == "mark at the edge of a span"
    assert verb in finding.message


@pytest.mark.parametrize(
    "words",
    ["Audi ( UK )", "( UK )", "`` Roots ''", '" Roots "', "Rome , Italy", "Inc .", "U.S.", "'s Hertogenbosch", ","],
)
def test_marks_that_belong_to_a_name_are_not_reported(words):
    assert found(record(f"x {words} y", [(1, 1 + len(words.split()))])) == []


def test_each_entity_is_reported_once_for_its_edges():
    assert kinds(found(record("x , Rome , y", [(1, 4)]))) == []
    assert kinds(found(record("x ; Rome , y", [(1, 4)]))) == ["mark at the edge of a span"]


@given(st.lists(st.text(alphabet="aB1é ,(`'\"\u00a0東", min_size=1, max_size=4), min_size=1, max_size=6), st.data())
def test_an_entity_that_states_the_words_of_its_tokens_is_never_misaligned(tokens, data):
    start = data.draw(st.integers(0, len(tokens) - 1))
    end = data.draw(st.integers(start + 1, len(tokens)))
    value = with_words("x", (0, 1), text=" ".join(tokens[start:end])) | {"tokens": tokens}
    value["entities"][0] |= {"token_start": start, "token_end": end}
    assert "misaligned span" not in kinds(found(value))
