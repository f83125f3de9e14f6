from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.doctor import FixReport, examine, fix, report_html
from relknit.data.doctor.findings import DoctorFinding, DoctorReport, FileSummary, FindingCounter, Overlap
from relknit.data.doctor.fix import FixedFile, Remaining
from tests.data.doctor.samples import HEALTHY, LIVES, record, write
from tests.page.reading import check_alone, read

EVIL = "<script>alert('1')</script>&\"<img src=x>"


def report(*findings, paths=("a/train.jsonl",), overlaps=(), examples=9):
    counter = FindingCounter(examples)
    counter.add(findings)
    return DoctorReport(tuple(FileSummary(p, "train", 1000, 2, 3, 4) for p in paths), counter.groups(), tuple(overlaps))


def finding(kind="stray space", message="a message", context=("x", "y", "z"), path="a/train.jsonl", line=3):
    return DoctorFinding(kind, path, line, message, context)


def test_the_page_needs_nothing_else_and_has_colours_for_light_and_dark():
    page = report_html(report(finding()))
    assert "script" not in check_alone(page).tags
    assert "prefers-color-scheme: dark" in page
    assert '<meta name="color-scheme" content="light dark">' in page
    variables = [set(re.findall(r"(--\w+):", block)) for block in re.findall(r":root \{(.*?)\}", page, re.DOTALL)]
    assert len(variables) == 2
    assert variables[0] == variables[1]
    assert set(re.findall(r"var\((--\w+)\)", page)) == variables[0]


def test_a_finding_has_its_place_message_and_words():
    reader = read(report_html(report(finding())))
    words = " ".join(" ".join(reader.words).split())
    assert "train.jsonl:3 a message x y z" in words
    assert "mark" in reader.tags
    assert ("title", "a/train.jsonl:3") in reader.attributes


def test_each_kind_explains_why_it_matters_and_what_fixes_it():
    page = report_html(report(finding(), finding("nested entities"), finding("near copy in two splits")))
    assert "<b>Fix:</b> remove the space." in page
    assert "--fix does this" in page
    assert "--fix --drop-leaks does this" in page
    assert "manual</span>" in page


def test_all_are_counted_and_the_rest_is_named():
    page = report_html(report(*[finding(line=n) for n in range(1, 1235)], examples=2))
    assert "and 1,232 more" in page
    assert '<span class="count">1,234</span>' in page
    assert '<b class="warning">1,234</b> warnings' in page
    assert page.count("<li>") == 2


def test_errors_and_warnings_are_open_and_notes_closed():
    page = report_html(report(finding("broken line"), finding(), finding("near copy")))
    assert re.findall(r'<details class="(\w+)"( open)?>', page) == [
        ("error", " open"),
        ("warning", " open"),
        ("note", ""),
    ]


def test_a_healthy_dataset_is_reported():
    page = report_html(report())
    assert "Nothing was found." in page
    assert "No sentence is repeated." in page
    assert "Fixed copies" not in page


def test_a_finding_about_a_file_has_no_line_and_no_words():
    reader = read(report_html(report(finding(line=None, context=None))))
    assert ("title", "a/train.jsonl") in reader.attributes
    assert "mark" not in reader.tags


def test_copies_inside_a_file_and_across_files_are_distinguished():
    paths = ("a/train.jsonl", "a/test.jsonl")
    overlaps = [
        Overlap(paths[0], paths[0], 3, 4, 1),
        Overlap(paths[1], paths[0], 1200, 1300, 0),
        Overlap(*paths, 0, 0, 0),
    ]
    reader = read(report_html(report(paths=paths, overlaps=overlaps)))
    text = "".join(reader.words)
    assert "train.jsonl, repeated in it" in text
    assert "test.jsonl, also in train.jsonl" in text
    assert "1,200" in text
    assert "train.jsonl, also in test.jsonl" not in text


def test_what_was_fixed_and_what_was_left_is_shown():
    fixed = FixedFile("a", "out/train.jsonl", None, 1234, {"stray space": 2}, {"repeated sentence": 1})
    same = FixedFile("a", "out/test.jsonl", None, 5, {}, {})
    page = report_html(report(), FixReport((fixed, same), (Remaining("near copy", "note", 7, "it may be meant"),)))
    assert "stray space (2); left out: repeated sentence (1)" in page
    assert "nothing to fix" in page
    assert "<li><b>near copy</b> (7): it may be meant</li>" in page
    assert "Nothing remains to be fixed." in report_html(report(), FixReport((fixed,), ()))


def test_words_of_the_data_never_become_tags():
    evil = finding(message=EVIL, context=(EVIL, EVIL, EVIL), path=EVIL)
    fixed = FixReport((FixedFile(EVIL, EVIL, EVIL, 1, {EVIL: 1}, {EVIL: 1}),), (Remaining(EVIL, "note", 1, EVIL),))
    page = report_html(report(evil, paths=(EVIL, "b"), overlaps=[Overlap(EVIL, "b", 1, 1, 1)]), fixed)
    reader = read(page)
    assert not {"script", "img"} & set(reader.tags)
    assert "<script" not in page
    assert EVIL in "".join(reader.words)


@given(st.text(), st.text(min_size=1), st.text(min_size=1))
def test_any_text_gives_a_page_that_reads_well(message, words, path):
    reader = read(
        report_html(report(finding(message=message, context=(words, words, words), path=path), paths=(path,)))
    )
    plain = report_html(report(finding(message="m", context=("a", "b", "c"), path="p"), paths=("p",)))
    assert reader.tags == read(plain).tags


@pytest.mark.parametrize(
    ("paths", "heading"),
    [
        (["data/train.jsonl"], "data/train.jsonl"),
        (["train.jsonl"], "train.jsonl"),
        (["data/train.jsonl", "data/test.jsonl"], "data"),
        (["b/train.jsonl", "a/train.jsonl"], "a, b"),
    ],
)
def test_the_heading_names_what_was_examined(paths, heading):
    assert f'<h1 dir="auto">{heading}</h1>' in report_html(report(paths=paths))


def test_a_real_report_from_files_reads_well_too(tmp_path):
    write(tmp_path / "train.jsonl", *HEALTHY, record(["<b>Ada</b> ", "KÃ¶ln"], [(0, 1)]), "{")
    write(tmp_path / "test.jsonl", LIVES)
    page = report_html(examine([tmp_path]), fix([tmp_path], tmp_path / "out"))
    reader = read(page)
    assert reader.tags.count("details") == 5
    assert "b>Ada" in "".join(reader.words)
    assert page == report_html(examine([tmp_path]), fix([tmp_path], tmp_path / "out", overwrite=True))
