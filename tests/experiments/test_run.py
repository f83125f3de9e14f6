import json
from contextlib import contextmanager
from dataclasses import replace

import pytest

from relknit.data.corpus import load_corpus
from relknit.document.jsonl import write_jsonl
from relknit.errors import ConfigError, RelknitError
from relknit.experiments import RunOptions, collect, find_rows, run_rows
from relknit.experiments.trials import stored_scores
from tests.experiments.tiny_experiment import add_row, one_row, unseen
from tests.training.tiny_runs import Watcher, contents


def run(folder, out, name="toy_k1", **options):
    options = {"seeds": 1, "watch": unseen} | options
    settings = options.pop("settings", RunOptions())
    return list(run_rows(find_rows([folder], [name]), settings, out=out, **options))


def refuse(trial, plan):
    raise AssertionError(f"{trial.folder} is trained again")


def test_every_row_is_trained_with_every_seed_the_first_seed_first(ran):
    assert [(o.row.name, o.seed, o.status) for o in ran.outcomes] == [
        ("absent_k1", 1, "failed"),
        ("toy_k0", 1, "trained"),
        ("toy_k1", 1, "trained"),
        ("absent_k1", 2, "failed"),
        ("toy_k0", 2, "trained"),
        ("toy_k1", 2, "trained"),
    ]


def test_a_row_that_fails_says_why_where_the_table_finds_it(ran):
    failed = ran.outcomes[0]
    assert "train.jsonl" in failed.error
    assert json.loads((failed.folder / "failure.json").read_text()) == {"error": failed.error}


def test_a_finished_run_has_its_result_and_a_full_evaluation(ran):
    folder = ran.outcomes[1].folder
    names = {path.name for path in folder.iterdir()}
    assert {"result.json", "evaluation.json", "model.safetensors", "config.json"} <= names
    assert not names & {"state.safetensors", "failure.json"}
    report = json.loads((folder / "evaluation.json").read_text())
    assert {"precision", "recall", "f1"} <= set(report["exact"])
    assert report["counts"]["sentences"] == 8


def test_negative_sentences_are_scored_and_in_the_table(ran, tmp_path):
    for split in ("train", "dev", "test"):
        without = [replace(d, relations=()) for d in load_corpus(split)[:5]]
        (tmp_path / "nothing").mkdir(exist_ok=True)
        write_jsonl(tmp_path / "nothing" / f"{split}.jsonl", without)
    settings = RunOptions(overrides=(f"data.negatives={tmp_path / 'nothing'}", "training.epochs=1"))
    (outcome,) = run(ran.folder, tmp_path / "runs", settings=settings)
    nothing = json.loads((outcome.folder / "evaluation.json").read_text())["negatives"]
    assert nothing["sentences"] == 5
    assert stored_scores(outcome.folder)[1] == 100 * nothing["false_positive_rate"]
    for split in ("dev", "test"):
        lines = collect(ran.folder, out=tmp_path / "runs", split=split)
        assert [line.false_positive_rate.mean for line in lines if line.seeds] == [
            stored_scores(outcome.folder, split)[1]
        ] * 2


def test_what_is_done_is_skipped_and_left_as_it_is(ran):
    before = {path: contents(path) for path in ran.out.glob("paper/toy_*/*")}
    again = run(ran.folder, ran.out, "*", seeds=2, watch=refuse)
    assert [o.status for o in again if o.row.dataset == "toy"] == ["already done"] * 4
    assert {path: contents(path) for path in ran.out.glob("paper/toy_*/*")} == before


def test_more_seeds_train_only_the_new_ones(ran):
    again = run(ran.folder, ran.out, seeds=3)
    assert [o.status for o in again] == ["already done", "already done", "trained"]


def test_a_row_that_is_the_same_model_is_not_trained_again(ran):
    add_row(ran.folder, "toy_best", 'base = ["tiny", "toy"]\nmodel.num_rounds = 1')
    (again,) = run(ran.folder, ran.out, "toy_best", watch=refuse)
    assert (again.status, again.folder.parent.name) == ("already done", "toy_k1")


def test_an_evaluation_that_a_kill_prevented_is_made_up_for_without_training(ran):
    folder = next(o.folder for o in ran.outcomes if o.row.name == "toy_k1")
    folder = ran.out / folder.relative_to(folder.parents[2])
    before = contents(folder)
    (folder / "evaluation.json").unlink()
    steps = Watcher()

    @contextmanager
    def watch(trial, plan):
        yield steps

    run(ran.folder, ran.out, watch=watch)
    assert contents(folder) == before
    assert steps.steps == []


def test_a_run_that_was_stopped_goes_on_and_ends_in_the_same_bits(ran, tmp_path):
    stops = iter([False, False, False, True])
    (cut,) = run(ran.folder, tmp_path / "cut", stop=lambda: next(stops, True))
    assert cut.status == "interrupted"
    assert (cut.folder / "state.safetensors").exists()
    (done,) = run(ran.folder, tmp_path / "cut")
    assert done.status == "trained"
    whole = contents(ran.out / "paper" / "toy_k1" / done.folder.name)
    resumed = contents(done.folder)
    for name in ("model.safetensors", "evaluation.json"):
        assert resumed[name] == whole[name]


def test_nothing_more_is_begun_once_stopped(folder, tmp_path):
    assert run(folder, tmp_path / "runs", "*", stop=lambda: True) == []
    assert not (tmp_path / "runs").exists()


def test_a_run_killed_before_its_first_state_begins_anew(folder, tmp_path, monkeypatch):
    def killed(*arguments, **keywords):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("relknit.training.loop.save_state", killed)
        with pytest.raises(KeyboardInterrupt):
            run(folder, tmp_path / "runs")
    assert [o.status for o in run(folder, tmp_path / "runs")] == ["trained"]


def test_a_failure_is_forgotten_when_the_run_succeeds(folder, tmp_path):
    def broken(trial, plan):
        raise RelknitError("no luck")

    (failed,) = run(folder, tmp_path / "runs", watch=broken)
    assert (failed.status, failed.error) == ("failed", "no luck")
    assert (failed.folder / "failure.json").exists()
    (done,) = run(folder, tmp_path / "runs")
    assert done.folder == failed.folder
    assert not (done.folder / "failure.json").exists()


def test_a_broken_configuration_fails_its_row_and_no_other(folder, tmp_path):
    broken = add_row(folder, "toy_broken", "model.num_rounds = -1")
    first, second = run_rows(
        [broken, one_row(folder, "toy_k0")],
        RunOptions(overrides=("training.epochs=1",)),
        seeds=1,
        out=tmp_path / "runs",
        watch=unseen,
    )
    assert (first.status, first.folder) == ("failed", None)
    assert "num_rounds" in first.error
    assert second.status == "trained"


def test_a_table_of_test_scores_needs_a_test_split(folder, tmp_path):
    add_row(folder, "toy_untested", 'base = "tiny"\ndata.train = "../data/toy/train.jsonl"')
    (failed,) = run(folder, tmp_path / "runs", "toy_untested", watch=refuse)
    assert "data.test is not set" in failed.error


def test_changed_data_is_told_instead_of_skipped(ran):
    (ran.folder.parent / "data" / "toy" / "test.jsonl").write_text(
        (ran.folder.parent / "data" / "toy" / "dev.jsonl").read_text()
    )
    (failed,) = run(ran.folder, ran.out, watch=refuse)
    assert "another test split" in failed.error


@pytest.mark.parametrize(
    ("options", "complaint"), [({"seeds": 0}, "--seeds 0"), ({"settings": RunOptions("big")}, "big")]
)
def test_what_no_row_can_be_run_with_is_refused_before_any_is(folder, tmp_path, options, complaint):
    with pytest.raises(ConfigError, match=complaint):
        run(folder, tmp_path / "runs", "*", **options)
    assert not (tmp_path / "runs").exists()


def test_the_evaluation_is_that_of_the_model_which_training_chose(folder, tmp_path):
    """Learned by heart, so that the scores are not all nothing."""
    lines = (folder.parent / "data" / "toy" / "train.jsonl").read_text().splitlines(keepends=True)[:8]
    for split in ("train", "dev", "test"):
        (folder.parent / "data" / "toy" / f"{split}.jsonl").write_text("".join(lines))
    learn = ("epochs=30", "patience=30", "batch_size=2", "learning_rate=0.02")
    overrides = (*(f"training.{setting}" for setting in learn), "encoder.input_dropout=0", "model.relation_bias=-3")
    (done,) = run(folder, tmp_path / "runs", settings=RunOptions(overrides=overrides))
    report, result = (json.loads((done.folder / f"{name}.json").read_text()) for name in ("evaluation", "result"))
    assert result["test"]["exact"] > 0.3
    for name, f1 in result["test"].items():
        assert report[name]["f1"] == pytest.approx(f1, abs=1e-5)
