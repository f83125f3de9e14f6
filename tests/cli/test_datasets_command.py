from __future__ import annotations

import json
from functools import partial

import pytest
from rich.console import Console

import relknit.cli.datasets as command
import relknit.data.catalogue.get as catalogue_get
from relknit.cli import main, terminal
from relknit.data.catalogue import DATASETS
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from tests.data.catalogue.conftest import server
from tests.data.catalogue.local_server import opener, small_dataset

__all__ = ["server"]


@pytest.fixture
def data_dir(tmp_path):
    """webnlg without dev, a nyt that cannot be told, a set of the user's own."""
    folder = tmp_path / "sets"
    for name, splits in {"webnlg": {"train": 3, "test": 2}, "mine[b]": {"dev": 1200}}.items():
        (folder / name).mkdir(parents=True)
        for split, count in splits.items():
            write_jsonl(folder / name / f"{split}.jsonl.gz", [Document("1", ("Ada",))] * count)
    (folder / "nyt").mkdir()
    return folder


@pytest.fixture
def small(server, monkeypatch):
    """The command finds a small dataset at a server of this machine in place of the registry's."""
    found = small_dataset(server)
    monkeypatch.setattr(command, "dataset", {"small": found}.__getitem__)
    monkeypatch.setattr(catalogue_get, "get_dataset", partial(catalogue_get.get_dataset, opener=opener))
    return found


def get(*arguments):
    return main(["data", "get", *(str(argument) for argument in arguments)])


def rows(text):
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines() if "│" in line]


def test_the_list_shows_what_is_here_and_what_can_be_had(data_dir, capsys):
    assert main(["data", "list", "--data-dir", str(data_dir)]) == 0
    shown = {row[0]: row[1:6] for row in rows(capsys.readouterr().out) if row[0]}
    assert shown["webnlg"] == ["3", "-", "2", "last word", "all"]
    assert shown["nyt11-hrl"] == ["-", "-", "-", "whole", "all"]
    assert shown["negatives"] == ["-", "-", "-", "none", "-"]
    assert shown["mine[b]"] == ["-", "1,200", "-", "", "-"]


def test_the_list_names_the_splits_that_can_be_had_where_some_cannot(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "DATASETS", {"small": small})
    assert main(["data", "list", "--data-dir", str(tmp_path)]) == 0
    assert rows(capsys.readouterr().out)[0][:6] == ["small", "-", "-", "-", "last word", "train, dev"]


def test_a_folder_that_cannot_be_told_is_explained_below_the_list(data_dir, capsys):
    main(["data", "list", "--data-dir", str(data_dir)])
    output = capsys.readouterr()
    assert f"{data_dir / 'nyt'}: no train.jsonl, dev.jsonl or test.jsonl" in output.err
    assert "error" not in output.err


def test_a_damaged_file_does_not_end_the_list(data_dir, capsys):
    path = data_dir / "webnlg" / "train.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-9])
    assert main(["data", "list", "--data-dir", str(data_dir)]) == 0
    output = capsys.readouterr()
    assert "scierc" in output.out
    assert "train.jsonl.gz" in output.err
    assert "damaged" in output.err


def test_the_list_as_json_holds_all_that_is_known(data_dir, capsys):
    assert main(["data", "list", "--data-dir", str(data_dir), "--json"]) == 0
    entries = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert list(entries) == [*DATASETS, "mine[b]"]
    webnlg = entries["webnlg"]
    assert webnlg["sentences"] == {"train": 3, "test": 2}
    assert webnlg["published"] == {"train": 5019, "dev": 500, "test": 703}
    train = DATASETS["webnlg"].files["train"]
    assert webnlg["addresses"]["train"] == {
        "url": train.url,
        "checksum": {"kind": "SHA-256", "value": train.checksum.value},
        "size": 2280602,
    }
    unseen = entries["nyt"]["addresses"]["train"]
    assert (unseen["checksum"]["kind"], unseen["size"]) == ("git blob id", None)
    assert "CC BY-NC-SA 4.0" in webnlg["terms"]
    assert entries["scierc"]["folder"] is None
    assert (entries["mine[b]"]["terms"], entries["mine[b]"]["sentences"]) == (None, {"dev": 1200})
    assert entries["nyt"]["problem"]


def test_without_a_data_folder_the_list_is_that_of_the_registry(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["data", "list", "--json"]) == 0
    assert all(entry["sentences"] == {} for entry in json.loads(capsys.readouterr().out))
    assert main(["data", "list", "--data-dir", "absent"]) == 2
    assert capsys.readouterr().err.startswith("error: absent: no such folder")


def test_a_dataset_is_fetched_into_a_folder_and_its_terms_are_shown_first(small, server, tmp_path, capsys):
    assert get("small", "--out", tmp_path / "out") == 0
    output = capsys.readouterr()
    assert output.err.splitlines()[0] == "terms of small: CC0"
    assert output.out.splitlines() == [
        f"2 sentences written to {tmp_path / 'out' / 'train.jsonl.gz'}",
        f"1 sentences written to {tmp_path / 'out' / 'dev.jsonl.gz'}",
    ]
    assert (tmp_path / "out" / "SOURCE.md").exists()
    assert main(["data", "stats", str(tmp_path / "out"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["train"]["triples"] == 1


def test_a_split_without_address_is_one_line_that_says_where_to_look_and_how_to_go_on(small, tmp_path, capsys):
    assert get("small", "--out", tmp_path) == 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("small test ")
    assert "look for test.json in the attic" in last
    assert last.endswith(f'convert FILE "{tmp_path / "test.jsonl.gz"}" --from triples --anchor last --tokenised')


def test_the_command_that_is_named_for_a_missing_split_works(small, tmp_path, capsys):
    get("small", "--out", tmp_path)
    words = capsys.readouterr().err.splitlines()[-1].split("relknit ")[1].replace('"', "").split()
    words[words.index("FILE")] = str(tmp_path / "original" / "dev_triples.json")
    assert main(words) == 0
    assert (tmp_path / "test.jsonl.gz").exists()


def test_the_folder_is_data_and_the_name_by_default(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert get("small") == 0
    assert (tmp_path / "data" / "small" / "dev.jsonl.gz").exists()


def test_what_is_there_already_is_said_to_be(small, tmp_path, capsys):
    get("small", "--out", tmp_path)
    capsys.readouterr()
    assert get("small", "--out", tmp_path, "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert [file["written"] for file in done["files"]] == [False, False]
    assert (done["dataset"], done["missing"], done["files"][0]["sentences"]) == ("small", ["test"], 2)
    assert get("small", "--out", tmp_path) == 0
    assert "2 sentences already in " in capsys.readouterr().out


def test_a_failure_is_one_line_after_the_terms(small, server, tmp_path, capsys):
    del server.files["/a/dev_triples.json"]
    assert get("small", "--out", tmp_path) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"error: {small.files['dev'].url}: the server answers 404")
    assert not (tmp_path / "train.jsonl.gz").exists()


def test_nothing_of_the_user_is_overwritten_without_being_told(small, tmp_path, capsys):
    (tmp_path / "train.jsonl.gz").write_bytes(b"mine")
    assert get("small", "--out", tmp_path) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "train.jsonl.gz").read_bytes() == b"mine"
    assert get("small", "--out", tmp_path, "--overwrite") == 0
    assert (tmp_path / "train.jsonl.gz").read_bytes() != b"mine"


def test_bars_are_drawn_on_a_terminal_alone(small, tmp_path, monkeypatch, capsys):
    get("small", "--out", tmp_path / "quiet")
    assert "\x1b" not in capsys.readouterr().err
    monkeypatch.setattr(terminal, "to_people", lambda: Console(stderr=True, force_terminal=True))
    get("small", "--out", tmp_path / "shown")
    shown = capsys.readouterr().err
    assert "\x1b" in shown
    assert all(address.name in shown for address in small.files.values())


def test_a_bar_without_an_end_is_drawn_where_nobody_says_how_much_it_will_be(
    small, server, tmp_path, monkeypatch, capsys
):
    server.announces_length = False
    monkeypatch.setattr(terminal, "to_people", lambda: Console(stderr=True, force_terminal=True, width=100))
    assert get("small", "--out", tmp_path) == 0
    assert f"{len(server.files['/a/train_triples.json'][1])}/? bytes" in capsys.readouterr().err


def test_an_unknown_name_and_one_without_address_are_one_line_each(capsys):
    assert get("webnlg2") == 2
    assert "no dataset is called 'webnlg2', expected one of nyt, webnlg," in capsys.readouterr().err
    assert get("negatives") == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: negatives has no public address")
