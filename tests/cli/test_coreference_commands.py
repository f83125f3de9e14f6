"""Names for pronouns on the command line."""

import json

import pytest

from relknit.checkpoint import save_model
from relknit.cli import main
from relknit.data.readers import read_documents
from relknit.document.jsonl import parse_line, write_jsonl
from relknit.evaluation import score
from tests.resolving import GOLD, TEXT, resolving_model


@pytest.fixture
def folder(tiny_model, monkeypatch, tmp_path):
    save_model(tmp_path / "model", resolving_model(tiny_model, monkeypatch))
    return str(tmp_path / "model")


def output(capsys, *arguments):
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_extract_prints_the_triple_of_the_name_as_inferred_unless_told_not_to(folder, capsys, tmp_path):
    page = tmp_path / "page.html"
    out = output(capsys, "extract", TEXT, "--model", folder, "--html", str(page))
    assert "inferred" in out
    assert ">inferred</span>" in page.read_text()
    (triple,) = parse_line(output(capsys, "extract", TEXT, "--model", folder, "--json")).triples
    assert (triple.head.text, triple.inferred) == ("Lise Meitner", True)
    raw = parse_line(output(capsys, "extract", TEXT, "--model", folder, "--json", "--no-coreference"))
    assert {triple.head.text for triple in raw.triples} == {"She"}


def test_info_says_whether_pronouns_are_resolved(folder, capsys):
    assert json.loads(output(capsys, "info", folder, "--json"))["coreference"] is True
    assert json.loads(output(capsys, "info", "webnlg", "--json"))["coreference"] is False
    assert "resolved to names" in output(capsys, "info", folder)


def test_evaluate_scores_triples_between_names_if_asked(folder, capsys, tmp_path):
    data = tmp_path / "gold.jsonl"
    write_jsonl(data, [GOLD])
    for asked, triples in ((), 2), (("--coreference",), 1):
        report = json.loads(output(capsys, "evaluate", str(data), "--model", folder, "--json", *asked))
        assert report["counts"]["strict"]["gold"] == triples
        assert report["strict"]["f1"] == 1


@pytest.mark.parametrize("resolved", [(), ("--coreference",)])
def test_predictions_written_with_and_without_names_score_the_same_between_names(folder, capsys, tmp_path, resolved):
    data, found = tmp_path / "gold.jsonl", tmp_path / "found.jsonl"
    write_jsonl(data, [GOLD])
    output(capsys, "predict", str(data), "--out", str(found), "--model", folder, *resolved)
    (document,) = read_documents(found).documents
    assert {triple.head.text for triple in document.triples} == ({"Lise Meitner"} if resolved else {"She"})
    report = json.loads(output(capsys, "score", str(data), str(found), "--json", "--coreference"))
    assert report["counts"]["strict"] == {"correct": 1, "predicted": 1, "gold": 1}
    assert report == score(data, found, coreference=True).to_dict()
