from __future__ import annotations

import gzip
import json

import pytest

from relknit.cli import main
from relknit.cli.data import app
from relknit.data.readers import read_documents
from relknit.errors import DataError

GOOD = [
    {
        "id": name,
        "tokens": [name, "lives", "in", city],
        "entities": [
            {"token_start": 0, "token_end": 1, "type": None},
            {"token_start": 3, "token_end": 4, "type": None},
        ],
        "relations": [{"head": 0, "tail": 1, "type": "residence"}],
    }
    for name, city in [("Ada", "London"), ("Bob", "[bold]Oslo")]
]
STAR = {"text": "Ada Lovelace lived in London .", "triple_list": [["Lovelace", "residence", "London"]]}


def run(*arguments):
    return app([str(argument) for argument in arguments], result_action="return_value")


def write(path, *records):
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records), encoding="utf-8")
    return path


@pytest.fixture
def train(tmp_path):
    return write(tmp_path / "train.jsonl", *GOOD)


def test_a_foreign_file_is_converted_and_can_be_read(tmp_path, capsys):
    source = write(tmp_path / "star.json", STAR, STAR)
    out = tmp_path / "train.jsonl.gz"
    assert run("convert", source, out) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert 'detected format "triples"; every name is one word' in shown
    assert "2 documents written to" in shown
    assert gzip.decompress(out.read_bytes())
    assert [d.entities[0].token_start for d in read_documents(out).documents] == [1, 1]


def test_the_conversion_as_json_names_the_choices_made(tmp_path, capsys):
    source = write(tmp_path / "star.json", STAR)
    out = tmp_path / "train.jsonl"
    run("convert", source, out, "--json", "--from", "triples", "--anchor", "whole")
    assert json.loads(capsys.readouterr().out) == {
        "source": "triples",
        "anchor": "whole",
        "note": "",
        "out": str(out),
        "documents": 1,
        "skipped": [],
        "notes": [],
    }


def test_texts_that_are_tokenised_keep_their_tokens(tmp_path):
    source = write(tmp_path / "star.json", STAR | {"text": "Lovelace lived in London ( U.K. )-ish"})
    for options, last in [((), "ish"), (("--tokenised",), ")-ish")]:
        out = tmp_path / f"{len(options)}.jsonl"
        run("convert", source, out, *options)
        assert read_documents(out).documents[0].tokens[-1].endswith(last)
    assert read_documents(out).documents[0].tokens[-1] == ")-ish"


def test_a_bad_record_stops_the_conversion_and_nothing_is_written(tmp_path):
    source = write(tmp_path / "star.json", STAR, STAR | {"triple_list": [["Grace", "r", "London"]]})
    with pytest.raises(DataError, match=r'star\.json:2: triple 0: head "Grace" is not in the sentence'):
        run("convert", source, tmp_path / "train.jsonl")
    assert list(tmp_path.iterdir()) == [source]


def test_bad_records_are_left_out_and_named_on_request(tmp_path, capsys):
    source = write(tmp_path / "star.json", STAR, STAR | {"triple_list": [["Grace", "r", "London"]]})
    out = tmp_path / "train.jsonl"
    assert run("convert", source, out, "--skip-bad") == 0
    shown = capsys.readouterr().out
    assert "left out: " in shown
    assert "1 record left out" in " ".join(shown.split())
    assert len(read_documents(out).documents) == 1


def test_a_file_that_exists_is_kept_unless_told_otherwise(tmp_path, train):
    source = write(tmp_path / "star.json", STAR)
    before = train.read_text()
    with pytest.raises(DataError, match="exists already; name another file or add --overwrite"):
        run("convert", source, train)
    assert train.read_text() == before
    assert run("convert", source, train, "--overwrite") == 0
    assert train.read_text() != before


@pytest.mark.parametrize("name", ["train.json", "train", "train.csv"])
def test_the_output_must_be_named_as_jsonl(tmp_path, name):
    with pytest.raises(DataError, match=r"train.*\.jsonl\.gz"):
        run("convert", write(tmp_path / "star.json", STAR), tmp_path / name)


def test_stats_count_a_file_and_a_folder(train, capsys):
    write(train.with_name("dev.jsonl"), GOOD[0])
    assert run("stats", train, "--json") == 0
    assert json.loads(capsys.readouterr().out)["train.jsonl"]["triples"] == 2
    assert run("stats", train.parent, "--json") == 0
    counts = json.loads(capsys.readouterr().out)
    assert {split: value["sentences"] for split, value in counts.items()} == {"train": 2, "dev": 1}


def test_stats_are_a_table_for_people(train, capsys):
    assert run("stats", train) == 0
    rows = {tuple(part.strip() for part in line.strip("│").split("│")) for line in capsys.readouterr().out.splitlines()}
    assert {("triples", "2"), ("tokens a sentence, mean/max", "4.0/4"), ("Normal sentences", "2")} <= rows


def test_stats_do_without_a_train_file(tmp_path, capsys):
    write(tmp_path / "test.jsonl", GOOD[0])
    assert run("stats", tmp_path) == 0
    assert "test" in capsys.readouterr().out


def test_what_cannot_be_read_is_a_data_error_for_every_command(tmp_path):
    for arguments in (("doctor",), ("stats",)):
        with pytest.raises(DataError, match="no such file"):
            run(*arguments, tmp_path / "absent.jsonl")
    with pytest.raises(DataError, match="no such file"):
        run("convert", tmp_path / "absent.json", tmp_path / "out.jsonl")


def test_every_command_is_in_the_help(capsys):
    run("--help")
    shown = capsys.readouterr().out
    assert all(command in shown for command in ("doctor", "convert", "stats"))


def test_the_sample_corpus_can_be_copied_and_checked(tmp_path, capsys):
    folder = tmp_path / "sample"
    assert main(["data", "sample", str(folder)]) == 0
    assert main(["data", "doctor", str(folder)]) == 0
    assert main(["data", "sample", str(folder)]) == 2
    assert "exists already" in capsys.readouterr().err
