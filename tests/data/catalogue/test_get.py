from __future__ import annotations

from dataclasses import replace

import pytest

from relknit.data.catalogue import DATASETS
from relknit.data.catalogue.get import get_dataset
from relknit.data.readers import find_splits, read_documents
from relknit.errors import DataError
from tests.data.catalogue.local_server import SPLITS, opener, small_dataset


@pytest.fixture
def small(server):
    return small_dataset(server)


@pytest.fixture
def get(server, small, tmp_path):
    """Get the small dataset into `folder` of the test."""
    return lambda **options: get_dataset(small, tmp_path / "small", opener=opener, **options)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_split_with_an_address_becomes_a_file_of_our_format(get, tmp_path):
    got = get()
    assert [(one.split, one.sentences, one.written) for one in got] == [("train", 2, True), ("dev", 1, True)]
    assert list(find_splits(tmp_path / "small")) == ["train", "dev"]
    documents = read_documents(tmp_path / "small" / "train.jsonl.gz").documents
    assert [document.text for document in documents] == [text for text, _ in SPLITS["train"]]
    (triple,) = documents[0].triples
    assert (triple.head.text, triple.relation, triple.tail.text) == ("Lovelace", "residence", "London")


def test_the_files_as_they_came_stay_beside(get, server, tmp_path):
    get()
    kept = contents(tmp_path / "small" / "original")
    assert kept == {f"{split}_triples.json": server.files[f"/a/{split}_triples.json"][1] for split in SPLITS}


def test_a_note_states_where_each_file_is_from_and_on_what_terms(get, small, tmp_path):
    get()
    note = (tmp_path / "small" / "SOURCE.md").read_text()
    for address in small.files.values():
        assert f"<{address.url}>" in note
    assert f"\n- git blob id `{small.files['train'].checksum.value}`\n" in note
    dev = small.files["dev"]
    assert f"\n- {dev.size:,} bytes, SHA-256 `{dev.checksum.value}`\n" in note
    assert "- Terms: CC0.\n- Citation: nobody 2020.\n" in note
    assert "- Not here: test; look for test.json in the attic.\n" in note
    assert "- Arguments of relations: last word, so every entity here is one word wide.\n" in note
    assert "- 2 sentences from `original/train_triples.json`" in note


def test_a_second_call_asks_for_nothing_and_writes_nothing(get, server, tmp_path):
    get()
    before, asked = contents(tmp_path / "small"), len(server.asked)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "small").rglob("*")}
    assert [one.written for one in get()] == [False, False]
    assert (contents(tmp_path / "small"), len(server.asked)) == (before, asked)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "small").rglob("*")} == times


def test_a_call_that_was_ended_is_finished_by_the_next(get, server, tmp_path):
    whole = server.files.pop("/a/dev_triples.json")
    with pytest.raises(DataError, match="404"):
        get()
    server.files["/a/dev_triples.json"] = whole
    assert set(contents(tmp_path / "small")) == {"original/train_triples.json"}
    assert [one.split for one in get()] == ["train", "dev"]
    assert server.asked.count("/a/train_triples.json") == 1


def test_a_file_that_was_saved_manually_is_not_downloaded(get, server, small, tmp_path):
    for split, address in small.files.items():
        path = tmp_path / "small" / "original" / address.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(server.files[f"/a/{split}_triples.json"][1])
    server.close()
    assert [one.written for one in get()] == [True, True]


def test_wrong_bytes_make_no_dataset(get, server, tmp_path):
    status, body = server.files["/a/train_triples.json"]
    server.files["/a/train_triples.json"] = status, body.replace(b"London", b"Londra")
    with pytest.raises(DataError, match="git blob id"):
        get()
    assert contents(tmp_path / "small") == {}


@pytest.mark.parametrize("name", ["train.jsonl.gz", "dev.jsonl.gz"])
def test_a_dataset_of_the_user_is_refused_before_anything_is_fetched(get, server, tmp_path, name):
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / name).write_bytes(b"mine")
    with pytest.raises(DataError, match=f"{name}: .*--out, or add --overwrite"):
        get()
    assert server.asked == []
    assert contents(tmp_path / "small") == {name: b"mine"}


@pytest.mark.parametrize("name", ["train.jsonl", "valid.jsonl.gz"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_second_file_for_a_split_is_refused(get, server, tmp_path, name, overwrite):
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / name).write_bytes(b"mine")
    with pytest.raises(DataError, match=f"{name}: .*name another folder"):
        get(overwrite=overwrite)
    assert server.asked == []


@pytest.mark.parametrize("name", ["train.jsonl.gz", "SOURCE.md"])
def test_what_was_changed_since_is_kept_or_replaced_as_the_user_asks(get, tmp_path, name):
    get()
    right = contents(tmp_path / "small")
    (tmp_path / "small" / name).write_bytes(b"mine")
    mine = contents(tmp_path / "small")
    with pytest.raises(DataError, match=f"{name}: .*--overwrite"):
        get()
    assert contents(tmp_path / "small") == mine
    get(overwrite=True)
    assert set(contents(tmp_path / "small")) == set(right)
    assert read_documents(tmp_path / "small" / "train.jsonl.gz").documents[0].id == "1"
    assert contents(tmp_path / "small")["SOURCE.md"] == right["SOURCE.md"]


def test_files_of_the_user_that_are_in_nobodys_way_stay(get, tmp_path):
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "notes.txt").write_bytes(b"mine")
    get(overwrite=True)
    assert contents(tmp_path / "small")["notes.txt"] == b"mine"


def test_a_dataset_without_address_names_another_place(tmp_path):
    with pytest.raises(DataError, match="negatives .*it is not published"):
        get_dataset(DATASETS["negatives"], tmp_path / "negatives")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(get, server, tmp_path):
    (tmp_path / "small").write_text("mine")
    with pytest.raises(DataError, match="small"):
        get()
    assert (tmp_path / "small").read_text() == "mine"


def test_a_file_that_does_not_read_as_the_entry_states_is_a_data_error_and_nothing_is_written(server, small, tmp_path):
    wrong = replace(small, source_format="spert", anchor=None)
    with pytest.raises(DataError, match=r"train_triples\.json"):
        get_dataset(wrong, tmp_path / "small", opener=opener)
    assert {name.split("/")[0] for name in contents(tmp_path / "small")} == {"original"}


def test_progress_covers_each_file_to_its_end(get, server):
    seen = []
    get(progress=lambda *step: seen.append(step))
    sizes = {f"{split}_triples.json": len(server.files[f"/a/{split}_triples.json"][1]) for split in SPLITS}
    assert seen == [(name, size, size) for name, size in sizes.items()]
