from __future__ import annotations

import pytest

from relknit.text.stops import ABBREVIATIONS, BEFORE_NUMBERS, STARTERS, is_dotted, is_listed, keeps_stop


def test_lists_are_written_the_way_they_are_looked_up() -> None:
    assert all(word == word.lower() and not word.endswith(".") for word in ABBREVIATIONS | BEFORE_NUMBERS)
    assert all(word[0].isupper() for word in STARTERS)


@pytest.mark.parametrize("word", ["Dr", "DR", "U.S", "Vincent-St", "Vincent–St", "B", "É"])
def test_abbreviations_and_initials_keep_their_stop_before_a_name(word: str) -> None:
    assert keeps_stop(word, "Smith")


@pytest.mark.parametrize("word", ["Dr", "U.S", "B"])
@pytest.mark.parametrize("following", [None, "The", "He"])
def test_no_word_keeps_its_stop_where_a_sentence_must_end(word: str, following: str | None) -> None:
    assert not keeps_stop(word, following)


@pytest.mark.parametrize("word", ["end", "7", "F.C", "12", ")"])
def test_other_words_never_keep_their_stop(word: str) -> None:
    assert not keeps_stop(word, "Bari")


def test_no_is_listed_only_before_a_number() -> None:
    assert is_listed("No", "5")
    assert not is_listed("No", "Five")
    assert not is_listed("No", "")


@pytest.mark.parametrize(("word", "dotted"), [("A.F.C", True), ("Ph.D", True), ("FC", False), ("3.5", False)])
def test_dotted_names_are_letters_between_dots(word: str, dotted: bool) -> None:
    assert is_dotted(word) is dotted
