from __future__ import annotations

import json

import pytest

from relknit.data.doctor.source import DataFile, find_files, read_file
from relknit.errors import DataError
from tests.data.doctor.samples import LIVES, WORKS, good_line, record, write


def test_a_folder_means_its_splits_in_order(tmp_path):
    for name in ("test.jsonl", "valid.jsonl", "train.jsonl", "notes.jsonl"):
        write(tmp_path / name, LIVES)
    assert [(f.path.name, f.split) for f in find_files([tmp_path])] == [
        ("train.jsonl", "train"),
        ("valid.jsonl", "dev"),
        ("test.jsonl", "test"),
    ]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train_fragment.jsonl.gz", "train"),
        ("Test-2.jsonl", "test"),
        ("validation.jsonl", "dev"),
        ("val.x.jsonl", "dev"),
        ("training.jsonl", None),
        ("mine.jsonl", None),
    ],
)
def test_the_name_of_a_file_determines_its_split(tmp_path, name, split):
    (file,) = find_files([write(tmp_path / name, LIVES)])
    assert file.split == split


def test_train_comes_first_and_files_of_no_split_last(tmp_path):
    paths = [write(tmp_path / name, LIVES) for name in ("mine.jsonl", "test.jsonl", "train.jsonl")]
    assert [f.path.name for f in find_files(paths)] == ["train.jsonl", "test.jsonl", "mine.jsonl"]


def test_a_file_named_twice_is_read_once(tmp_path):
    path = write(tmp_path / "train.jsonl", LIVES)
    assert len(find_files([path, tmp_path, tmp_path / ".." / tmp_path.name / "train.jsonl"])) == 1


def test_a_folder_without_train_will_do(tmp_path):
    write(tmp_path / "test.jsonl", LIVES)
    assert len(find_files([tmp_path])) == 1


def test_a_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="gone.jsonl: no such file or folder"):
        find_files([tmp_path / "gone.jsonl"])


def test_no_path_at_all_is_reported():
    with pytest.raises(DataError, match="no path given"):
        find_files([])


def test_lines_come_with_record_and_document_and_bad_ones_with_their_error(tmp_path):
    path = write(tmp_path / "a.jsonl", LIVES | {"source": "x"}, "", "{", record("Ada", [(0, 9)]), WORKS)
    first, *broken, last = read_file(DataFile(path, None))
    assert (first.number, first.record["source"], json.loads(first.text)) == (1, "x", first.record)
    assert [line.error.line for line in broken] == [3, 4]
    assert "spans tokens [0, 9)" in broken[1].error.message
    assert (last.number, last.document.tokens) == (5, ("Bob", "works", "in", "Oslo"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ('{"text": "a", "triple_list": []}\n', "relknit data convert"),
        ("[1]\n", "relknit data convert"),
        ("{\n{\n", "no other line is valid"),
    ],
)
def test_a_file_without_a_good_line_is_refused_with_the_reason(tmp_path, content, message):
    path = tmp_path / "train.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        list(read_file(DataFile(path, None)))


def test_progress_is_reported_every_200_lines(tmp_path):
    path = write(tmp_path / "a.jsonl", *[LIVES] * 450)
    reported = []
    assert len(list(read_file(DataFile(path, None), lambda *now: reported.append(now)))) == 450
    assert reported == [(path, 200), (path, 400)]


def test_a_finding_shows_its_words_among_their_neighbours():
    words = [f"w{k}" for k in range(30)]
    found = good_line(record(words)).finding("k", "m", (10, 12))
    assert found.context == ("… w2 w3 w4 w5 w6 w7 w8 w9", "w10 w11", "w12 w13 w14 w15 w16 w17 w18 w19 …")


def test_words_at_the_borders_of_a_sentence_have_no_dots_beside_them():
    assert good_line(record("a b c")).finding("k", "m", (0, 1)).context == ("", "a", "b c")
    assert good_line(record("a b c")).finding("k", "m", (2, 3)).context == ("a b", "c", "")


def test_a_finding_about_the_sentence_shows_its_beginning():
    assert good_line(record("a b c")).finding("k", "m").context == ("", "", "a b c")
    long = good_line(record([f"w{k}" for k in range(60)])).finding("k", "m").context
    assert long[2].endswith("w23 …")


def test_a_finding_knows_where_it_is():
    assert good_line(record("a"), line=7).finding("k", "m").where == "train.jsonl:7"
