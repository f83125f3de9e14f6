from __future__ import annotations

import pytest

from relknit.data.doctor.names import Names
from tests.data.doctor.cases import DEV, TEST, case, kinds, looked_at, record

GIVEN = ("Ada", "Bea", "Cleo", "Dora", "Edda", "Fay", "Gia", "Hedy", "Ida", "Joan", "Kim", "Lea")


def star(count=12):
    """Sentences with names of two words, of which only the last is annotated."""
    return [case(record(f"{GIVEN[n]} Holm left Port {GIVEN[n]}ville .", [(1, 2), (4, 5)]), n + 1) for n in range(count)]


def whole(count=12):
    """The same sentences with whole names."""
    return [case(record(f"{GIVEN[n]} Holm left Port {GIVEN[n]}ville .", [(0, 2), (3, 5)]), n + 1) for n in range(count)]


def test_a_file_of_last_words_is_told_once():
    found = [f for f in looked_at(Names(), *star()) if f.kind == "last words only"]
    (finding,) = found
    assert finding.where == "train.jsonl"
    assert "24 of 24 entities are one word" in finding.message
    assert "precedes 24 of the 24 capitalised ones" in finding.message


def test_a_file_of_whole_names_is_healthy():
    assert looked_at(Names(), *whole()) == []


def test_one_word_names_that_stand_alone_are_healthy():
    lines = [case(record(f"{name} left for Rome .", [(0, 1), (3, 4)]), n) for n, name in enumerate(GIVEN, 1)]
    assert looked_at(Names(), *lines) == []


def test_a_few_titles_before_names_are_no_sign_of_last_words():
    lines = [case(record(f"{name} left for Rome .", [(0, 1), (3, 4)]), n) for n, name in enumerate(GIVEN, 1)]
    titled = [case(record(f"Mayor {name} left", [(1, 2)]), 20 + n) for n, name in enumerate(GIVEN[:4])]
    assert looked_at(Names(), *lines, *titled) == []


def test_too_few_names_say_nothing_about_a_file():
    assert "last words only" not in kinds(looked_at(Names(), *star(9)))
    assert "last words only" in kinds(looked_at(Names(), *star(10)))


def test_each_file_is_judged_for_itself():
    found = looked_at(Names(), *whole(), *(case(dict(c.record), c.line, TEST) for c in star()))
    assert [f.where for f in found if f.kind == "last words only"] == ["test.jsonl"]


def test_a_name_cut_short_is_told_with_the_place_of_the_whole_one():
    cut = case(record("Later Ada Lovelace wrote", [(2, 3)]), 1)
    full = case(record("I met Ada Lovelace", [(2, 4)]), 5, DEV)
    (finding,) = looked_at(Names(), cut, full)
    assert finding.kind == "name cut short"
    assert finding.where == "train.jsonl:1"
    assert finding.message.startswith('"Lovelace" stands in "Ada Lovelace", which dev.jsonl:5 annotates whole')
    assert finding.context == ("Later Ada", "Lovelace", "wrote")


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("in New York City now", (2, 3)),
        ("in New York City now", (1, 3)),
        ("in New York City now", (2, 4)),
        ("New York City", (1, 2)),
    ],
)
def test_any_part_of_a_known_name_is_a_cut(words, span):
    full = case(record("to New York City", [(1, 4)]), 1)
    assert kinds(looked_at(Names(), full, case(record(words, [span]), 2))) == ["name cut short"]


def test_the_longest_known_name_is_named():
    lines = [record("New York", [(0, 2)]), record("New York City", [(0, 3)]), record("in New York City", [(2, 3)])]
    found = looked_at(Names(), *(case(value, n) for n, value in enumerate(lines, 1)))
    assert '"York" stands in "New York City", which train.jsonl:2' in found[-1].message


def test_a_name_whose_other_words_belong_to_an_entity_is_not_cut():
    full = case(record("to New York", [(1, 3)]), 1)
    assert looked_at(Names(), full, case(record("New York", [(0, 1), (1, 2)]), 2)) == []
    assert looked_at(Names(), full, case(record("New York", [(0, 2), (1, 2)]), 2)) == []


def test_a_name_that_is_alone_or_has_other_neighbours_is_not_cut():
    full = case(record("to New York", [(1, 3)]), 1)
    assert looked_at(Names(), full, case(record("the city of York", [(3, 4)]), 2)) == []
    assert looked_at(Names(), full, case(record("Old York", [(1, 2)]), 2)) == []


def test_a_description_that_holds_a_name_does_not_make_the_name_a_cut():
    odd = case(record("is in New York", [(0, 4)]), 1)
    assert looked_at(Names(), odd, case(record("she is in New York", [(3, 5)]), 2)) == []


def test_the_same_span_annotated_twice_counts_once():
    full = case(record("to New York", [(1, 3)]), 1)
    assert len(looked_at(Names(), full, case(record("in New York", [(2, 3, "A"), (2, 3, "B")]), 2))) == 1
