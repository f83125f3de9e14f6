import json
import shutil
from dataclasses import replace

import pytest

from relknit.errors import CheckpointError, DataError, RelknitError
from relknit.experiments import RunOptions
from relknit.experiments.configure import configure, settings_hash
from relknit.experiments.trials import (
    check_same_data,
    make_trial,
    note_failure,
    stored_config,
    stored_runs,
    stored_scores,
    why_unfinished,
)
from relknit.metrics import SCORES
from relknit.training.manifest import write_manifest
from relknit.training.result import read_result, write_result
from tests.experiments.tiny_experiment import add_row, one_row


@pytest.fixture
def row(ran):
    return one_row(ran.folder, "toy_k1")


def first_run(ran):
    return next(run for run in stored_runs(ran.out / "paper") if run.folder.parent.name == "toy_k1" and run.done)


def test_a_run_folder_says_what_it_is(folder, tmp_path):
    row = one_row(folder, "toy_k1")
    trial = make_trial(row, RunOptions("paper"), 3, out=tmp_path / "runs")
    same = settings_hash(configure(row, RunOptions("paper")))
    assert trial.folder == tmp_path / "runs" / "paper" / "toy_k1" / f"paper-s3-{same}"
    assert trial.config.training.seed == 3
    assert not (tmp_path / "runs").exists()


def test_stored_runs_are_read_back_with_seed_budget_and_settings(ran):
    runs = [run for run in stored_runs(ran.out / "paper") if run.done]
    assert [(run.folder.parent.name, run.budget, run.seed) for run in runs] == [
        ("toy_k0", "short", 1),
        ("toy_k0", "short", 2),
        ("toy_k1", "short", 1),
        ("toy_k1", "short", 2),
    ]
    assert len({run.settings for run in runs}) == 2


def test_folders_of_somebody_else_are_no_runs(tmp_path):
    (tmp_path / "toy_k1" / "notes").mkdir(parents=True)
    (tmp_path / "toy_k1" / "short-s1-0123abcd").write_text("a file")
    assert stored_runs(tmp_path) == []
    assert stored_runs(tmp_path / "absent") == []


def test_two_rows_of_one_model_share_a_run(ran, row):
    twin = add_row(ran.folder, "toy_best", 'base = ["tiny", "toy"]\nmodel.num_rounds = 1')
    assert make_trial(twin, RunOptions(), 1, out=ran.out).folder == first_run(ran).folder
    assert make_trial(twin, RunOptions(), 3, out=ran.out).folder.parent.name == "toy_best"


def test_a_run_is_found_by_its_configuration_not_by_the_label_in_its_name(ran, row):
    """A setting that comes into the configuration later changes the hash of old runs, not what they are."""
    run = first_run(ran)
    older = run.folder.with_name("short-s1-00000000")
    run.folder.rename(older)
    assert make_trial(row, RunOptions(), 1, out=ran.out).folder == older


def test_a_configuration_that_can_not_be_read_leaves_the_name(ran):
    run = first_run(ran)
    (run.folder / "config.json").write_text('{"nonsense": 1}')
    assert stored_config(run.folder) is None
    assert run.settings == run.folder.name[-8:]
    assert run in stored_runs(ran.out / "paper")


def test_figures_are_percentages_of_precision_recall_and_f1(ran):
    folder = first_run(ran).folder
    report = json.loads((folder / "evaluation.json").read_text())
    report["exact"] = {"precision": 0.5, "recall": 0.25, "f1": 0.3}
    (folder / "evaluation.json").write_text(json.dumps(report))
    figures, _ = stored_scores(folder)
    assert set(figures) == set(SCORES)
    assert figures["exact"] == (50.0, 25.0, 30.0)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("evaluation.json", "{", DataError),
        ("evaluation.json", '{"partial": 3}', DataError),
        ("result.json", "{}", CheckpointError),
    ],
)
def test_damaged_figures_are_an_error(ran, name, content, error):
    folder = first_run(ran).folder
    (folder / name).write_text(content)
    with pytest.raises(error, match=name):
        stored_scores(folder)


def test_an_unfinished_run_says_how_far_it_got(tmp_path):
    assert why_unfinished(tmp_path) == "never started"
    note_failure(tmp_path / "run", RelknitError("the loss became nan"))
    assert why_unfinished(tmp_path / "run") == "the loss became nan"
    (tmp_path / "state.safetensors").write_bytes(b"cut")
    assert "damaged" in why_unfinished(tmp_path)


@pytest.mark.parametrize("role", ["vectors", "negatives/train"])
def test_other_vectors_or_negative_sentences_are_noticed_and_lost_ones_are_not(ran, row, tmp_path, role):
    (tmp_path / "nothing").mkdir()
    files = {"vectors": tmp_path / "vectors.txt", "negatives/train": tmp_path / "nothing" / "train.jsonl"}
    for path in files.values():
        path.write_text("as it was\n")
    overrides = (f"encoder.vectors={files['vectors']}", f"data.negatives={tmp_path / 'nothing'}")
    config, folder = configure(row, RunOptions(overrides=overrides)), first_run(ran).folder
    write_manifest(folder, config, threads=1)
    check_same_data(config, folder)
    files[role].write_text("as it is now\n")
    with pytest.raises(DataError, match=f"another {role}; use another --out"):
        check_same_data(config, folder)
    for path in files.values():
        path.unlink()
    check_same_data(config, folder)
    (tmp_path / "nothing" / "dev.jsonl").write_text("new\n")
    with pytest.raises(DataError, match="another negatives/dev"):
        check_same_data(config, folder)


def test_the_false_positive_rate_is_stored_beside_the_scores(ran):
    folder = first_run(ran).folder
    negatives = json.loads((folder / "evaluation.json").read_text())["negatives"]
    _, rate = stored_scores(folder)
    assert rate == pytest.approx(100 * negatives["with_prediction"] / negatives["sentences"])
    assert stored_scores(folder, "dev")[1] is None, "the training had no negative sentences"


@pytest.mark.parametrize("negatives", [None, [], {"sentences": 3}, {"sentences": 3, "false_positive_rate": "x"}])
def test_a_damaged_false_positive_rate_is_an_error(ran, negatives):
    folder = first_run(ran).folder
    report = json.loads((folder / "evaluation.json").read_text())
    (folder / "evaluation.json").write_text(json.dumps(report | {"negatives": negatives}))
    with pytest.raises(DataError, match="damaged evaluation"):
        stored_scores(folder)


def test_the_evaluation_and_the_data_of_version_0_1_0_are_read(ran, row, tmp_path):
    folder = first_run(ran).folder
    report = json.loads((folder / "evaluation.json").read_text())
    report["no_fact"] = {"sentences": 4, "with_prediction": 1, "share": 0.25}
    del report["negatives"]
    (folder / "evaluation.json").write_text(json.dumps(report))
    assert stored_scores(folder)[1] == 25.0
    (tmp_path / "train.jsonl").write_text("a sentence\n")
    config = configure(row, RunOptions(overrides=(f"data.negatives={tmp_path}",)))
    write_manifest(folder, config, threads=1)
    manifest = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(manifest.replace("negatives/", "no_fact/"))
    check_same_data(config, folder)


def test_without_negative_sentences_in_the_evaluation_the_rate_is_that_of_the_training(ran):
    folder = first_run(ran).folder
    report = json.loads((folder / "evaluation.json").read_text())
    without = {"sentences": 0, "with_prediction": 0, "false_positive_rate": None}
    (folder / "evaluation.json").write_text(json.dumps(report | {"negatives": without}))
    assert stored_scores(folder)[1] is None
    result, run = read_result(folder)
    write_result(replace(result, negatives={"dev": 0.5, "test": 0.25}), run=run)
    assert [stored_scores(folder, split)[1] for split in ("test", "dev")] == [25.0, 50.0]


def test_data_that_is_not_here_can_not_be_compared(ran, row):
    config, folder = configure(row, RunOptions()), first_run(ran).folder
    shutil.rmtree(config.data.test.parent)
    check_same_data(config, folder)
    (folder / "manifest.json").unlink()
    check_same_data(config, folder)
