from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relknit.text.repair import normalise_token, repair_token, repair_tokens

TOKENS = st.one_of(
    st.text(min_size=1),
    st.text(st.characters(), min_size=1),
    st.text("aÃ¶©â€™“”‘’`'ÂÄŸ\ufffd\xa0-LRB", min_size=1, max_size=12),
)


def damaged(word: str) -> str:
    return word.encode("utf-8").decode("cp1252")


@pytest.mark.parametrize(
    "word",
    ["Stöger", "Jens_Härtel", "Adıyaman", "Suárez", "Köln", "Süleyman", "Barça", "Davutoğlu", "Şehitleri", "A.Ş"],
)
def test_double_encoded_names_are_repaired(word: str) -> None:
    assert repair_token(damaged(word)) == word


@pytest.mark.parametrize(
    "word",
    [
        "Stöger",
        "Åse",
        "naïve",
        "東京",
        "שלום",
        "Ωmega",
        "“",
        "’s",
        "2014–15",
        "👩\u200d⚕\ufe0f",
        "MÍŽE",
        "KRÁLÍK",
        "ÅŠ×",
    ],
)
def test_sound_words_are_left_alone(word: str) -> None:
    assert repair_token(word) == word


def test_a_letter_encoded_three_times_is_repaired() -> None:
    assert repair_token(damaged(damaged("Ağa"))) == "Ağa"


def test_a_letter_that_lost_a_byte_is_left_as_it_is() -> None:
    assert repair_token("Ã\ufffdcolo") == "Ã\ufffdcolo"


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_never_changed_by_repair(token: str) -> None:
    assert repair_token(token) == token


@given(TOKENS)
def test_neither_gives_an_empty_word(token: str) -> None:
    assert repair_token(token)
    assert normalise_token(token)


@given(TOKENS)
def test_repairing_twice_changes_nothing(token: str) -> None:
    once = repair_token(token)
    assert repair_token(once) == once


@given(TOKENS)
@example("»×¤")  # once the quote is plain, ftfy repairs the letter behind it
def test_normalising_twice_changes_nothing(token: str) -> None:
    once = normalise_token(token)
    assert normalise_token(once) == once


@given(st.lists(TOKENS))
def test_tokens_are_repaired_one_for_one(tokens: list[str]) -> None:
    assert repair_tokens(tokens) == tuple(repair_token(token) for token in tokens)


def test_something_too_long_for_a_word_is_left_alone() -> None:
    assert repair_token(damaged("ö") * 100) == "ö" * 100
    assert repair_token(damaged("ö") * 101) == damaged("ö") * 101


@pytest.mark.parametrize(
    ("token", "plain"),
    [
        *[("``", '"'), ("''", '"'), ("“", '"'), ("”", '"'), ("«", '"'), ("‘", "'"), ("’s", "'s"), ("n’t", "n't")],
        *[("-LRB-", "("), ("-RRB-", ")"), ("-LSB-", "["), ("-RSB-", "]"), ("-LCB-", "{"), ("-RCB-", "}")],
        *[("StÃ¶ger", "Stöger"), ("Ada", "Ada"), ("(", "("), ('"', '"')],
    ],
)
def test_treebank_tokens_and_typed_ones_meet_in_one_spelling(token: str, plain: str) -> None:
    assert normalise_token(token) == plain


def test_case_is_kept() -> None:
    assert normalise_token("NASA") == "NASA"
