from __future__ import annotations

import json

import pytest

from relknit.cli.data import app
from relknit.data.readers import read_documents
from relknit.errors import DataError

ADA = {
    "id": "a",
    "tokens": ["Ada", "left", "[bold]", "Oslo"],
    "entities": [
        {"token_start": 0, "token_end": 1, "type": None, "confidence": 0.5},
        {"token_start": 3, "token_end": 4, "type": "Place"},
    ],
    "relations": [{"head": 0, "tail": 1, "type": "left", "confidence": 0.25}],
    "text": "Ada left [bold] Oslo",
    "offsets": [[0, 3], [4, 8], [9, 15], [16, 20]],
}


def run(*arguments):
    return app([str(argument) for argument in arguments], result_action="return_value")


@pytest.fixture
def predictions(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps(ADA) + "\n")
    return path


def shown(capsys):
    return " ".join(capsys.readouterr().out.split())


def test_predictions_go_to_brat_and_come_back(predictions, tmp_path, capsys):
    assert run("convert", predictions, tmp_path / "brat", "--to", "brat") == 0
    assert "1 document written to" in shown(capsys)
    assert (tmp_path / "brat" / "a.ann").read_text().startswith("T1\tUntyped 0 3\tAda\n")
    assert run("convert", tmp_path / "brat", tmp_path / "back.jsonl") == 0
    assert 'detected format "brat" note lines left out: 2 1 document written' in shown(capsys)
    (document,) = read_documents(tmp_path / "back.jsonl").documents
    assert [
        (t.head.text, t.head.start, t.relation, t.tail.text, t.tail.start, t.tail.type) for t in document.triples
    ] == [("Ada", 0, "left", "Oslo", 16, "Place")]


def test_predictions_go_to_a_docbin_and_come_back(predictions, tmp_path):
    pytest.importorskip("spacy")
    assert run("convert", predictions, tmp_path / "out" / "a.spacy") == 0
    assert run("convert", tmp_path / "out" / "a.spacy", tmp_path / "back.jsonl") == 0
    (document,) = read_documents(tmp_path / "back.jsonl").documents
    assert [(t.head.text, t.tail.text, t.confidence) for t in document.triples] == [("Ada", "Oslo", 0.25)]
    with pytest.raises(DataError, match="exists already"):
        run("convert", predictions, tmp_path / "out" / "a.spacy")
    assert run("convert", predictions, tmp_path / "out" / "a.spacy", "--overwrite") == 0


def test_what_was_done_can_be_had_as_json(predictions, tmp_path, capsys):
    run("convert", predictions, tmp_path / "brat", "--to", "brat", "--json")
    assert json.loads(capsys.readouterr().out)["documents"] == 1
    run("convert", tmp_path / "brat", tmp_path / "back.jsonl", "--json")
    assert json.loads(capsys.readouterr().out)["notes"] == ["note lines left out: 2"]


def test_a_folder_that_exists_is_kept_even_with_overwrite(predictions, tmp_path):
    (tmp_path / "brat").mkdir()
    with pytest.raises(DataError, match="exists already; name a folder that does not"):
        run("convert", predictions, tmp_path / "brat", "--to", "brat", "--overwrite")


def test_bad_lines_stop_it_or_are_left_out(predictions, tmp_path, capsys):
    predictions.write_text("{\n" + json.dumps(ADA) + "\n")
    with pytest.raises(DataError, match=r"predictions\.jsonl:1: not valid JSON"):
        run("convert", predictions, tmp_path / "brat", "--to", "brat")
    assert run("convert", predictions, tmp_path / "brat", "--to", "brat", "--skip-bad") == 0
    output = shown(capsys)
    assert "left out: " in output
    assert "1 record left out" in output


def test_whole_texts_stay_one_document(predictions, tmp_path):
    run("convert", predictions, tmp_path / "brat", "--to", "brat")
    (tmp_path / "brat" / "b.txt").write_text("Ada ran.\nBo saw.")
    (tmp_path / "brat" / "b.ann").write_text("")
    for options, ids in [((), ["a", "b:0", "b:9"]), (("--whole-texts",), ["a", "b"])]:
        run("convert", tmp_path / "brat", tmp_path / "back.jsonl", "--overwrite", *options)
        assert [d.id for d in read_documents(tmp_path / "back.jsonl").documents] == ids
