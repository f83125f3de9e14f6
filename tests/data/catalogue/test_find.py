from __future__ import annotations

import gzip
import json

import pytest

from relknit.data.catalogue import dataset_path, find_datasets, sentence_counts
from relknit.errors import DataError

LINE = json.dumps({"tokens": ["Ada"], "entities": [], "relations": []}) + "\n"


def lay(folder, **splits):
    folder.mkdir(parents=True, exist_ok=True)
    for split, sentences in splits.items():
        with gzip.open(folder / f"{split}.jsonl.gz", "wt") as out:
            out.write(LINE * sentences)
    return folder


def test_known_datasets_come_first_in_the_order_of_the_registry_and_then_others_by_name(tmp_path):
    for name in ("zebra", "scierc", "apple", "webnlg"):
        lay(tmp_path / name, train=1)
    assert [found.name for found in find_datasets(tmp_path)] == ["webnlg", "scierc", "apple", "zebra"]


def test_sentences_are_counted_by_split_whatever_they_contain(tmp_path):
    lay(tmp_path / "webnlg", train=3, test=2)
    (tmp_path / "webnlg" / "dev.jsonl").write_text("not looked at\n\n\nneither\n")
    (found,) = find_datasets(tmp_path)
    assert found.folder == tmp_path / "webnlg"
    assert found.problem is None
    assert sentence_counts(found) == {"train": 3, "dev": 2, "test": 2}


def test_folders_without_splits_and_files_are_no_datasets(tmp_path):
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "words.npz").write_bytes(b"")
    (tmp_path / "README.md").write_text("")
    (tmp_path / "conll04").write_text("a file")
    assert find_datasets(tmp_path) == []


def test_a_known_name_without_splits_is_listed_with_its_problem(tmp_path):
    (tmp_path / "webnlg").mkdir()
    (tmp_path / "webnlg" / "train.json").write_text("[]")
    (found,) = find_datasets(tmp_path)
    assert found.splits == {}
    assert "found train.json; run relknit data convert" in found.problem


def test_a_known_name_with_a_split_twice_is_listed_with_its_problem(tmp_path):
    lay(tmp_path / "nyt", train=1)
    (tmp_path / "nyt" / "train.jsonl").write_text(LINE)
    (found,) = find_datasets(tmp_path)
    assert "train.jsonl.gz" in found.problem
    assert sentence_counts(found) == {}


def test_a_missing_folder_has_no_dataset_and_a_file_is_refused(tmp_path):
    assert find_datasets(tmp_path / "absent") == []
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file: is not a readable folder"):
        find_datasets(tmp_path / "file")


def test_a_damaged_file_is_named_when_it_is_counted(tmp_path):
    path = lay(tmp_path / "webnlg", train=50) / "train.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"train\.jsonl\.gz.* damaged"):
        sentence_counts(find_datasets(tmp_path)[0])


def test_a_name_is_looked_for_in_the_folder_given(tmp_path):
    for name in ("webnlg", "mine"):
        lay(tmp_path / name, train=1)
        assert dataset_path(name, tmp_path) == tmp_path / name


def test_a_path_goes_before_a_name_unless_the_folder_is_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lay(tmp_path / "webnlg", train=1)
    lay(tmp_path / "data" / "webnlg", train=1)
    lay(tmp_path / "data" / "scierc", train=1)
    assert str(dataset_path("webnlg")) == "webnlg"
    assert dataset_path("scierc").parts == ("data", "scierc")
    assert dataset_path("webnlg", tmp_path / "data") == tmp_path / "data" / "webnlg"


def test_a_known_name_that_is_not_here_explains_how_to_get_it(tmp_path):
    with pytest.raises(DataError, match=r"webnlg is not here; .*--data-dir, or try: relknit data get webnlg --out"):
        dataset_path("webnlg", tmp_path)


def test_any_other_path_is_left_as_it_is(tmp_path):
    absent = tmp_path / "absent.jsonl"
    assert dataset_path(absent) == absent
    assert dataset_path(absent, tmp_path / "data") == absent
