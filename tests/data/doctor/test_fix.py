from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from relknit.data.doctor import examine, fix
from relknit.errors import DataError
from tests.data.doctor.samples import HEALTHY, LIVES, WORKS, read, record, write

BROKEN = record(["Ada ", "lives", "in", "KÃ¶ln"], [(0, 1), (3, 4)], [(0, "lives", 1)])
FIXED = record("Ada lives in Köln", [(0, 1), (3, 4)], [(0, "lives", 1)])


def names(folder):
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file())


def left(report):
    return {entry.kind: entry.count for entry in report.remaining}


def test_copies_are_fixed_and_the_originals_stay(tmp_path):
    source = write(tmp_path / "train.jsonl", LIVES, BROKEN)
    before = source.read_bytes()
    report = fix([source], tmp_path / "out")
    assert source.read_bytes() == before
    assert read(tmp_path / "out" / "train.jsonl") == [LIVES, FIXED]
    (file,) = report.files
    assert (file.source, file.target) == (str(source), str(tmp_path / "out" / "train.jsonl"))
    assert (file.lines, file.kept, file.dropped) == (2, None, {})
    assert file.fixes == {"stray space": 1, "double-encoded letters": 1}


def test_only_what_was_fixed_is_counted(tmp_path):
    named = record("Ada lives in KÃ¶ln", [(0, 1), (3, 4)], [(0, "lives", 1)])
    named["entities"] = [
        entity | {"text": words} for entity, words in zip(named["entities"], ("Ada", "KÃ¶ln"), strict=True)
    ]
    report = fix([write(tmp_path / "train.jsonl", named, LIVES)], tmp_path / "out")
    assert read(tmp_path / "out" / "train.jsonl")[0]["entities"][1]["text"] == "Köln"
    assert dict(report.files[0].fixes) == {"double-encoded letters": 1}


def test_lines_with_nothing_to_fix_are_copied_letter_for_letter(tmp_path):
    odd = '{ "tokens":["Ada"],   "x":"\\u00e9", "entities":[] }'
    source = write(tmp_path / "train.jsonl", odd, json.dumps(BROKEN), '{"broken', '{"tokens": []}')
    fix([source], tmp_path / "out")
    lines = (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[2], lines[3]) == (odd, '{"broken', '{"tokens": []}')
    assert json.loads(lines[1]) == FIXED


def test_a_sentence_with_the_same_annotation_is_written_once(tmp_path):
    source = write(tmp_path / "train.jsonl", LIVES, WORKS, LIVES | {"id": "again"}, LIVES, BROKEN, FIXED)
    report = fix([source], tmp_path / "out")
    assert read(tmp_path / "out" / "train.jsonl") == [LIVES, WORKS, FIXED]
    assert report.files[0].dropped == {"repeated sentence": 3}
    assert "repeated sentence" not in left(report)


def test_other_annotation_and_near_copies_and_empty_lines_are_left_alone(tmp_path):
    values = [LIVES, record("Ada lives in Rome"), record("ADA LIVES IN ROME"), record(""), record("")]
    report = fix([write(tmp_path / "train.jsonl", *values)], tmp_path / "out")
    assert read(tmp_path / "out" / "train.jsonl") == values
    assert left(report)["repeated sentence, other annotation"] == 1
    assert left(report)["near copy"] == 1
    assert left(report)["no tokens"] == 2


def test_what_was_left_alone_is_listed_with_the_reason(tmp_path):
    source = write(tmp_path / "train.jsonl", *HEALTHY, BROKEN, record("Ã\ufffdcolo fell"), "{")
    report = fix([source], tmp_path / "out")
    assert left(report) == {"broken line": 1, "lost letter": 1}
    assert "unknown" in report.remaining[0].why
    assert report.remaining[0].level == "error"


def splits(folder, train, test):
    folder.mkdir(exist_ok=True)
    write(folder / "train.jsonl", *train)
    write(folder / "test.jsonl", *test)
    return folder


def test_leaks_stay_unless_they_are_to_be_dropped(tmp_path):
    source = splits(tmp_path / "in", HEALTHY, [LIVES])
    report = fix([source], tmp_path / "out")
    assert read(tmp_path / "out" / "train.jsonl") == list(HEALTHY)
    assert left(report) == {"sentence in two splits": 1}
    assert "--drop-leaks" in report.remaining[0].why


def test_leaks_are_dropped_from_train_and_never_from_test(tmp_path):
    shouted = record("BOB WORKS IN OSLO !")
    source = splits(tmp_path / "in", [*HEALTHY, BROKEN], [LIVES, shouted, FIXED])
    report = fix([source], tmp_path / "out", drop_leaks=True)
    assert read(tmp_path / "out" / "train.jsonl") == list(HEALTHY[2:])
    assert read(tmp_path / "out" / "test.jsonl") == [LIVES, shouted, FIXED]
    assert report.files[0].dropped == {"sentence in two splits": 3}
    assert not any(o.near for o in examine([tmp_path / "out"]).overlaps if o.path != o.other)


def test_sentences_of_dev_and_test_both_stay(tmp_path):
    folder = splits(tmp_path / "in", HEALTHY, [LIVES])
    write(folder / "dev.jsonl", LIVES)
    report = fix([folder], tmp_path / "out", drop_leaks=True)
    assert read(tmp_path / "out" / "dev.jsonl") == read(tmp_path / "out" / "test.jsonl") == [LIVES]
    assert left(report)["sentence in two splits"] == 1


def test_leaks_can_only_be_dropped_where_the_names_say_the_split(tmp_path):
    paths = [write(tmp_path / name, *HEALTHY) for name in ("train.jsonl", "other.jsonl")]
    with pytest.raises(DataError, match=r"name a train file and a dev or test file"):
        fix(paths, tmp_path / "out", drop_leaks=True)


def test_a_train_file_that_would_be_empty_is_refused_and_nothing_is_written(tmp_path):
    source = splits(tmp_path / "in", [LIVES], [LIVES])
    with pytest.raises(DataError, match="nothing would be left"):
        fix([source], tmp_path / "out", drop_leaks=True)
    assert names(tmp_path / "out") == []


def test_in_place_the_old_file_is_kept_beside_the_new_one(tmp_path):
    source = write(tmp_path / "train.jsonl", BROKEN, *HEALTHY)
    before = source.read_bytes()
    for folder, message in ((tmp_path, "exists already"), (source, "expected a folder")):
        with pytest.raises(DataError, match=message):
            fix([source], folder)
    assert names(tmp_path) == ["train.jsonl"]
    report = fix([source], tmp_path, overwrite=True)
    assert read(source)[0] == FIXED
    assert (tmp_path / "train.jsonl.old").read_bytes() == before
    assert report.files[0].kept == str(tmp_path / "train.jsonl.old")
    assert json.loads(json.dumps(report.to_dict()))["files"][0]["lines"] == 5
    assert len(examine([tmp_path]).files) == 1


def test_an_old_file_is_never_replaced_by_a_newer_one(tmp_path):
    source = write(tmp_path / "train.jsonl", BROKEN)
    for _ in range(3):
        fix([source], tmp_path, overwrite=True)
    assert names(tmp_path) == ["train.jsonl", "train.jsonl.old", "train.jsonl.old2", "train.jsonl.old3"]
    assert read(tmp_path / "train.jsonl.old") == [BROKEN]
    assert read(tmp_path / "train.jsonl.old2") == [FIXED]


def test_if_one_file_cannot_be_read_none_is_written(tmp_path):
    folder = splits(tmp_path / "in", [BROKEN], [LIVES])
    (folder / "test.jsonl").write_bytes(b'{"tokens": ["a"]}\n\xff\n')
    with pytest.raises(DataError, match=r"test.jsonl:2: not UTF-8"):
        fix([folder], tmp_path / "out")
    assert names(tmp_path / "out") == []
    with pytest.raises(DataError):
        fix([folder], folder, overwrite=True)
    assert names(folder) == ["test.jsonl", "train.jsonl"]
    assert read(folder / "train.jsonl") == [BROKEN]


def test_a_compressed_file_stays_compressed_and_the_same_input_gives_the_same_bytes(tmp_path):
    source = tmp_path / "train.jsonl.gz"
    source.write_bytes(gzip.compress((json.dumps(BROKEN) + "\n").encode()))
    fix([source], tmp_path / "one")
    fix([source], tmp_path / "two")
    one, two = (tmp_path / out / "train.jsonl.gz" for out in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert json.loads(gzip.decompress(one.read_bytes())) == FIXED


def test_files_of_one_name_go_below_their_folders_names(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "train.jsonl", LIVES if name == "a" else WORKS)
    fix([tmp_path / "a", tmp_path / "b"], tmp_path / "out")
    assert read(tmp_path / "out" / "b" / "train.jsonl") == [WORKS]


def test_files_that_would_be_written_over_each_other_are_refused(tmp_path):
    paths = []
    for name in ("x/a", "y/a"):
        (tmp_path / name).mkdir(parents=True)
        paths.append(write(tmp_path / name / "train.jsonl", LIVES))
    with pytest.raises(DataError, match="one at a time"):
        fix(paths, tmp_path / "out")


def test_what_the_doctor_fixes_it_does_not_find_again(tmp_path):
    blank = record(["Eve", "\u00a0", "ran"], [(0, 1)])
    source = write(tmp_path / "train.jsonl", *HEALTHY, BROKEN, BROKEN, blank, *HEALTHY)
    report = fix([source], tmp_path / "out")
    assert left(report) == {"entity in no relation": 1}
    again = fix([tmp_path / "out"], tmp_path / "again")
    assert (again.files[0].fixes, again.files[0].dropped) == ({}, {})
    assert (tmp_path / "again" / "train.jsonl").read_bytes() == (tmp_path / "out" / "train.jsonl").read_bytes()
