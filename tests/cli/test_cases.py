import json
from dataclasses import replace

import pytest

from relknit.cli import main
from relknit.data.readers import read_documents
from relknit.document import Prediction
from tests.experiments.tiny_experiment import lay_out


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """An experiment folder and its runs: one seed of both rows that have data."""
    root = tmp_path_factory.mktemp("cases")
    folder = lay_out(root)
    rows = [str(folder / f"toy_k{k}.toml") for k in (0, 1)]
    assert main(["experiment", "run", *rows, "--out", str(root / "runs")]) == 0
    return folder, root / "runs"


@pytest.fixture
def two_rows(done):
    folder, out = done
    return [folder / "toy_k0.toml", folder / "toy_k1.toml", "--out", out, "--threads", "1"]


@pytest.fixture
def document(done):
    """A sentence with at least one fact."""
    documents = read_documents(done[0].parent / "data" / "toy" / "test.jsonl").documents
    return next(document for document in documents if document.relations)


@pytest.fixture
def scripted(monkeypatch):
    """Both models are loaded; then k0 answers with gold, and k1 with gold whose first triple is the other way round."""
    calls = []

    def predict(model, documents, *, max_tokens, threads, progress):
        calls.append((max_tokens, threads))
        progress(len(documents))
        found = [Prediction(document.entities, document.relations) for document in documents]
        return found if len(calls) == 1 else [turned(prediction) for prediction in found]

    monkeypatch.setattr("relknit.experiments.cases.study.predict", predict)
    return calls


def turned(prediction):
    relations = [replace(r, head=r.tail, tail=r.head) for r in prediction.relations[:1]]
    return Prediction(prediction.entities, (*relations, *prediction.relations[1:]))


def run(*arguments):
    return main(["experiment", "cases", *(str(argument) for argument in arguments)])


def test_a_sentence_is_shown_with_gold_and_what_each_row_found(two_rows, document, scripted, capsys):
    assert run(*two_rows, "--ids", document.id) == 0
    shown = capsys.readouterr().out
    lines = [line.strip() for line in shown.splitlines()]
    triple = document.triples[0]
    assert lines[0] == "toy"
    assert lines[1].startswith("k0: short, seed 1, ")
    assert document.id in lines
    assert f"[{triple.head.text}]" in shown
    assert lines.index("gold") < lines.index("k0") < lines.index("k1")
    in_k0, in_k1 = lines[lines.index("k0") : lines.index("k1")], lines[lines.index("k1") :]
    assert any(line.startswith("right ") and triple.relation in line for line in in_k0)
    assert not any(line.startswith(("missed", "invented")) for line in in_k0)
    assert not any(line.startswith(("right", "missed", "invented")) for line in in_k1 if triple.relation in line)
    turned = [line for line in in_k1 if line.startswith(f"wrong direction  ({triple.tail.text} · ")]
    assert any(f", gold ({triple.head.text} · " in line for line in turned)
    assert [threads for _, threads in scripted] == [1, 1]


def test_without_ids_the_sentences_where_rows_differ_are_shown_up_to_the_limit(two_rows, scripted, capsys):
    assert run(*two_rows, "--limit", "2", "--json") == 0
    (study,) = json.loads(capsys.readouterr().out)
    assert len(study["cases"]) == 2
    for case in study["cases"]:
        assert {finding["kind"] for finding in case["found"]["k0"]["triples"]} == {"right"}
        assert "wrong direction" in {finding["kind"] for finding in case["found"]["k1"]["triples"]}


def test_json_gives_tokens_and_places_that_fit_each_other(two_rows, document, scripted, capsys):
    assert run(*two_rows, "--ids", document.id, "--json") == 0
    ((case,),) = [study["cases"] for study in json.loads(capsys.readouterr().out)]
    for mention in case["entities"]:
        assert " ".join(case["tokens"][mention["start"] : mention["end"]]) == mention["text"]
    assert len(case["triples"]) == len(document.relations)


def test_markdown_has_the_sentence_as_a_quote_and_its_own_signs_escaped(two_rows, document, scripted, capsys):
    assert run(*two_rows, "--ids", document.id, "--markdown") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "## toy"
    (quote,) = [line for line in lines if line.startswith("> ")]
    assert quote.count("\\[") == quote.count("\\]") == len(document.entities)
    escaped = document.relations[0].type.replace("_", "\\_")
    assert any(line.startswith("- right: ") and escaped in line for line in lines)
    assert any(line.startswith("- wrong direction: ") and escaped in line for line in lines)
    assert any(line.startswith("**k1**: ") for line in lines)


def test_a_model_as_it_was_trained_is_loaded_and_shown(two_rows, document, capsys):
    assert run(*two_rows, "--ids", document.id, "--json") == 0
    (study,) = json.loads(capsys.readouterr().out)
    assert set(study["cases"][0]["found"]) == {"k0", "k1"}
    assert [contender["note"] for contender in study["contenders"]] == ["", ""]


def test_a_dataset_file_can_stand_in_for_the_test_split(two_rows, done, scripted, capsys):
    dev = done[0].parent / "data" / "toy" / "dev.jsonl"
    assert run(*two_rows, "--data", dev, "--limit", "1", "--json") == 0
    (study,) = json.loads(capsys.readouterr().out)
    assert study["title"] == "dev.jsonl"
    assert study["cases"][0]["id"] in {document.id for document in read_documents(dev).documents}


def test_rows_that_are_not_trained_are_told_with_status_one(done, document, tmp_path, capsys):
    folder, _ = done
    assert run(folder / "toy_k0.toml", "--out", tmp_path / "none", "--ids", document.id) == 1
    shown = capsys.readouterr().out
    assert "k0: not run: never started" in shown
    assert "gold" in shown


def test_a_folders_cases_are_shown_without_other_arguments(done, document, scripted, capsys):
    folder, out = done
    cases = {"toy": {"rows": ["k0", "k1"], "sentences": {"Case 1": document.id, "Case 2": "elsewhere"}}}
    path = folder / "cases.json"
    path.write_text(json.dumps(cases))
    try:
        assert run(folder, "--out", out) == 0
    finally:
        path.unlink()
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert f"Case 1: {document.id}" in lines
    assert any(line.startswith("Case 2: not in the data") for line in lines)


def test_the_data_folder_can_lie_elsewhere(done, document, scripted, tmp_path, capsys):
    folder, out = done
    (tmp_path / "elsewhere").symlink_to(folder.parent / "data")
    options = ["--out", out, "--data-dir", tmp_path / "elsewhere", "--ids", document.id]
    assert run(folder / "toy_k0.toml", *options) == 0


def test_a_seed_that_was_not_run_is_told(two_rows, document, capsys):
    assert run(*two_rows, "--seed", "7", "--ids", document.id) == 1
    assert "no seed 7, only 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "no experiment named"),
        (["nosuch"], "no such experiment"),
        (["{folder}", "--limit", "0"], "--limit 0"),
        (["{folder}", "--json", "--markdown"], "choose one"),
        (["{folder}", "--budget", "long"], "paper knows short, paper"),
        (["{folder}", "--device", "tpu"], "expected auto, cpu or cuda"),
        (["{folder}", "--threads", "-1"], "--threads -1"),
    ],
)
def test_bad_input_is_one_line_and_status_two(arguments, expected, done, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*(argument.format(folder=done[0]) for argument in arguments)) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert expected in error
    assert len(error.splitlines()) == 1
