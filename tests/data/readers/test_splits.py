from __future__ import annotations

import pytest

from relknit.data.readers import find_splits
from relknit.errors import DataError


def folder(tmp_path, *names):
    for name in names:
        (tmp_path / name).write_text("x")
    return tmp_path


@pytest.mark.parametrize("dev", ["dev", "valid", "validation", "val"])
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".json-lines"])
def test_the_splits_are_found_by_name(tmp_path, dev, suffix):
    found = find_splits(folder(tmp_path, "test" + suffix, dev + suffix, "train" + suffix, "labels.json", "README.md"))
    assert list(found) == ["train", "dev", "test"]
    assert found["dev"] == tmp_path / (dev + suffix)


def test_dev_and_test_may_be_missing(tmp_path):
    assert list(find_splits(folder(tmp_path, "train.jsonl"))) == ["train"]


def test_without_train_there_is_an_error_unless_it_is_not_needed(tmp_path):
    folder(tmp_path, "test.jsonl", "train_part.jsonl")
    with pytest.raises(DataError, match=r"no train\.jsonl .*found test\.jsonl, train_part\.jsonl; rename a file"):
        find_splits(tmp_path)
    assert list(find_splits(tmp_path, need_train=False)) == ["test"]


def test_foreign_files_name_the_converter(tmp_path):
    with pytest.raises(DataError, match=r"found train_triples\.json; run relknit data convert"):
        find_splits(folder(tmp_path, "train_triples.json"))


def test_other_json_beside_the_data_does_not_ask_for_the_converter(tmp_path):
    with pytest.raises(DataError, match=r"found labels\.json; rename a file"):
        find_splits(folder(tmp_path, "labels.json"))


def test_an_empty_folder_contains_nothing(tmp_path):
    with pytest.raises(DataError, match="found nothing"):
        find_splits(tmp_path, need_train=False)


@pytest.mark.parametrize("pair", [("dev.jsonl", "valid.jsonl"), ("train.jsonl", "train.jsonl.gz")])
def test_two_files_for_one_split_are_not_guessed_between(tmp_path, pair):
    with pytest.raises(DataError, match=f"{pair[0]} and {pair[1]} "):
        find_splits(folder(tmp_path, "train.jsonl", *pair))


def test_a_file_or_nothing_in_place_of_a_folder_is_named(tmp_path):
    path = folder(tmp_path, "train.jsonl") / "train.jsonl"
    with pytest.raises(DataError, match="is a file, expected a folder"):
        find_splits(path)
    with pytest.raises(DataError, match="no such folder"):
        find_splits(tmp_path / "absent")


def test_a_folder_named_like_a_split_is_passed_over(tmp_path):
    (tmp_path / "dev.jsonl").mkdir()
    assert list(find_splits(folder(tmp_path, "train.jsonl"))) == ["train"]
