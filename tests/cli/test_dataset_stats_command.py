from __future__ import annotations

import json
import re

import pytest

from relknit.cli import main
from relknit.document import Document, Entity, Relation
from relknit.document.jsonl import write_jsonl

SPANS = (Entity(0, 1), Entity(2, 3), Entity(4, 6))
WORDS = tuple("Ada in London and New York".split())  # noqa: SIM905
NORMAL = Document("1", WORDS, SPANS, (Relation(0, 1, "residence"),))
SEO = Document("2", (*WORDS, "."), SPANS, (Relation(0, 1, "residence"), Relation(0, 2, "residence")))
EPO = Document("3", WORDS, SPANS, (Relation(0, 1, "residence"), Relation(0, 1, "birth")))
NONE = Document("4", ("It", "rained"))


@pytest.fixture
def data_dir(tmp_path):
    for name, splits in {
        "webnlg": {"train": [NORMAL, SEO, EPO, NONE], "test": [NORMAL] * 1500},
        "mine": {"train": [NONE]},
    }.items():
        (tmp_path / name).mkdir()
        for split, documents in splits.items():
            write_jsonl(tmp_path / name / f"{split}.jsonl", documents)
    (tmp_path / "vectors").mkdir()
    return tmp_path


def stats(*arguments):
    return main(["data", "stats", *(str(argument) for argument in arguments)])


def as_json(capsys, *arguments):
    assert stats(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def rows(text):
    return [re.split(r"\s*│\s*", line.strip("│ ")) for line in text.splitlines() if "│" in line]


def test_a_dataset_is_counted_by_its_name(data_dir, capsys):
    by_name = as_json(capsys, "webnlg", "--data-dir", data_dir)
    assert {split: value["sentences"] for split, value in by_name.items()} == {"train": 4, "test": 1500}
    assert by_name == as_json(capsys, data_dir / "webnlg")


def test_a_folder_of_ones_own_is_counted_by_its_name_too(data_dir, capsys):
    assert as_json(capsys, "mine", "--data-dir", data_dir)["train"]["sentences"] == 1


def test_a_whole_folder_is_a_table_of_overlap_with_a_line_for_each_split(data_dir, capsys):
    assert stats(data_dir) == 0
    output = capsys.readouterr()
    table = rows(output.out)
    assert table == [
        ["webnlg", "train", "4", "1", "1", "1", "1", "1", "2", "0", "0", "0", "5", "2", "5.2/7"],
        ["webnlg", "test", "1,500", "1,500", *["0"] * 3, "1,500", *["0"] * 4, "1,500", "1", "6.0/6"],
        ["mine", "train", "1", "0", "0", "0", "1", "0", "0", "0", "0", "0", "0", "0", "2.0/2"],
    ]
    assert output.err == ""


def test_the_heads_of_the_table_are_those_of_the_papers(data_dir, capsys):
    stats(data_dir)
    heads = next(line for line in capsys.readouterr().out.splitlines() if "sentences" in line)
    shown = " ".join(re.split(r"\s*┃\s*", heads.strip("┃ ")))
    assert shown == "dataset split sentences Normal SEO EPO none 1 2 3 4 >=5 triples types tokens"


def test_no_figure_is_cut_off_where_the_terminal_is_narrow(data_dir, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    stats(data_dir)
    shown = capsys.readouterr().out
    assert len(rows(shown)) == 3
    assert not any("…" in cell for row in rows(shown) for cell in row)


def test_a_whole_folder_as_json_has_a_key_for_each_dataset(data_dir, capsys):
    counts = as_json(capsys, data_dir)
    assert {name: list(splits) for name, splits in counts.items()} == {"webnlg": ["train", "test"], "mine": ["train"]}
    assert counts["webnlg"] == as_json(capsys, data_dir / "webnlg")
    assert counts["webnlg"]["train"]["overlap"] == {"Normal": 1, "EPO": 1, "SEO": 1, "None": 1}


def test_a_dataset_that_cannot_be_told_is_left_out_aloud(data_dir, capsys):
    (data_dir / "nyt").mkdir()
    (data_dir / "nyt" / "train.json").write_text("[]")
    assert list(as_json(capsys, data_dir)) == ["webnlg", "mine"]
    stats(data_dir)
    assert capsys.readouterr().err.startswith(f"left out: {data_dir / 'nyt'}: no train.jsonl")


def test_one_dataset_stays_a_table_with_a_column_for_each_file(data_dir, capsys):
    stats("webnlg", "--data-dir", data_dir)
    table = rows(capsys.readouterr().out)
    assert ["sentences", "4", "1,500"] in table
    assert ["sentences with triples: 2", "2", "0"] in table


def test_a_folder_without_any_dataset_says_what_it_holds(tmp_path, capsys):
    (tmp_path / "train.json").write_text("[]")
    assert stats(tmp_path) == 2
    assert "found train.json; run relknit data convert" in capsys.readouterr().err


def test_a_split_that_is_there_twice_is_not_passed_over(data_dir, capsys):
    write_jsonl(data_dir / "webnlg" / "train.jsonl.gz", [NONE])
    assert stats("webnlg", "--data-dir", data_dir) == 2
    assert "train.jsonl and train.jsonl.gz" in capsys.readouterr().err


def test_a_name_that_is_not_here_says_how_to_get_it(data_dir, capsys):
    assert stats("scierc", "--data-dir", data_dir) == 2
    assert f'relknit data get scierc --out "{data_dir / "scierc"}"' in capsys.readouterr().err
