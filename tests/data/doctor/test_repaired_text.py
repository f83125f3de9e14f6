from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.doctor.repaired_text import Repair, RepairedText, repaired_text
from relknit.document.jsonl import parse_document
from relknit.text.repair import repair_tokens
from tests.data.doctor.samples import record


def repaired(words, **more):
    document = parse_document(record(words, **more))
    return repaired_text(document, repair_tokens(document.tokens))


def test_without_a_text_there_is_nothing_to_repair():
    assert repaired("KÃ¶ln") is None


def test_placed_words_are_repaired_where_the_text_has_the_same_letters():
    result = repaired("KÃ¶ln in KÃ¶ln", text="KÃ¶ln in Köln", offsets=[[0, 5], [6, 8], [9, 13]])
    assert result == RepairedText("Köln in Köln", (Repair(0, 5, "Köln"),))


def test_words_without_a_place_are_repaired_only_where_no_word_has_one():
    assert repaired("KÃ¶ln", text="KÃ¶ln", offsets=[None]).text == "KÃ¶ln"
    assert repaired("KÃ¶ln", text="KÃ¶ln").text == "Köln"


def test_a_text_stays_where_no_token_is_repaired():
    assert repaired("Rome", text="KÃ¶ln Rome") == RepairedText("KÃ¶ln Rome")


@pytest.mark.parametrize(
    ("place", "now"), [(0, 0), (1, 1), (2, 2), (5, 4), (6, 5), (9, 8), (10, 9), (14, 12), (15, 13)]
)
def test_every_place_moves_with_the_words_around_it(place, now):
    result = repaired("KÃ¶ln in KÃ¶ln !", text="KÃ¶ln in KÃ¶ln!", offsets=[[0, 5], [6, 8], [9, 14], [14, 15]])
    assert result.text == "Köln in Köln!"
    assert result.moved(place) == now


def test_a_stretch_loses_the_spaces_at_its_ends_and_one_of_spaces_stays():
    text = RepairedText(" Ada  ran")
    assert text.trimmed(0, 5) == (1, 4)
    assert text.trimmed(4, 6) == (4, 6)


PIECES = ["KÃ¶ln", "Rome", " ", "StÃ¶ger", "é", "😀"]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8))
def test_what_is_outside_repaired_words_is_found_again(words):
    offsets, text = [], ""
    for word in words:
        offsets.append([len(text), len(text) + len(word)])
        text += word + "·"
    result = repaired(words, text=text, offsets=offsets)
    for (start, end), word in zip(offsets, repair_tokens(words), strict=True):
        assert result.text[result.moved(start) : result.moved(end)] == word
        assert result.text[result.moved(end)] == "·"
    assert result.moved(len(text)) == len(result.text)
