from __future__ import annotations

import pytest

from relknit.data.doctor.name_parts import NameParts
from tests.data.doctor.samples import DEV, TEST, findings_of, good_line, kinds, record

GIVEN = ("Ada", "Bea", "Cleo", "Dora", "Edda", "Fay", "Gia", "Hedy", "Ida", "Joan", "Kim", "Lea")


def sentences(*spans, count=12):
    """Sentences with names of two words, and these spans as their entities."""
    return [
        good_line(record(f"{name} Holm left Port {name}ville .", spans), n) for n, name in enumerate(GIVEN[:count], 1)
    ]


def star(count=12):
    """The same with the last words alone."""
    return sentences((1, 2), (4, 5), count=count)


def whole():
    """The same with whole names."""
    return sentences((0, 2), (3, 5))


def test_a_file_of_last_words_is_reported_once():
    found = [f for f in findings_of(NameParts(), *star()) if f.kind == "last words only"]
    (finding,) = found
    assert finding.where == "train.jsonl"
    assert "24 of 24 entities are one word" in finding.message
    assert "precedes 24 of the 24 capitalised ones" in finding.message


def test_a_file_of_whole_names_is_healthy():
    assert findings_of(NameParts(), *whole()) == []


def test_a_few_titles_before_names_are_no_sign_of_last_words():
    lines = [good_line(record(f"{name} left for Rome .", [(0, 1), (3, 4)]), n) for n, name in enumerate(GIVEN, 1)]
    titled = [good_line(record(f"Mayor {name} left", [(1, 2)]), 20 + n) for n, name in enumerate(GIVEN[:4])]
    assert findings_of(NameParts(), *lines) == findings_of(NameParts(), *lines, *titled) == []


def test_too_few_names_are_no_evidence_about_a_file():
    assert "last words only" not in kinds(findings_of(NameParts(), *star(9)))
    assert "last words only" in kinds(findings_of(NameParts(), *star(10)))


def test_each_file_is_judged_for_itself():
    found = findings_of(NameParts(), *whole(), *(good_line(dict(c.record), c.number, TEST) for c in star()))
    assert [f.where for f in found if f.kind == "last words only"] == ["test.jsonl"]


def test_a_name_cut_short_is_reported_with_the_place_of_the_whole_one():
    cut = good_line(record("Later Ada Lovelace wrote", [(2, 3)]), 1)
    full = good_line(record("I met Ada Lovelace", [(2, 4)]), 5, DEV)
    (finding,) = findings_of(NameParts(), cut, full)
    assert finding.kind == "name cut short"
    assert finding.where == "train.jsonl:1"
    assert finding.message.startswith('"Lovelace" is part of "Ada Lovelace", which dev.jsonl:5 annotates whole')
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
    full = good_line(record("to New York City", [(1, 4)]), 1)
    assert kinds(findings_of(NameParts(), full, good_line(record(words, [span]), 2))) == ["name cut short"]


def test_the_longest_known_name_is_named():
    lines = [record("New York", [(0, 2)]), record("New York City", [(0, 3)]), record("in New York City", [(2, 3)])]
    found = findings_of(NameParts(), *(good_line(value, n) for n, value in enumerate(lines, 1)))
    assert '"York" is part of "New York City", which train.jsonl:2' in found[-1].message


def test_a_name_whose_neighbours_are_others_or_in_an_entity_is_not_cut():
    full = good_line(record("to New York", [(1, 3)]), 1)
    assert findings_of(NameParts(), full, good_line(record("New York", [(0, 1), (1, 2)]), 2)) == []
    assert findings_of(NameParts(), full, good_line(record("New York", [(0, 2), (1, 2)]), 2)) == []
    for words, span in (("the city of York", (3, 4)), ("Old York", (1, 2))):
        assert findings_of(NameParts(), full, good_line(record(words, [span]), 2)) == []


def test_a_description_with_a_name_in_it_does_not_make_the_name_a_cut():
    odd = good_line(record("is in New York", [(0, 4)]), 1)
    assert findings_of(NameParts(), odd, good_line(record("she is in New York", [(3, 5)]), 2)) == []


def test_the_same_span_annotated_twice_counts_once():
    full = good_line(record("to New York", [(1, 3)]), 1)
    assert len(findings_of(NameParts(), full, good_line(record("in New York", [(2, 3, "A"), (2, 3, "B")]), 2))) == 1
