from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.text.align import align, join_tokens
from relknit.text.tokenise import tokenise

TOKENS = st.lists(
    st.one_of(
        st.text("ab.é", min_size=1, max_size=5),
        st.sampled_from(["``", "''", '"', "(", ")", "-LRB-", "-RRB-", "'s", "n't", ",", ".", "$", "“", "”", "StÃ¶ger"]),
    ),
    max_size=25,
)


@given(st.one_of(st.text(), st.text("ab .'\"“,\n")))
def test_the_tokens_of_a_text_are_found_where_they_were_cut(text: str) -> None:
    tokens = tokenise(text)
    assert align([token.text for token in tokens], text) == tuple((token.start, token.end) for token in tokens)


@given(TOKENS, st.text('ab ."é(“'))
def test_what_is_found_is_ascending_within_the_text_and_one_answer_a_token(tokens: list[str], text: str) -> None:
    spans = align(tokens, text)
    found = [span for span in spans if span is not None]
    assert len(spans) == len(tokens)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(left[1] <= right[0] for left, right in pairwise(found))


@given(TOKENS)
def test_joined_tokens_are_at_their_offsets(tokens: list[str]) -> None:
    text, offsets = join_tokens(tokens)
    assert [text[start:end] for start, end in offsets] == tokens


@given(TOKENS)
def test_joined_tokens_are_separated_by_one_space_at_most_and_nothing_else(tokens: list[str]) -> None:
    text, offsets = join_tokens(tokens)
    gaps = [text[left[1] : right[0]] for left, right in pairwise(offsets)]
    assert set(gaps) <= {"", " "}
    assert len(text) == sum(map(len, tokens)) + sum(map(len, gaps))


@given(TOKENS)
def test_joined_tokens_are_found_again(tokens: list[str]) -> None:
    text, offsets = join_tokens(tokens)
    assert align(tokens, text) == offsets


@pytest.mark.parametrize(
    ("tokens", "text", "spans"),
    [
        (["``", "Go", "''"], '"Go"', ((0, 1), (1, 3), (3, 4))),
        (["``", "Go", "''"], "“Go”", ((0, 1), (1, 3), (3, 4))),
        (['"', "Go", '"'], "“Go”", ((0, 1), (1, 3), (3, 4))),
        (["-LRB-", "x", "-RRB-"], "(x)", ((0, 1), (1, 2), (2, 3))),
        (["do", "n't"], "don’t", ((0, 2), (2, 5))),
        (["Peter", "StÃ¶ger"], "Peter Stöger", ((0, 5), (6, 12))),
    ],
    ids=["treebank quotes", "typographic quotes", "plain quotes", "brackets", "clitic", "double encoding"],
)
def test_other_spellings_are_found(tokens: list[str], text: str, spans: tuple[tuple[int, int], ...]) -> None:
    assert align(tokens, text) == spans


def test_a_missing_token_does_not_drag_the_rest_along() -> None:
    assert align(["The", "UNK", "ran", "."], "The queen ran.") == ((0, 3), None, (10, 13), (13, 14))


def test_the_reach_grows_with_what_was_missed() -> None:
    misspelt, meant = "Donaudampfschiffahrtsgesellschaft", "Donaudampfschifffahrtsgesellschaft"
    assert align([misspelt, "sank"], f"{meant} sank") == (None, (len(meant) + 1, len(meant) + 5))


def test_a_word_far_off_is_not_taken_for_one_that_is_missing() -> None:
    text = "Ada knew Bo . " + "x" * 200 + " Cy ran ."
    assert align(["Ada", "Cy", "Bo", "."], text) == ((0, 3), None, (9, 11), (12, 13))


def test_characters_that_no_token_covers_are_passed_over() -> None:
    assert align(["Ada", "ran"], "Ada [1] ran") == ((0, 3), (8, 11))


def test_two_mentions_of_one_name_are_found_one_after_the_other() -> None:
    assert align(["Bo", "met", "Bo"], "Bo met Bo") == ((0, 2), (3, 6), (7, 9))


def test_nothing_is_found_in_nothing() -> None:
    assert align(["a"], "") == (None,)
    assert align([], "a") == ()
    assert join_tokens([]) == ("", ())


def test_joined_tokens_read_like_text() -> None:
    tokens = ["He", ",", "Ada", "'s", "son", "(", "5", ")", ",", "did", "n't", "say", '"', "go", '"', "."]
    assert join_tokens(tokens)[0] == "He, Ada's son (5), didn't say \"go\"."


def test_tokens_that_are_nowhere_in_a_long_text_take_linear_time() -> None:
    assert set(align(["y"] * 200_000, "x " * 200_000)) == {None}
