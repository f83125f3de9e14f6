from __future__ import annotations

import json

import pytest

from relknit.cli import main
from relknit.cli.data import app
from relknit.data.readers import find_splits, read_documents
from relknit.document import Document
from relknit.document.jsonl import write_jsonl

NAMES = [
    f"{first} {last}" for first in ("Ada", "Bob", "Eve", "Ivo", "Lea") for last in ("Grau", "Lund", "Rask", "Voss")
]
ROWS = [[f"{name} was born in Kelso.", name, "born in", "Kelso"] for name in NAMES]
STAR = [{"text": f"Name{k} lives in Kelso .", "triple_list": [[f"Name{k}", "lives", "Kelso"]]} for k in range(10)]


def convert(*arguments):
    return app(["convert", *map(str, arguments)], result_action="return_value")


def table(path, rows=ROWS):
    path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def ids(folder):
    return {name: [d.id for d in read_documents(path).documents] for name, path in find_splits(folder).items()}


@pytest.fixture
def source(tmp_path):
    return table(tmp_path / "facts.csv")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "data"


def test_a_table_becomes_train_dev_and_test(source, out, capsys):
    assert convert(source, out, "--split", "80/10/10") == 0
    assert capsys.readouterr().out.splitlines() == [
        f'{source}: detected format "csv"',
        f"16 documents written to {out}/train.jsonl",
        f"2 documents written to {out}/dev.jsonl",
        f"2 documents written to {out}/test.jsonl",
    ]
    assert sorted(sum(ids(out).values(), []), key=int) == [str(k) for k in range(1, 21)]


def test_two_shares_are_train_and_test(source, out):
    assert convert(source, out, "--split", "75/25") == 0
    assert {name: len(found) for name, found in ids(out).items()} == {"train": 15, "test": 5}


def test_the_split_as_json_names_files_and_counts(source, out, capsys):
    assert convert(source, out, "--split", "80/20", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["source"], report["out"], report["documents"]) == ("csv", str(out), 20)
    assert report["splits"] == {
        "train": {"path": str(out / "train.jsonl"), "documents": 16},
        "test": {"path": str(out / "test.jsonl"), "documents": 4},
    }


def test_a_seed_decides_what_goes_where(source, tmp_path):
    for name, seed in (("one", 0), ("same", 0), ("other", 5)):
        convert(source, tmp_path / name, "--split", "50/50", "--seed", seed)
    assert ids(tmp_path / "one") == ids(tmp_path / "same") != ids(tmp_path / "other")


def test_what_is_left_out_is_told_and_not_dealt_out(source, out, capsys):
    table(source, [*ROWS, ["It rained.", "Ada", "born in", "Kelso"]])
    assert main(["data", "convert", str(source), str(out), "--split", "80/20"]) == 2
    assert 'facts.csv:21: head "Ada" is not in the sentence' in capsys.readouterr().err
    assert list(out.iterdir()) == []
    assert convert(source, out, "--split", "80/20", "--skip-bad") == 0
    shown = capsys.readouterr().out
    assert "left out: " in shown
    assert shown.endswith(f"4 documents written to {out}/test.jsonl, 1 record left out\n")


def test_names_with_square_brackets_are_shown_as_they_are(tmp_path, capsys):
    assert convert(table(tmp_path / "[bold]facts.csv"), tmp_path / "[red]", "--split", "80/20") == 0
    assert f"16 documents written to {tmp_path}/[red]/train.jsonl\n" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["triples", "spert", "rin", "docbin", "relknit"])
def test_every_format_can_be_split(tmp_path, out, kind):
    path = tmp_path / "source.json"
    words = [record["text"].split() for record in STAR]
    if kind == "triples":
        path.write_text(json.dumps(STAR))
    elif kind == "spert":
        path.write_text(json.dumps([{"tokens": w, "entities": [], "relations": [], "orig_id": w[0]} for w in words]))
    elif kind == "rin":
        path.write_text(json.dumps([{"sentText": w, "en_list": [], "relationMentions": []} for w in words]))
    elif kind == "relknit":
        path.write_text("".join(json.dumps({"tokens": w, "entities": [], "relations": []}) + "\n" for w in words))
    else:
        pytest.importorskip("spacy")
        path = tmp_path / "source.spacy"
        write_jsonl(tmp_path / "all.jsonl", [Document(id=w[0], tokens=tuple(w)) for w in words])
        app(["convert", str(tmp_path / "all.jsonl"), str(path)], result_action="return_value")
    assert convert(path, out, "--split", "80/10/10") == 0
    assert {name: len(found) for name, found in ids(out).items()} == {"train": 8, "dev": 1, "test": 1}


def test_files_of_old_versions_are_written_with_the_current_names(tmp_path):
    entity = {"start": 1, "end": 2, "chars": [4, 8]}
    old = {"id": "1", "tokens": ["Old", "Holt"], "text": "Old Holt", "entities": [entity], "relations": []}
    (tmp_path / "old.jsonl").write_text(json.dumps(old) + "\n")
    assert main(["data", "convert", str(tmp_path / "old.jsonl"), str(tmp_path / "new.jsonl")]) == 0
    (entity,) = json.loads((tmp_path / "new.jsonl").read_text())["entities"]
    assert (entity["token_start"], entity["token_end"]) == (1, 2)


def test_relknits_own_format_can_be_split(source, out, tmp_path):
    assert convert(source, out, "--split", "80/20") == 0
    assert convert(out / "train.jsonl", tmp_path / "again", "--split", "50/50") == 0
    assert sorted(sum(ids(tmp_path / "again").values(), [])) == sorted(ids(out)["train"])


def test_sentences_of_one_document_of_spert_stay_together(tmp_path, out):
    words = [f"Sentence {k} of it .".split() for k in range(20)]
    records = [{"tokens": w, "entities": [], "relations": [], "orig_id": f"paper{k // 5}"} for k, w in enumerate(words)]
    (tmp_path / "scierc.json").write_text(json.dumps(records))
    convert(tmp_path / "scierc.json", out, "--split", "50/50")
    assert [len(found) for found in ids(out).values()] == [10, 10]
    assert set(ids(out)["train"]).isdisjoint(ids(out)["test"])


@pytest.fixture
def brat(tmp_path):
    """Six texts of five sentences each, and two of one sentence."""
    folder = tmp_path / "brat"
    for name in ("a", "b", "c", "sub/a", "sub/b", "sub/2020:11", "one", "other:1"):
        text = folder / f"{name}.txt"
        text.parent.mkdir(parents=True, exist_ok=True)
        lines = (f"{word} fell on {name} today.\n" for word in ("Rain", "Snow", "Hail", "Dew", "Night"))
        text.write_text("".join(list(lines)[: 1 if name in ("one", "other:1") else 5]), encoding="utf-8")
        text.with_suffix(".ann").write_text("")
    return folder


@pytest.mark.parametrize("seed", range(4))
def test_sentences_of_one_brat_text_stay_together(brat, out, seed):
    assert convert(brat, out, "--split", "60/20/20", "--seed", seed) == 0
    texts = [{identity.rpartition(":")[0] or identity for identity in found} for found in ids(out).values()]
    assert len(texts) == 3
    assert sum(map(len, texts)) == len(set().union(*texts)) == 8
    assert sum(map(len, ids(out).values())) == 32


def test_whole_brat_texts_are_dealt_out_one_by_one(brat, out):
    assert convert(brat, out, "--split", "50/50", "--whole-texts") == 0
    assert sorted(map(len, ids(out).values())) == [4, 4]


def test_one_brat_text_alone_cannot_be_split(brat, out, capsys):
    assert main(["data", "convert", str(brat / "a.txt"), str(out), "--split", "60/40"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: 5 documents cannot fill 2 splits: ")
    assert len(error.splitlines()) == 1
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--split", "80/10"], "percentages '80/10' add up to 90, expected 100"),
        (["--split", "most"], "percentages 'most': expected two or three whole percentages"),
        (["--split", "97/2/1"], "20 documents are too few for a split of 1 %, expected at least 100"),
        (["--seed", "3"], "--seed needs --split"),
        (["--split", "80/x", "--json"], "expected two or three whole percentages"),
    ],
)
def test_bad_shares_are_one_line_and_status_two(source, out, options, expected, capsys):
    assert main(["data", "convert", str(source), str(out), *options]) == 2
    output = capsys.readouterr()
    assert output.err.startswith("error: ")
    assert expected in output.err
    assert len(output.err.splitlines()) == 1
    assert output.out == ""
    assert not out.exists() or list(out.iterdir()) == []


def test_where_the_splits_cannot_go_is_one_line_and_status_two(source, out, tmp_path, capsys):
    command = ["data", "convert", str(source), str(out), "--split", "80/20"]
    out.write_text("mine")
    assert main(command) == 2
    assert "is a file, expected a folder" in capsys.readouterr().err
    out.unlink()
    assert main(command) == 0
    before = (out / "train.jsonl").read_bytes()
    assert main([*command, "--seed", "2"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert (out / "train.jsonl").read_bytes() == before
    assert main([*command, "--seed", "2", "--overwrite"]) == 0
    assert (out / "train.jsonl").read_bytes() != before
    assert main([*command[:-1], "80/10/10", "--overwrite"]) == 0
    assert main([*command, "--overwrite"]) == 2
    assert "dev.jsonl: would stay as dev" in capsys.readouterr().err


def test_the_doctor_finds_no_sentence_in_two_splits(tmp_path, out, capsys):
    shouted = [[sentence.upper(), "", "", ""] for sentence, *_ in ROWS]
    convert(table(tmp_path / "twice.csv", [*ROWS, *shouted]), out, "--split", "60/20/20")
    capsys.readouterr()
    app(["doctor", str(out), "--json"], result_action="return_value")
    found = {group["kind"]["name"] for group in json.loads(capsys.readouterr().out)["groups"]}
    assert found
    assert not any("two splits" in kind for kind in found)


def test_the_help_says_what_can_be_read(capsys):
    convert("--help")
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for word in (".csv", "Label Studio", ".spacy", ".txt and .ann", "80/10/10", "--seed"):
        assert word in shown


def test_which_mention_of_a_name_is_meant_can_be_chosen_and_is_said(tmp_path, capsys):
    table = tmp_path / "facts.csv"
    table.write_text("sentence,head,relation,tail\nBo left York; Mira was born in York.,Mira,born in,York\n")
    found = []
    for rule in ("nearest", "first"):
        assert convert(table, tmp_path / "out.jsonl", "--mentions", rule, "--overwrite") == 0
        assert rule in capsys.readouterr().out
        found.append(read_documents(tmp_path / "out.jsonl").documents[0].triples[0].tail.start)
    assert found == [31, 8]


def test_an_entity_in_pieces_can_be_kept_in_part(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("North and South America")
    (tmp_path / "a.ann").write_text("T1\tPlace 0 5;16 23\tNorth America\n")
    assert main(["data", "convert", str(tmp_path / "a.txt"), str(tmp_path / "out.jsonl")]) == 2
    assert "--pieces" in capsys.readouterr().err
    assert convert(tmp_path / "a.txt", tmp_path / "out.jsonl", "--pieces", "first") == 0
    assert [e.text for e in read_documents(tmp_path / "out.jsonl").documents[0].entities] == ["North"]


def test_a_bad_record_of_an_annotation_tool_is_one_line_with_file_and_record(tmp_path, capsys):
    tasks = tmp_path / "tasks.json"
    task = {"data": {"text": "Ada ran."}, "annotations": [{"result": [{"type": "labels", "value": {}}]}]}
    tasks.write_text(json.dumps([task]))
    assert main(["data", "convert", str(tasks), str(tmp_path / "out.jsonl")]) == 2
    shown = capsys.readouterr().err
    assert f"{tasks}: record 1: " in " ".join(shown.split())
    assert "Traceback" not in shown
