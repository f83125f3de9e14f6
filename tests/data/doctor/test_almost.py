from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.doctor.almost import KIND, SHORTEST, AlmostCopies, differing
from tests.data.doctor.samples import DEV, TEST, TRAIN, findings_of, good_line, kinds, record

WORDS = "the bridge over the river was opened in 1816 by Nora Lund ."
NUMBERS = st.lists(st.integers(0, 2), max_size=7)


def in_train_and_test(train: str, test: str):
    return findings_of(AlmostCopies(), good_line(record(train), 3), good_line(record(test), 7, TEST))


@pytest.mark.parametrize(
    ("test", "what"),
    [
        (WORDS.replace("1816", "1815"), "except for '1815'"),
        (WORDS.replace("the bridge", "The old bridge"), "except for 'old'"),
        (WORDS.replace("opened ", ""), "with one more word before 'in'"),
        (WORDS.replace(" .", ""), "with one more word at the end"),
        (WORDS + " )", "except for ')'"),
        ("A " + WORDS, "except for 'A'"),
    ],
)
def test_a_sentence_of_another_split_that_is_one_word_apart_is_found_with_its_place(test, what):
    (finding,) = in_train_and_test(WORDS, test)
    assert (finding.kind, finding.where) == (KIND, "test.jsonl:7")
    assert f"train.jsonl:3, {what};" in finding.message


@pytest.mark.parametrize(
    "test",
    [WORDS, WORDS.upper(), WORDS.replace("1816", "1815").replace("Nora", "Ida"), "a " + WORDS.replace("river", "Isk")],
)
def test_copies_and_sentences_two_words_apart_are_not(test):
    assert in_train_and_test(WORDS, test) == []


def test_one_file_is_not_compared_with_itself_and_short_sentences_with_none():
    other = WORDS.replace("1816", "1815")
    assert findings_of(AlmostCopies(), good_line(record(WORDS), 1), good_line(record(other), 2)) == []
    short = " ".join(WORDS.split()[: SHORTEST - 1])
    assert in_train_and_test(short, short.replace("bridge", "tower")) == []


def test_a_sentence_is_one_finding_however_many_files_have_it_but_for_a_word():
    first, second, third = (good_line(record(WORDS.replace("1816", year)), 1, file) for year, file in
                            (("1814", TRAIN), ("1815", DEV), ("1816", TEST)))  # fmt: skip
    assert kinds(findings_of(AlmostCopies(), first, second, third)) == [KIND, KIND]


@given(NUMBERS, NUMBERS)
def test_differing_is_an_edit_distance_of_one(a, b):
    changed = [[*a[:k], new, *a[k + 1 :]] for k in range(len(a)) for new in range(3) if new != a[k]]
    added = [[*a[:k], new, *a[k:]] for k in range(len(a) + 1) for new in range(3)]
    left_out = [[*a[:k], *a[k + 1 :]] for k in range(len(a))]
    place = differing(array("q", a), array("q", b))
    assert (place is not None) == (b in changed + added + left_out)
    if place is not None:
        assert a[:place] == b[:place]
