import json
from dataclasses import replace

import pytest

from relknit.cli import main
from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl
from relknit.sources import DEFAULT_MODEL

SCORES = ("partial", "exact", "strict", "text", "entities")


def evaluate(model_folder, data, capsys, *extra):
    status = main(["evaluate", str(data), "--model", str(model_folder), *extra])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_json_alone_goes_to_standard_output_with_every_score_at_the_top(model_folder, data_folder, capsys):
    status, out, err = evaluate(model_folder, data_folder / "test.jsonl", capsys, "--json")
    report = json.loads(out)
    assert status == 0
    for name in SCORES:
        assert set(report[name]) == {"precision", "recall", "f1"}
        assert report[name]["f1"] == 1.0
    assert {"counts", "by_relation", "by_overlap", "by_triples", "seen_unseen", "intervals"} <= set(report)


def test_a_warning_says_when_the_evaluated_text_was_trained_on(model_folder, data_folder, capsys):
    _, _, err = evaluate(model_folder, data_folder / "test.jsonl", capsys, "--json")
    assert "trained on 12 of these 12 sentences" in " ".join(err.split())


def test_renamed_and_from_text_score_the_same_sentences_in_other_clothes(model_folder, data_folder, capsys):
    _, out, _ = evaluate(model_folder, data_folder / "test.jsonl", capsys, "--json", "--renamed")
    report = json.loads(out)
    assert report["renamed"]["counts"]["strict"]["gold"] == report["counts"]["strict"]["gold"]
    assert report["renamed"]["strict"]["f1"] < report["strict"]["f1"]
    _, out, _ = evaluate(model_folder, data_folder / "test.jsonl", capsys, "--json", "--from-text")
    assert json.loads(out)["strict"]["f1"] == 1.0


def test_facts_that_are_not_asserted_are_counted_by_family(data_folder, capsys, tmp_path):
    page = tmp_path / "report.html"
    status, out, _ = evaluate(
        "webnlg", data_folder / "test.jsonl", capsys, "--json", "--not-asserted", "--html", str(page)
    )
    score = json.loads(out)["not_asserted"]
    assert status == 0
    assert (score["not_asserted"]["texts"], score["look_alikes"]["texts"]) == (100, 100)
    assert (
        sum(rates["not_asserted"]["found"] for rates in score["by_family"].values()) == score["not_asserted"]["found"]
    )
    assert score["look_alikes"]["found"] > 0
    assert "Facts that are not asserted" in page.read_text(encoding="utf-8")
    assert json.loads(evaluate("webnlg", data_folder / "test.jsonl", capsys, "--json")[1])["not_asserted"] is None


def test_a_model_without_any_of_the_relations_is_refused_before_it_is_evaluated(model_folder, data_folder, capsys):
    status, out, err = evaluate(model_folder, data_folder / "test.jsonl", capsys, "--not-asserted")
    assert (status, out) == (2, "")
    assert "birthPlace" in err


def test_predict_then_score_equals_evaluate(model_folder, data_folder, capsys, tmp_path):
    gold, predictions = data_folder / "test.jsonl", tmp_path / "predictions.jsonl.gz"
    assert main(["predict", str(gold), "--model", str(model_folder), "--out", str(predictions)]) == 0
    capsys.readouterr()
    assert main(["score", str(gold), str(predictions), "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)
    evaluated = json.loads(evaluate(model_folder, gold, capsys, "--json")[1])
    for name in (*SCORES, "counts", "by_relation", "by_overlap", "intervals"):
        assert scored[name] == evaluated[name]


@pytest.mark.parametrize("command", ["score", "compare"])
def test_predictions_given_as_gold_are_noticed(command, model_folder, data_folder, capsys, tmp_path):
    gold, predictions = str(data_folder / "test.jsonl"), str(tmp_path / "predictions.jsonl")
    assert main(["predict", gold, "--model", str(model_folder), "--out", predictions]) == 0

    def files(true, said):
        return [true, said] if command == "score" else [said, said, "--gold", true]

    capsys.readouterr()
    assert main([command, *files(gold, predictions)]) == 0
    assert "is read as gold" not in capsys.readouterr().err
    assert main([command, *files(predictions, gold)]) == 0
    assert f"{predictions} is read as gold, and its triples have a confidence" in capsys.readouterr().err


def test_a_memory_budget_changes_no_prediction_and_a_device_has_to_be_there(
    model_folder, data_folder, capsys, tmp_path
):
    gold = data_folder / "test.jsonl"
    written = []
    for name, options in (("a", []), ("b", ["--memory-budget", "50MB", "--device", "cpu", "--threads", "1"])):
        out = tmp_path / f"{name}.jsonl"
        assert main(["predict", str(gold), "--model", str(model_folder), "--out", str(out), *options]) == 0
        documents = read_documents(out).documents
        written.append([[(t.head, t.relation, t.tail) for t in document.triples] for document in documents])
    assert written[0] == written[1]
    assert any(written[0])
    capsys.readouterr()
    for options, expected in (
        (["--device", "tpu"], "device is 'tpu'"),
        (["--memory-budget", "1"], "memory_budget is 1"),
    ):
        out = tmp_path / "refused.jsonl"
        assert main(["predict", str(gold), "--model", str(model_folder), "--out", str(out), *options]) == 2
        assert expected in capsys.readouterr().err
        assert not out.exists()


def test_predictions_for_other_sentences_are_refused(model_folder, data_folder, capsys, tmp_path):
    gold = data_folder / "test.jsonl"
    fewer = tmp_path / "fewer.jsonl"
    fewer.write_text("".join(gold.read_text().splitlines(keepends=True)[:3]))
    assert main(["score", str(gold), str(fewer)]) == 2
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize(
    "command",
    [["evaluate", "x.jsonl", "--model", "nosuch"], ["predict", "x.jsonl", "--model", "nosuch", "--out", "y.jsonl"]],
)
def test_an_unknown_model_is_one_line_and_status_two(command, capsys):
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "no such folder" in error
    assert len(error.strip().splitlines()) == 1


def test_bad_lines_are_left_out_and_counted_on_request(model_folder, data_folder, capsys, tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text((data_folder / "test.jsonl").read_text() + '{"tokens": 5}\n')
    status, _, err = evaluate(model_folder, broken, capsys)
    assert status == 2
    assert "broken.jsonl:13:" in err
    status, _, err = evaluate(model_folder, broken, capsys, "--skip-bad", "--json")
    assert status == 0
    assert "1 bad line left out" in " ".join(err.split())


def test_predictions_never_replace_a_file_unless_told_to(model_folder, data_folder, capsys, tmp_path):
    gold = tmp_path / "gold.jsonl"
    gold.write_text((data_folder / "test.jsonl").read_text())
    before = gold.read_text()
    assert main(["predict", str(gold), "--model", str(model_folder), "--out", str(gold)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert gold.read_text() == before
    assert main(["predict", str(gold), "--model", str(model_folder), "--out", str(tmp_path / "deep" / "p.jsonl")]) == 0
    assert (
        main(
            [
                "predict",
                str(gold),
                "--model",
                str(model_folder),
                "--out",
                str(tmp_path / "deep" / "p.jsonl"),
                "--overwrite",
            ]
        )
        == 0
    )


def test_a_report_never_replaces_a_dataset(data_folder, capsys):
    gold = str(data_folder / "test.jsonl")
    assert main(["score", gold, gold, "--html", gold]) == 2
    assert "ends in .html" in capsys.readouterr().err


def test_gold_with_types_and_a_model_without_is_said_in_words(tmp_path, data_folder, sentences, capsys):
    assert main(["evaluate", str(data_folder / "test.jsonl"), "--model", "webnlg", "--json"]) == 0
    assert "gold has entity types" in " ".join(capsys.readouterr().err.split())


def test_negative_sentences_are_scored_beside_the_data(model_folder, data_folder, capsys, tmp_path):
    nothing = tmp_path / "nothing.jsonl"
    texts = ["It rained .", "Ada Holm met nobody in Norhaven ."]
    lines = [{"id": str(k), "tokens": text.split(), "entities": [], "relations": []} for k, text in enumerate(texts)]
    nothing.write_text("".join(json.dumps(line) + "\n" for line in lines))
    gold = data_folder / "test.jsonl"
    _, out, _ = evaluate(model_folder, gold, capsys, "--json", "--negatives", str(nothing))
    report = json.loads(out)
    assert report["negatives"]["sentences"] == 2
    assert report["strict"]["f1"] == 1.0
    assert report["counts"]["sentences"] == 12
    _, out, _ = evaluate(model_folder, gold, capsys, "--negatives", str(nothing))
    assert "of 2 (" in out


def test_sentences_with_a_triple_are_refused_as_negative(model_folder, data_folder, capsys):
    gold = data_folder / "test.jsonl"
    status, out, err = evaluate(model_folder, gold, capsys, "--negatives", str(gold))
    assert (status, out) == (2, "")
    assert "sentences without any" in " ".join(err.split())


@pytest.mark.parametrize("command", ["score", "compare"])
def test_predictions_without_the_types_of_gold_are_noticed(command, capsys, tmp_path):
    line = (
        '{"id": "1", "tokens": ["Ada", "left"], "entities": [{"token_start": 0, "token_end": 1%s}], "relations": []}\n'
    )
    gold, untyped = tmp_path / "gold.jsonl", tmp_path / "untyped.jsonl"
    gold.write_text(line % ', "type": "Person"')
    untyped.write_text(line % "")
    for predictions, noticed in ((untyped, True), (gold, False)):
        files = [str(gold), str(predictions)] if command == "score" else [*2 * [str(predictions)], "--gold", str(gold)]
        assert main([command, *files, "--json"]) == 0
        assert ("gold has entity types" in " ".join(capsys.readouterr().err.split())) is noticed


def test_relations_between_gold_entities_are_scored(model_folder, data_folder, capsys):
    for extra in ([], ["--from-text"]):
        status, out, _ = evaluate(
            model_folder, data_folder / "test.jsonl", capsys, "--json", "--entities", "given", *extra
        )
        report = json.loads(out)
        assert status == 0
        assert report["entities"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
        assert report["strict"]["f1"] > 0.9


def test_labels_of_gold_that_the_model_lacks_are_a_warning_with_the_nearest(model_folder, sentences, capsys, tmp_path):
    known = sentences[0].relations[0].type
    relations = (replace(sentences[0].relations[0], type=known + "_"), *sentences[0].relations[1:])
    gold, page = tmp_path / "gold.jsonl", tmp_path / "page.html"
    write_jsonl(gold, [replace(sentences[0], relations=relations), *sentences[1:]])
    status, out, err = evaluate(model_folder, gold, capsys, "--json", "--html", str(page))
    assert status == 0
    expected = {"kind": "relation", "label": known + "_", "count": 1, "nearest": known}
    assert json.loads(out)["unknown_labels"] == [expected]
    assert f"{known}_" in err
    assert f"{known}_" in page.read_text().partition("Where it is strong")[0]


def test_evaluate_and_calibrate_say_which_model_they_use(model_folder, data_folder, capsys, tmp_path):
    for command in (["evaluate"], ["calibrate", "--out", str(tmp_path / "copy")]):
        name, *options = command
        assert main([name, str(data_folder / "test.jsonl"), "--model", str(model_folder), *options]) == 0
        assert f"model {model_folder}: rin on bilstm" in capsys.readouterr().err
    assert main(["calibrate", str(data_folder / "test.jsonl")]) == 2  # the shipped model, which it cannot write to
    assert DEFAULT_MODEL in capsys.readouterr().err
