import json

import pytest

from relknit.errors import RelknitError
from relknit.experiments import RunOptions, Spread, TableRow, collect, run_rows
from relknit.experiments.trials import make_trial, note_failure, stored_runs
from tests.experiments.tiny_experiment import add_row, one_row, unseen


def lines_of(lines, dataset, row, score="partial"):
    return [line for line in lines if (line.dataset, line.row, line.score) == (dataset, row, score)]


def score(ran, row, seed, **ratios):
    """Give a finished run these partial scores on test."""
    (path,) = ran.out.glob(f"paper/{row}/short-s{seed}-*/evaluation.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"partial": ratios}))


def test_a_spread_is_the_mean_and_the_sample_standard_deviation():
    assert Spread.of([1.0, 2.0, 3.0]) == Spread(2.0, 1.0)
    assert Spread.of([5.0]) == Spread(5.0, None)


def test_nothing_is_made_of_missing_numbers():
    assert Spread.of([]) is None
    assert Spread.of([1.0, None]) is None


def test_a_gap_needs_both_figures():
    line = TableRow("toy", "k0", "partial", f1=Spread(70.5, None), published=(None, None, 74.5))
    assert line.gap == -4.0
    assert TableRow("toy", "k0", "partial", published=(None, None, 74.5)).gap is None
    assert TableRow("toy", "k0", "partial", f1=Spread(70.5, None)).gap is None
    assert line.to_dict()["gap"] == -4.0


def test_finished_rows_show_mean_std_and_gap(ran):
    score(ran, "toy_k0", 1, precision=0.5, recall=0.75, f1=0.6)
    score(ran, "toy_k0", 2, precision=0.6, recall=0.7, f1=0.64)
    (line,) = lines_of(collect(ran.folder, out=ran.out), "toy", "k0")
    assert (line.budget, line.seeds, line.note) == ("short", (1, 2), "")
    found = [number for spread in (line.precision, line.recall, line.f1) for number in (spread.mean, spread.sd)]
    root = 2**0.5
    assert found == pytest.approx([55, 10 / root, 72.5, 5 / root, 62, 4 / root])
    assert line.published == (80.0, 70.0, 74.7)
    assert line.gap == pytest.approx(62 - 74.7)


def test_scores_are_those_that_the_paper_has_for_the_dataset(ran):
    lines = collect(ran.folder, out=ran.out)
    assert [line.score for line in lines if line.row == "k1" and line.dataset == "toy"] == ["partial", "exact"]
    (unpublished,) = lines_of(lines, "toy", "k1", "exact")
    assert unpublished.f1 is not None
    assert unpublished.published is None
    assert [line.score for line in lines if line.dataset == "absent"] == ["partial", "exact", "strict"]


def test_the_order_is_the_papers(ran):
    assert [line.row for line in collect(ran.folder, out=ran.out) if line.score == "partial"] == [
        "k1",
        "k0",
        "k1",
        "k9",
    ]


def test_a_row_that_was_not_run_says_why(folder, tmp_path):
    lines = collect(folder, out=tmp_path / "runs")
    notes = {(line.dataset, line.row): line.note for line in lines}
    assert notes["toy", "k0"] == "never started"
    assert notes["toy", "k9"] == "no row toy_k9 in rows.toml"
    assert notes["absent", "k1"] == ("not run, data missing: absent/train.jsonl, absent/dev.jsonl, absent/test.jsonl")
    assert {line.seeds for line in lines} == {()}
    assert {line.f1 for line in lines} == {None}


def test_data_that_lies_elsewhere_is_looked_for_there(folder, tmp_path):
    lines = collect(folder, out=tmp_path / "runs", data_dir=tmp_path / "else")
    assert lines_of(lines, "toy", "k0")[0].note.startswith("not run, data missing: toy/train.jsonl")


def test_an_interrupted_run_says_where(folder, tmp_path):
    stops = iter([False] * 6)
    outcome = next(
        run_rows(
            [one_row(folder, "toy_k0")],
            RunOptions(),
            seeds=1,
            out=tmp_path / "runs",
            watch=unseen,
            stop=lambda: next(stops, True),
        )
    )
    assert outcome.status == "interrupted"
    (line,) = lines_of(collect(folder, out=tmp_path / "runs"), "toy", "k0")
    assert (line.budget, line.seeds, line.f1) == ("short", (), None)
    assert line.note == "seed 1: interrupted in epoch 2"


def test_a_failed_seed_stands_beside_the_finished_ones(ran):
    trial = make_trial(one_row(ran.folder, "toy_k0"), RunOptions(), 3, out=ran.out)
    note_failure(trial.folder, RelknitError("the loss became nan"))
    (line,) = lines_of(collect(ran.folder, out=ran.out), "toy", "k0")
    assert line.seeds == (1, 2)
    assert line.note == "seed 3: the loss became nan"


def test_each_budget_has_its_own_line(ran):
    rows = [one_row(ran.folder, "toy_k0")]
    list(run_rows(rows, RunOptions("paper"), seeds=1, out=ran.out, watch=unseen))
    lines = lines_of(collect(ran.folder, out=ran.out), "toy", "k0")
    assert [(line.budget, line.seeds) for line in lines] == [("short", (1, 2)), ("paper", (1,))]
    assert lines[1].f1.sd is None


def test_runs_with_other_settings_are_shown_apart(ran):
    rows = [one_row(ran.folder, "toy_k0")]
    settings = RunOptions(overrides=("training.epochs=1",))
    list(run_rows(rows, settings, seeds=1, out=ran.out, watch=unseen))
    lines = lines_of(collect(ran.folder, out=ran.out), "toy", "k0")
    assert [(line.seeds, line.note) for line in lines] == [((1, 2), ""), ((1,), "other settings: training.epochs=1")]


def test_a_run_of_the_same_model_counts_for_both_rows(ran):
    add_row(ran.folder, "toy_best", 'base = ["tiny", "toy"]\nmodel.num_rounds = 0')
    score(ran, "toy_k0", 1, precision=0.5, recall=0.5, f1=0.5)
    score(ran, "toy_k0", 2, precision=0.7, recall=0.7, f1=0.7)
    lines = collect(ran.folder, out=ran.out)
    assert lines_of(lines, "toy", "best")[0].f1.mean == lines_of(lines, "toy", "k0")[0].f1.mean == pytest.approx(60)


def test_a_run_that_was_not_evaluated_yet_still_shows_its_f1(ran):
    (folder,) = ran.out.glob("paper/toy_k0/short-s2-*")
    (folder / "evaluation.json").unlink()
    result = json.loads((folder / "result.json").read_text())
    del result["sha256"]  # else a changed file is damaged
    (folder / "result.json").write_text(json.dumps(result | {"test": result["test"] | {"partial": 0.8}}))
    score(ran, "toy_k0", 1, precision=0.6, recall=0.6, f1=0.6)
    (line,) = lines_of(collect(ran.folder, out=ran.out), "toy", "k0")
    assert line.f1.mean == pytest.approx(70)
    assert (line.precision, line.recall) == (None, None)


def test_damage_is_a_note_and_not_the_end_of_the_table(ran):
    next(ran.out.glob("paper/toy_k0/short-s1-*/result.json")).write_text("{")
    add_row(ran.folder, "toy_broken", "model.num_rounds = -1")
    lines = collect(ran.folder, out=ran.out)
    (line,) = lines_of(lines, "toy", "k0")
    assert line.seeds == (2,)
    assert "seed 1: " in line.note
    assert "result.json" in line.note
    assert "num_rounds" in lines_of(lines, "toy", "broken")[0].note


def test_on_dev_settings_are_compared_by_f1_and_with_no_published_figure(ran):
    lines = collect(ran.folder, out=ran.out, split="dev")
    assert not [line for line in lines if line.published or line.gap is not None]
    (line,) = lines_of(lines, "toy", "k0")
    runs = [run for run in stored_runs(ran.out / ran.folder.name) if run.folder.parent.name == "toy_k0"]
    dev = [json.loads((run.folder / "result.json").read_text())["dev"]["partial"] for run in runs]
    assert line.f1.mean == pytest.approx(100 * sum(dev) / len(dev))
    assert line.precision is None
