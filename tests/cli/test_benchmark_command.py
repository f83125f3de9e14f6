import json

import pytest

from relknit.cli import main
from relknit.data.everyday import load_everyday_test
from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl


@pytest.fixture(scope="module")
def gold_file(tmp_path_factory):
    """The gold of the test split as predictions."""
    path = tmp_path_factory.mktemp("benchmark") / "gold.jsonl.gz"
    write_jsonl(path, [text.document for text in load_everyday_test()])
    return path


def test_predictions_are_scored_as_json_alone(gold_file, capsys):
    assert main(["benchmark", "everyday", "--predictions", str(gold_file), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["facts"]["strict"]["f1"] == report["all_facts"]["f1"] == 1.0
    assert report["texts"] == 893
    assert len(report["by_relation"]) == 72
    assert len(report["by_genre"]) == 18


def test_a_table_by_genre_or_relation_and_a_page_are_made_on_request(gold_file, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    page = tmp_path / "page.html"
    assert (
        main(["benchmark", "everyday", "--predictions", str(gold_file), "--by", "relation", "--html", str(page)]) == 0
    )
    out = capsys.readouterr().out
    for shown in ("strict", "entities", "texts without a fact", "facts not asserted", "mouth of the watercourse"):
        assert shown in out
    assert "obituary" not in out
    assert "mouth of the watercourse" in page.read_text(encoding="utf-8")


def test_the_texts_are_written_without_gold_for_other_systems(capsys, tmp_path):
    target = tmp_path / "texts.jsonl"
    assert main(["benchmark", "everyday", "--texts", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"out": str(target), "texts": 893}
    written = read_documents(target).documents
    assert [(d.id, d.text) for d in written] == [(t.document.id, t.document.text) for t in load_everyday_test()]
    assert not any(document.entities or document.relations for document in written)
    assert main(["benchmark", "everyday", "--texts", str(target)]) == 2


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--predictions", "p.jsonl", "--model", "webnlg"], "--model"),
        (["--predictions", "p.jsonl", "--min-precision", "0.9"], "--min-precision"),
        (["--predictions", "no/such/file.jsonl"], "no/such/file.jsonl"),
        (["--model", "no/such/model"], "no/such/model"),
        (["--html", "page.txt"], "page.txt"),
        (["--by", "colour"], "colour"),
    ],
)
def test_a_mistake_is_one_line(options, named, capsys):
    assert main(["benchmark", "everyday", *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert named in error
    assert len(error.strip().splitlines()) == 1
