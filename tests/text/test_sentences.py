from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.text.align import join_tokens
from relknit.text.sentences import sentence_spans
from relknit.text.tokenise import Token, tokenise

WORDS = st.sampled_from(
    [
        *["Ada", "ran", "Dr.", "U.S.", "F.C.", "He", "no.", "end.", "end!", "what?", "...", ".", '"', "”", ")", "("],
        *["5", "1.", "''", "。", "中", "'", "\n", "\n\n", "\u2029", "\ud800", "\x00", ","],
    ]
)
TEXTS = st.one_of(st.text(), st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS, max_size=40).map("".join))


def sentences(text: str) -> list[str]:
    tokens = tokenise(text)
    return [text[tokens[start].start : tokens[end - 1].end] for start, end in sentence_spans(tokens, text)]


@given(TEXTS)
def test_sentences_cover_all_tokens_in_order_without_gaps(text: str) -> None:
    tokens = tokenise(text)
    spans = sentence_spans(tokens, text)
    assert [position for start, end in spans for position in range(start, end)] == list(range(len(tokens)))
    assert all(start < end for start, end in spans)


@given(TEXTS, TEXTS)
def test_a_blank_line_is_always_a_border(left: str, right: str) -> None:
    assert sentences(f"{left}\n\n{right}") == sentences(left) + sentences(right)


@given(st.lists(st.sampled_from(["Ada ran home", "Bo said so", "Nobody knew"]), min_size=1), st.sampled_from(" \n"))
def test_plain_sentences_come_back_one_by_one(plain: list[str], space: str) -> None:
    written = [sentence + "." for sentence in plain]
    assert sentences(space.join(written)) == written


def test_no_tokens_make_no_sentence() -> None:
    assert sentence_spans([], "") == []


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Smith met J. K. Rowling in St. Louis.",
        "A.F.C. Blackpool beat F.C. Bari.",
        "He has a B.S. in physics and a Ph.D. from MIT.",
        "See No. 5 on p. 7 (vol. 2, e.g. there).",
        "1. FC Union Berlin won.",
        "Is it 3.14, or so... or not?",
        '"Stop!" he said.',
        "St. Vincent–St. Mary is a school.",
        "A line that ends\nHere and goes on.",
        "He saw Dr.\nSmith.",
    ],
)
def test_one_sentence_stays_one(text: str) -> None:
    assert sentences(text) == [text]


@pytest.mark.parametrize(
    "parts",
    [
        ["He lives in the U.S.", "The country is big."],
        ["He plays for Bari F.C.", "They won."],
        ["Is it so?", "Yes!", "Fine..."],
        ['He said "no."', "She left."],
        ["The end.”", "“Go on."],
        ["(They won.)", "Nobody knew."],
        ["He flew Apollo 11.", "Buzz did too."],
        ["It closed in 1955.", "205 people left."],
        ["He came (late).", "Ada left."],
    ],
)
def test_two_sentences_part(parts: list[str]) -> None:
    assert sentences(" ".join(parts)) == parts


def test_a_single_line_break_ends_a_sentence_only_after_an_end_mark() -> None:
    assert sentences("A heading\nand its rest.\nlower case") == ["A heading\nand its rest.", "lower case"]


def test_the_numbers_of_a_list_stay_with_their_items() -> None:
    assert sentences("1. Ada ran.\n2. Bo sat.") == ["1. Ada ran.", "2. Bo sat."]
    assert sentences("1. Ada\n2. Bo") == ["1. Ada", "2. Bo"]


def test_chinese_sentences_need_no_space_between_them() -> None:
    assert sentences("他来了。她走了！“好。”是") == ["他来了。", "她走了！", "“好。”", "是"]


def test_tokens_of_another_tokeniser_are_split_too() -> None:
    words = ["Ada", "left", "the", "U.S.", "Bo", "said", "``", "no.", "''", "She", "knew."]
    text, offsets = join_tokens(words)
    tokens = [Token(word, start, end) for word, (start, end) in zip(words, offsets, strict=True)]
    assert sentence_spans(tokens, text) == [(0, 9), (9, 11)]


@pytest.mark.parametrize("text", ["a. " * 100_000, "(" * 200_000, "a." + '"' * 200_000, "a.\n" + " " * 500_000 + "b"])
def test_hostile_text_takes_linear_time(text: str) -> None:
    tokens = tokenise(text)
    assert sentence_spans(tokens, text)[-1][1] == len(tokens)
