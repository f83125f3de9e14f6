from __future__ import annotations

import pytest

from relknit.data import split_files
from relknit.data.readers import find_splits, read_documents
from relknit.data.split_files import split_targets, write_splits
from relknit.document import Document
from relknit.errors import DataError

ALL = ("train", "dev", "test")


def some(name):
    return (Document(id=f"{name}-1", tokens=("Ada", "ran")), Document(id=f"{name}-2", tokens=(name,)))


def contents(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path):
    """A folder that holds a split dataset."""
    out = tmp_path / "data"
    write_splits(split_targets(out, ALL, overwrite=False), {name: some(name) for name in ALL})
    return out


def test_the_files_are_those_that_training_looks_for(folder):
    found = find_splits(folder)
    assert list(found) == ["train", "dev", "test"]
    assert {name: read_documents(path).documents for name, path in found.items()} == {n: some(n) for n in ALL}
    assert sorted(path.name for path in folder.iterdir()) == ["dev.jsonl", "test.jsonl", "train.jsonl"]


def test_without_dev_there_is_no_file_for_it(tmp_path):
    targets = split_targets(tmp_path / "a" / "b", ("train", "test"), overwrite=False)
    write_splits(targets, {"train": some("a"), "test": some("b")})
    assert list(find_splits(tmp_path / "a" / "b")) == ["train", "test"]


def test_a_file_is_no_folder_for_splits(tmp_path):
    file = tmp_path / "data"
    file.write_text("mine")
    with pytest.raises(DataError, match=r"data: is a file, expected a folder for the splits"):
        split_targets(file, ALL, overwrite=True)
    assert file.read_text() == "mine"


@pytest.mark.parametrize("name", ["train.jsonl", "all.jsonl.gz"])
def test_a_folder_is_not_named_like_a_file(tmp_path, name):
    with pytest.raises(DataError, match=r"is the name of a file, expected one for a folder of splits"):
        split_targets(tmp_path / name, ALL, overwrite=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ALL)
def test_one_file_that_exists_is_enough_to_stop(tmp_path, name):
    (tmp_path / f"{name}.jsonl").write_text("mine")
    with pytest.raises(DataError, match=rf"{name}\.jsonl: exists already; name another file or add --overwrite"):
        split_targets(tmp_path, ALL, overwrite=False)
    assert contents(tmp_path) == {f"{name}.jsonl": "mine"}


def test_existing_files_are_replaced_on_request_and_others_stay(folder):
    (folder / "README.md").write_text("mine")
    write_splits(split_targets(folder, ALL, overwrite=True), {name: some("new") for name in ALL})
    assert {read_documents(folder / f"{name}.jsonl").documents for name in ALL} == {some("new")}
    assert (folder / "README.md").read_text() == "mine"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_dev_file_of_another_split_does_not_stay_beside_new_train_and_test(folder, overwrite):
    before = contents(folder)
    with pytest.raises(DataError, match=r"dev\.jsonl: would stay as dev beside the new train, test; remove it or name"):
        split_targets(folder, ("train", "test"), overwrite=overwrite)
    assert contents(folder) == before


@pytest.mark.parametrize("name", ["valid.jsonl", "test.jsonl.gz", "train.json-lines"])
def test_a_split_under_another_name_does_not_stay_either(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(DataError, match="would stay as"):
        split_targets(tmp_path, ALL, overwrite=True)


@pytest.mark.parametrize("broken", ALL)
def test_if_one_file_cannot_be_written_none_is_replaced(folder, broken, monkeypatch):
    before = contents(folder)
    write = split_files.write_jsonl

    def failing(path, documents):
        if broken in path.name:
            raise DataError("cannot be written: no space left", path=path)
        return write(path, documents)

    monkeypatch.setattr(split_files, "write_jsonl", failing)
    with pytest.raises(DataError, match="no space left") as raised:
        write_splits(split_targets(folder, ALL, overwrite=True), {name: some("new") for name in ALL})
    assert raised.value.path == str(folder / f"{broken}.jsonl")
    assert contents(folder) == before


def test_what_utf8_cannot_encode_is_named_with_the_file_it_was_for(folder):
    before = contents(folder)
    half = {**{name: some("new") for name in ALL}, "test": (*some("new"), Document(id="3", tokens=("\ud800",)))}
    with pytest.raises(DataError, match=r"test\.jsonl:3: .*lone surrogate"):
        write_splits(split_targets(folder, ALL, overwrite=True), half)
    assert contents(folder) == before
