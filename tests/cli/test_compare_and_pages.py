import json
import re
import shutil
from dataclasses import replace

import pytest

from relknit.cli import main
from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl
from tests.page.reading import check_alone, read


@pytest.fixture
def gold(data_folder):
    return data_folder / "test.jsonl"


@pytest.fixture
def worse(gold, tmp_path):
    """Predictions that lack the first triple of every sentence and turn the others round, written backwards."""
    documents = []
    for document in read_documents(gold).documents:
        turned = tuple(replace(r, head=r.tail, tail=r.head, confidence=0.8) for r in document.relations[1:])
        documents.append(replace(document, relations=turned))
    path = tmp_path / "worse.jsonl"
    write_jsonl(path, reversed(documents))
    return path


def run(*arguments):
    return main([str(argument) for argument in arguments])


def test_evaluate_writes_a_page_beside_its_scores(model_folder, gold, tmp_path, capsys):
    page = tmp_path / "new" / "report.html"
    assert run("evaluate", gold, "--model", model_folder, "--html", page, "--json") == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["strict"]["f1"] == 1.0
    assert "written to" in output.err
    reader = check_alone(page.read_text(encoding="utf-8"))
    assert "12 sentences · model" in reader.text
    assert set(reader.values("data-kind")) == {"correct"}
    assert "both names seen in training" in reader.text


def test_the_page_of_a_model_without_dev_says_what_cross_validation_gave(model_folder, gold, tmp_path):
    folder, page = tmp_path / "model", tmp_path / "report.html"
    shutil.copytree(model_folder, folder)
    (folder / "result.json").write_text(json.dumps({"dev": {"strict": 0.625}, "folds": 3}))
    assert run("evaluate", gold, "--model", folder, "--html", page) == 0
    assert "cross-validation in 3 folds: strict 62.5" in page.read_text()


def test_evaluate_from_text_shows_words_and_not_letters(model_folder, gold, tmp_path):
    page = tmp_path / "report.html"
    assert run("evaluate", gold, "--model", model_folder, "--html", page, "--from-text") == 0
    document = read_documents(gold).documents[0]
    text = check_alone(page.read_text(encoding="utf-8")).text
    triple = document.triples[0]
    assert f"{triple.head.text} {triple.head.type} —{triple.relation}→ {triple.tail.text}" in text


def test_evaluate_shows_spurious_triples_in_negative_sentences(model_folder, gold, tmp_path):
    nothing, page = tmp_path / "nothing.jsonl", tmp_path / "report.html"
    write_jsonl(nothing, [replace(d, relations=(), id=f"no {d.id}") for d in read_documents(gold).documents])
    assert run("evaluate", gold, "--model", model_folder, "--html", page, "--negatives", nothing) == 0
    reader = check_alone(page.read_text(encoding="utf-8"))
    assert "12 of 12 negative sentences" in reader.text
    assert "12 sentences of 12 with a spurious triple" in reader.text


def test_score_writes_the_same_sort_of_page_for_any_system(gold, worse, tmp_path):
    page = tmp_path / "report.html"
    for _ in range(2):  # a report replaces the one before
        assert run("score", gold, worse, "--html", page) == 0
    reader = check_alone(page.read_text(encoding="utf-8"))
    assert {"missing", "wrong direction"} <= set(reader.values("data-kind"))
    assert "not known for these predictions" in reader.text


@pytest.mark.parametrize("command", ["score", "compare"])
def test_a_page_never_replaces_a_dataset(command, gold, worse, capsys):
    before = gold.read_bytes()
    arguments = ["score", gold, worse] if command == "score" else ["compare", worse, worse, "--gold", gold]
    assert run(*arguments, "--html", gold) == 2
    assert "ends in .html" in capsys.readouterr().err
    assert gold.read_bytes() == before


def words(text):
    """Lines with runs of spaces as one."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_compare_shows_scores_differences_and_sentences(gold, worse, capsys):
    assert run("compare", gold, worse, "--gold", gold) == 0
    lines = words(capsys.readouterr().out)
    assert lines[:2] == [f"A: {gold}", f"B: {worse}"]
    (strict,) = [at for at, line in enumerate(lines) if line.startswith("strict A 100.0 100.0 100.0")]
    assert re.fullmatch(r"B( \d+\.\d){3} \+\d+\.\d \+\d+\.\d to \+\d+\.\d \d\.\d{3}", lines[strict + 1])
    assert "different triples are predicted in 12 of 12 sentences" in lines
    assert [line for line in lines if line.startswith("only A correct (")]
    assert [line for line in lines if line.startswith("B, wrong direction: (")]
    assert lines[-1] == "(--json or --html FILE shows all)"


def test_compare_a_system_with_itself_finds_no_difference(gold, capsys):
    assert run("compare", gold, gold, "--gold", gold) == 0
    lines = words(capsys.readouterr().out)
    assert "relations by how far correct triples are apart: none" in lines
    assert "different triples are predicted in 0 of 12 sentences" in lines
    assert "B 100.0 100.0 100.0 +0.0 +0.0 to +0.0 1.000" in lines


def test_compare_has_dashes_where_there_was_nothing_to_score(gold, tmp_path, capsys):
    nothing, one = tmp_path / "nothing.jsonl", read_documents(gold).documents[0]
    write_jsonl(nothing, [replace(one, relations=())])
    assert run("compare", nothing, nothing, "--gold", nothing) == 0
    lines = words(capsys.readouterr().out)
    assert "strict A – – –" in lines
    assert "different triples are predicted in 0 of 1 sentence" in lines


def test_compare_counts_what_each_predicts_in_negative_sentences(gold, tmp_path, capsys):
    documents = read_documents(gold).documents
    empty = [replace(document, id=f"{document.id}-b", relations=()) for document in documents[:3]]
    bold = [replace(documents[0], id=empty[0].id), *empty[1:]]
    for name, more in (("gold", empty), ("bold", bold)):
        write_jsonl(tmp_path / f"{name}.jsonl", [*documents, *more])
    a, b, page = tmp_path / "bold.jsonl", tmp_path / "gold.jsonl", tmp_path / "page.html"
    negative = sum(not document.relations for document in documents) + 3
    assert run("compare", a, b, "--gold", b, "--html", page) == 0
    line = f"{negative} negative sentences: a triple is predicted by A in 1, B in 0"
    assert line in words(capsys.readouterr().out)
    found = f"by A in 1 ({100 / negative:.1f} %) and B in 0 (0.0 %)."
    assert found in read(page.read_text()).text


def test_compare_gives_json_alone_on_standard_output(gold, worse, capsys):
    assert run("compare", gold, worse, "--gold", gold, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["systems"]["A"]["strict"]["f1"] == 1.0
    difference = record["differences"]["B"]["strict"]["difference"]
    assert difference == pytest.approx(1 - record["systems"]["B"]["strict"]["f1"])
    assert len(record["sentences"]) == 12
    assert record["outcomes"]["only A correct"] > 0


def test_compare_takes_three_systems_and_shows_the_sentences_asked_for(gold, worse, tmp_path, capsys):
    page, wanted = tmp_path / "comparison.html", [document.id for document in read_documents(gold).documents][4:2:-1]
    systems = ("compare", gold, worse, gold, "--gold", gold, "--ids", *wanted)
    assert run(*systems, "--html", page) == 0
    lines = words(capsys.readouterr().out)
    assert [line for line in lines if line in wanted] == wanted
    assert [line for line in lines if line.startswith("only A, C correct (")]
    assert "entities of C: all correct" in lines
    reader = check_alone(page.read_text(encoding="utf-8"))
    assert "2 sentences of 12, as asked for." in reader.text
    assert run(*systems, "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert [sentence["id"] for sentence in record["sentences"]] == wanted
    assert set(record["systems"]) == {"A", "B", "C"}


def test_the_sentences_that_differ_most_are_printed_up_to_the_limit(gold, worse, capsys):
    known = {document.id for document in read_documents(gold).documents}
    for limit in (0, 2, 99):
        assert run("compare", gold, worse, "--gold", gold, "--limit", limit) == 0
        lines = words(capsys.readouterr().out)
        assert len([line for line in lines if line in known]) == min(limit, 12)


@pytest.mark.parametrize(
    ("extra", "named"), [(["--ids", "nosuch"], "'nosuch'"), (["--limit", "-1"], "--limit -1"), ([], "1 files")]
)
def test_bad_questions_are_one_line(extra, named, gold, capsys):
    systems = [gold, gold] if extra else [gold]
    assert run("compare", *systems, "--gold", gold, *extra) == 2
    error = capsys.readouterr().err
    assert named in error
    assert error.count("\n") == 1


def test_two_triples_that_read_the_same_have_their_token_positions(tmp_path, capsys):
    entities = [{"start": k, "end": k + 1} for k in (0, 2, 4)]
    line = {"id": "1", "tokens": ["Rome", "near", "Bo", "in", "Rome"], "entities": entities}
    files = {"gold": [(0, 1)], "a": [(0, 1), (2, 1)], "b": [(1, 2)]}
    paths = {}
    for name, pairs in files.items():
        relations = [{"head": head, "tail": tail, "type": "near"} for head, tail in pairs]
        paths[name] = tmp_path / f"{name}.jsonl"
        paths[name].write_text(json.dumps(line | {"relations": relations}) + "\n")
    assert run("compare", paths["a"], paths["b"], "--gold", paths["gold"]) == 0
    lines = words(capsys.readouterr().out)
    assert {
        "only A correct (Rome 0-1, near, Bo 2-3)",
        "only A spurious (Rome 4-5, near, Bo 2-3)",
        "only B spurious (Bo, near, Rome)",
        "[Rome] near [Bo] in [Rome]",
    } <= set(lines)
    assert not [line for line in lines if "has them all" in line]


def test_predictions_for_other_sentences_are_one_line(gold, worse, tmp_path, capsys):
    fewer = tmp_path / "fewer.jsonl"
    write_jsonl(fewer, read_documents(gold).documents[:3])
    assert run("compare", worse, fewer, "--gold", gold) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {fewer}: 12 gold sentences, 3 predictions: id ")
    assert error.count("\n") == 1
    assert run("compare", fewer, worse, "--gold", gold) == 2
    assert capsys.readouterr().err.startswith(f"error: {fewer}: ")
