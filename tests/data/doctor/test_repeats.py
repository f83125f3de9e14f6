from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.doctor.repeats import Repeats
from relknit.data.doctor.source import DataFile
from tests.data.doctor.samples import DEV, LIVES, TEST, TRAIN, WORKS, findings_of, good_line, kinds, record

SHOUTED = record("ADA LIVES IN ROME !", [(0, 1)])
UNLABELLED = record("Ada lives in Rome")


def overlap(repeats, path, other):
    (found,) = [o for o in repeats.overlaps() if (o.path, o.other) == (str(path.path), str(other.path))]
    return found.exact, found.near, found.otherwise


@pytest.mark.parametrize(
    ("other", "kind", "message"),
    [
        (LIVES, "repeated sentence", "line 4;"),
        (UNLABELLED, "repeated sentence, other annotation", "line 4 with other"),
        (SHOUTED, "near copy", "line 4;"),
    ],
)
def test_a_repeat_inside_a_file_names_the_first_line(other, kind, message):
    (finding,) = findings_of(Repeats(), good_line(LIVES, 4), good_line(WORKS, 5), good_line(other, 9))
    assert (finding.kind, finding.where) == (kind, "train.jsonl:9")
    assert message in finding.message


@pytest.mark.parametrize(
    ("other", "kind", "message"),
    [
        (LIVES, "sentence in two splits", "in train.jsonl:1;"),
        (UNLABELLED, "sentence in two splits", "train.jsonl:1 (annotated differently);"),
        (
            SHOUTED,
            "near copy in two splits",
            "except for case, accents, punctuation or spacing, is also in train.jsonl:1;",
        ),
    ],
)
def test_a_sentence_of_two_splits_is_reported_in_the_later_one(other, kind, message):
    (finding,) = findings_of(Repeats(), good_line(LIVES, 1), good_line(WORKS, 2), good_line(other, 7, TEST))
    assert (finding.kind, finding.where) == (kind, "test.jsonl:7")
    assert message in finding.message


def test_a_repeat_is_compared_with_all_annotations_seen():
    found = findings_of(
        Repeats(), good_line(LIVES, 1), good_line(UNLABELLED, 2), good_line(UNLABELLED, 3), good_line(LIVES, 4)
    )
    assert kinds(found) == ["repeated sentence, other annotation", "repeated sentence", "repeated sentence"]
    assert "line 2;" in found[1].message
    assert "line 1;" in found[2].message


def test_an_exact_copy_is_distinguished_from_the_near_ones_before_it():
    found = findings_of(Repeats(), good_line(SHOUTED, 1), good_line(LIVES, 2), good_line(LIVES, 3))
    assert kinds(found) == ["near copy", "repeated sentence"]
    assert "line 2;" in found[1].message


def test_a_sentence_of_three_splits_is_one_finding_a_line_that_names_every_place():
    found = findings_of(Repeats(), good_line(LIVES, 1), good_line(LIVES, 2, DEV), good_line(LIVES, 3, TEST))
    assert len(found) == 2
    assert "train.jsonl:1 and dev.jsonl:2;" in found[1].message


def test_exact_in_one_split_outweighs_near_in_another():
    found = findings_of(Repeats(), good_line(SHOUTED, 1), good_line(LIVES, 1, DEV), good_line(LIVES, 1, TEST))
    assert kinds(found) == ["near copy in two splits", "sentence in two splits"]


def test_the_counts_of_two_files_are_of_exact_near_and_otherwise_annotated_lines():
    repeats = Repeats()
    findings_of(
        repeats,
        *(good_line(LIVES, 1), good_line(WORKS, 2), good_line(LIVES, 3)),
        *(
            good_line(UNLABELLED, 1, TEST),
            good_line(SHOUTED, 2, TEST),
            good_line(WORKS, 3, TEST),
            good_line(record("new words"), 4, TEST),
        ),
    )
    assert overlap(repeats, TRAIN, TRAIN) == (1, 1, 0)
    assert overlap(repeats, TEST, TRAIN) == (2, 3, 1)
    assert overlap(repeats, TEST, TEST) == (0, 1, 0)


def test_an_empty_sentence_repeats_nothing():
    assert (
        findings_of(Repeats(), good_line(record(""), 1), good_line(record(""), 2), good_line(record(""), 1, TEST)) == []
    )


def test_an_id_that_comes_twice_in_a_file_is_reported():
    named = [value | {"id": "x"} for value in (LIVES, WORKS)]
    (finding,) = findings_of(Repeats(), good_line(named[0], 1), good_line(named[1], 5))
    assert (finding.kind, finding.line) == ("repeated id", 5)
    assert "'x' is also that of line 1" in finding.message


def test_the_same_id_in_two_files_or_no_id_is_fine():
    named = LIVES | {"id": "1"}
    assert findings_of(Repeats(), good_line(named, 1), good_line(WORKS | {"id": "1"}, 1, TEST)) == []
    assert findings_of(Repeats(), good_line(WORKS, 2), good_line(named | {"id": "2"}, 3)) == []


SENTENCES = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["a b", "a  b", "A b", "a b .", "c d", "é", "e", "."]))
)


@given(SENTENCES)
def test_the_counts_are_those_of_comparing_every_line_with_every_line_before(lines):
    files = [DataFile(Path(f"{name}.jsonl"), name) for name in ("train", "dev", "test")]
    ordered = sorted(enumerate(lines), key=lambda pair: pair[1][0])
    cases = [good_line(record(words.split()), number, files[file]) for number, (file, words) in ordered]
    repeats = Repeats()
    findings_of(repeats, *cases)
    for found in repeats.overlaps():
        exact = near = 0
        for k, one in enumerate(cases):
            if str(one.file.path) != found.path:
                continue
            before = [c.document.tokens for c in cases[:k] if str(c.file.path) == found.other]
            exact += one.document.tokens in before
            near += plain(one.document.tokens) in map(plain, before)
        assert (found.exact, found.near) == (exact, near)


def plain(tokens):
    letters = "".join(tokens).lower().replace("é", "e")
    return "".join(filter(str.isalnum, letters)) or letters
