"""relknit calibrate, --min-precision, --reliability and --explain."""

import json
import shutil

import pytest

from relknit.calibration.precision_table import PrecisionThresholds
from relknit.checkpoint import load_model
from relknit.cli import main
from relknit.cli.min_precision import threshold_lines
from relknit.data.readers import read_documents
from relknit.document import Document, Entity, Relation
from relknit.document.jsonl import write_jsonl


@pytest.fixture
def folder(model_folder, tmp_path):
    """A copy of the trained model, without the calibration that training gave it."""
    copy = shutil.copytree(model_folder, tmp_path / "model")
    description = json.loads((copy / "model.json").read_text(encoding="utf-8"))
    assert description.pop("calibration")
    assert description.pop("sha256")
    (copy / "model.json").write_text(json.dumps(description), encoding="utf-8")
    return copy


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, " ".join(captured.err.split())


def test_a_model_is_calibrated_in_its_folder_and_keeps_its_triples(folder, model_folder, data_folder, capsys, tmp_path):
    dev = data_folder / "dev.jsonl"
    assert run(capsys, "predict", dev, "--model", folder, "--out", tmp_path / "before.jsonl")[0] == 0
    status, out, err = run(capsys, "calibrate", dev, "--model", folder)
    assert status == 0
    assert "calibrated on " in out
    assert "trained on 12 of these 12 sentences" in err
    assert load_model(folder).model.calibration == load_model(model_folder).model.calibration  # as training fitted it
    assert run(capsys, "predict", dev, "--model", folder, "--out", tmp_path / "after.jsonl")[0] == 0
    before, after = (read_documents(tmp_path / f"{name}.jsonl").documents for name in ("before", "after"))
    assert [[(t.head, t.relation, t.tail) for t in d.triples] for d in before] == [
        [(t.head, t.relation, t.tail) for t in d.triples] for d in after
    ]


def test_a_calibrated_copy_goes_to_a_new_folder(folder, data_folder, capsys, tmp_path):
    before = (folder / "model.json").read_bytes()
    status, out, _ = run(capsys, "calibrate", data_folder / "dev.jsonl", "--model", folder, "--out", tmp_path / "copy")
    assert (status, (folder / "model.json").read_bytes()) == (0, before)
    assert str(tmp_path / "copy") in out
    assert load_model(tmp_path / "copy").model.calibration is not None
    status, _, err = run(capsys, "calibrate", data_folder / "dev.jsonl", "--model", folder, "--out", tmp_path / "copy")
    assert (status, "exists already" in err) == (2, True)


def test_a_shipped_model_is_never_written_to(data_folder, capsys):
    status, _, err = run(capsys, "calibrate", data_folder / "dev.jsonl", "--model", "webnlg")
    assert status == 2
    assert "add --out FOLDER for a calibrated copy" in err


def test_sentences_without_a_triple_cannot_calibrate(folder, capsys, tmp_path):
    before = (folder / "model.json").read_bytes()
    (tmp_path / "nothing.jsonl").write_text('{"tokens": ["Nothing"], "entities": [], "relations": []}\n')
    status, _, err = run(capsys, "calibrate", tmp_path / "nothing.jsonl", "--model", folder)
    assert (status, "no triples to compare with" in err) == (2, True)
    assert (folder / "model.json").read_bytes() == before


def test_calibrating_tells_the_threshold_of_every_relation(folder, data_folder, capsys):
    dev = data_folder / "dev.jsonl"
    status, out, _ = run(capsys, "calibrate", dev, "--model", folder, "--min-precision", "0.8", "--json")
    record = json.loads(out)
    relations = {r.type for document in read_documents(dev).documents for r in document.relations}
    assert status == 0
    assert record["model"] == str(folder)
    assert record["min_precision"] == 0.8
    assert set(record["thresholds"]) == relations == set(record["dev"])
    status, out, _ = run(capsys, "calibrate", dev, "--model", folder, "--min-precision", "0.8")
    assert "precision 0.8: triples of all " in out
    assert all(relation in out for relation in relations)


def test_a_precision_out_of_reach_leaves_the_model_as_it_was(folder, data_folder, capsys):
    before = (folder / "model.json").read_bytes()
    status, _, err = run(capsys, "calibrate", data_folder / "dev.jsonl", "--model", folder, "--min-precision", "0.999")
    assert status == 2
    assert "no relation reaches it" in err
    assert "ask for at most 0." in err
    assert (folder / "model.json").read_bytes() == before


def test_predict_with_a_wanted_precision_says_so_and_gives_no_more(model_folder, data_folder, capsys, tmp_path):
    gold = data_folder / "test.jsonl"
    found = {}
    for name, options in (("all", []), ("sure", ["--min-precision", "0.85"])):
        out = tmp_path / f"{name}.jsonl"
        status, _, err = run(capsys, "predict", gold, "--model", model_folder, "--out", out, *options)
        assert status == 0
        assert ("precision 0.85: triples of " in err) == (name == "sure")
        found[name] = [{(t.head, t.relation, t.tail) for t in d.triples} for d in read_documents(out).documents]
    assert all(sure <= everything for sure, everything in zip(found["sure"], found["all"], strict=True))
    assert any(found["sure"])


def test_evaluate_with_a_wanted_precision_scores_what_is_left(data_folder, capsys):
    asked = ("evaluate", data_folder / "test.jsonl", "--model", "webnlg", "--renamed", "--json")
    status, out, err = run(capsys, *asked)
    everything = json.loads(out)
    assert (status, "min_precision" in everything, "precision 0.98" in err) == (0, False, False)
    status, out, err = run(capsys, *asked, "--min-precision", "0.98")
    sure = json.loads(out)
    assert (status, sure["min_precision"]) == (0, 0.98)
    assert "precision 0.98: triples of " in err
    for fewer, all_of_them in ((sure, everything), (sure["renamed"], everything["renamed"])):
        assert fewer["counts"]["strict"]["predicted"] < all_of_them["counts"]["strict"]["predicted"]
    assert sure["strict"]["precision"] >= everything["strict"]["precision"]


@pytest.mark.parametrize("command", [["extract", "Ada left."], ["predict", None, "--model", None, "--out", None]])
def test_a_model_that_was_never_calibrated_says_how_to(command, folder, data_folder, capsys, tmp_path):
    values = iter([data_folder / "test.jsonl", folder, tmp_path / "p.jsonl"])
    arguments = [next(values) if part is None else part for part in command]
    if command[0] == "extract":
        arguments += ["--model", folder]
    status, out, err = run(capsys, *arguments, "--min-precision", "0.9")
    assert (status, out) == (2, "")
    assert "never calibrated; run `relknit calibrate dev.jsonl --model MODEL`" in err


def test_suppressed_relations_are_named_and_long_lists_of_them_cut():
    names = [f"r{k}" for k in range(12)]
    cuts = PrecisionThresholds(0.95, {"r0": 0.5, "r1": 0.7}, None)
    assert threshold_lines(cuts, names) == [
        "precision 0.95: triples of 2 of 12 relations are kept from confidence 0.5000 to 0.7000, by relation",
        "suppressed, as they did not reach it on dev: r2, r3, r4, r5, r6, r7, r8, r9 and 2 more",
    ]
    assert threshold_lines(PrecisionThresholds(0.9, {}, 0.8), names) == [
        "precision 0.9: triples of all 12 relations are kept from confidence 0.8000"
    ]


def test_a_report_shows_the_calibration_error_to_people_and_programs(model_folder, data_folder, capsys):
    gold = data_folder / "test.jsonl"
    record = json.loads(run(capsys, "evaluate", gold, "--model", model_folder, "--json")[1])["reliability"]
    _, out, _ = run(capsys, "evaluate", gold, "--model", model_folder)
    out = " ".join(out.split())
    for what in ("triples", "entities"):
        assert f"confidence of {what} expected calibration error " in out
        assert 0 <= record[what]["expected_calibration_error"] <= 1
        assert sum(b["count"] for b in record[what]["bins"]) == record[what]["count"]
    _, out, _ = run(capsys, "score", gold, gold)
    assert "confidence of triples none given, so no calibration error" in " ".join(out.split())


def test_a_reliability_plot_is_drawn_beside_the_report(model_folder, data_folder, capsys, tmp_path):
    gold, target = data_folder / "test.jsonl", tmp_path / "plots" / "reliability.svg"
    status, out, _ = run(capsys, "evaluate", gold, "--model", model_folder, "--reliability", target)
    assert (status, "strict" in out) == (0, True)
    assert "Reliability of confidence: triples" in target.read_text()
    status, out, err = run(capsys, "evaluate", gold, "--model", model_folder, "--reliability", tmp_path / "plot.png")
    assert (status, out, "ends in .svg" in err) == (2, "", True), "refused before any work"


def test_explain_shows_people_what_each_round_did(model_folder, sentences, capsys):
    status, out, _ = run(capsys, "extract", sentences[0].text, "--model", model_folder, "--explain")
    assert status == 0
    assert "encoder alone round 1" in " ".join(out.split())
    assert "+ appeared" in out
    _, plain, _ = run(capsys, "extract", sentences[0].text, "--model", model_folder)
    assert "round 1" not in plain


def test_explain_is_part_of_the_json(model_folder, sentences, capsys):
    status, out, _ = run(capsys, "extract", sentences[0].text, "--model", model_folder, "--explain", "--json")
    record = json.loads(out)
    assert status == 0
    assert record["explanation"]["rounds"] == 1
    last = {
        (t["head"]["text"], t["relation"], t["tail"]["text"])
        for t in record["explanation"]["triples"]
        if t["confidence"][-1] is not None
    }
    assert last == {(t["head"]["text"], t["relation"], t["tail"]["text"]) for t in record["triples"]}
    assert last


@pytest.mark.parametrize("output", [[], ["--json"]])
def test_a_page_holds_the_explanation_of_every_text(output, model_folder, sentences, capsys, tmp_path):
    text, page = tmp_path / "texts.txt", tmp_path / "page.html"
    text.write_text("\n\n".join(s.text for s in sentences[:3]))
    arguments = ["extract", text, "--model", model_folder, "--html", page, *output]
    assert run(capsys, *arguments)[0] == 0
    assert "round 1" not in page.read_text(encoding="utf-8")
    assert run(capsys, *arguments, "--explain")[0] == 0
    shown = page.read_text(encoding="utf-8")
    assert [part.count("<th>round 1</th>") for part in shown.split("<article")[1:]] == [2, 2, 2]
    assert shown.count("<style>") == 1
    assert ".relknit-explain" in shown
    assert "+</span>" in shown


def test_too_few_triples_never_replace_what_was_fitted_on_more(folder, data_folder, capsys, tmp_path):
    few, dev = tmp_path / "few.jsonl", data_folder / "dev.jsonl"
    few.write_text("".join(dev.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    assert run(capsys, "calibrate", dev, "--model", folder)[0] == 0
    before = (folder / "model.json").read_bytes()
    status, _, err = run(capsys, "calibrate", few, "--model", folder)
    assert status == 2
    assert "the model keeps its calibration on" in err
    assert (folder / "model.json").read_bytes() == before
    status, _, err = run(capsys, "calibrate", few, "--model", folder, "--out", tmp_path / "copy")
    assert status == 0
    assert "at least 20 are needed to fit their confidence; the confidence of triples is unchanged" in err


def test_a_model_without_types_is_calibrated_on_typed_sentences_without_them(capsys, tmp_path):
    tokens = ["Alan", "Bean", "was", "born", "in", "Wheeler", ",", "Texas", "."]
    ends = (Entity(0, 2, "Person"), Entity(5, 8, "Place"))
    gold = Document("1", tuple(tokens), ends, (Relation(0, 1, "birthPlace"),))
    write_jsonl(tmp_path / "dev.jsonl", [gold])
    status, _, err = run(
        capsys, "calibrate", tmp_path / "dev.jsonl", "--model", "webnlg", "--out", tmp_path / "copy", "--threads", "1"
    )
    assert status == 0
    assert "note: the sentences have entity types, the model predicts none; types are ignored" in err
    calibration = load_model(tmp_path / "copy").model.calibration
    assert calibration is not None
    assert [list(levels.values()) for levels in calibration.dev.by_relation.values()] == [[(1, 1)]]
