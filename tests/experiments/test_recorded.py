import json

import pytest

from relknit.errors import DataError
from relknit.experiments import RunOptions, collect, read_recorded, record_runs
from tests.experiments.tiny_experiment import add_row, one_row

PLACE = "results/toy_k1.json"


@pytest.fixture
def recorded(ran):
    """The folder of an experiment whose row `toy_k1` has its result on file; the runs are elsewhere."""
    assert record_runs([one_row(ran.folder, "toy_k1")], RunOptions(), out=ran.out) == [ran.folder / PLACE]
    return ran.folder


def table(folder, out, **options):
    return [row for row in collect(folder, out=out, **options) if (row.dataset, row.row) == ("toy", "k1")]


def change(folder, **values):
    (record,) = json.loads((folder / PLACE).read_text())
    (folder / PLACE).write_text(json.dumps([record | values]))


@pytest.mark.parametrize("split", ["test", "dev"])
def test_a_result_on_file_is_shown_as_the_runs_were(recorded, ran, tmp_path, split):
    measured = table(recorded, ran.out, split=split)
    shown = table(recorded, tmp_path / "none", split=split)
    assert shown[0].seeds == (1, 2)
    assert [(row.score, row.f1, row.precision) for row in shown] == [(r.score, r.f1, r.precision) for r in measured]
    assert "recorded 20" in shown[0].note
    assert "other settings" not in shown[0].note


def test_runs_that_are_there_count_more_than_the_file(recorded, ran):
    (first, *_) = table(recorded, ran.out)
    assert (len(table(recorded, ran.out)), first.note) == (2, "")


def test_a_row_that_changed_since_is_marked(recorded, tmp_path):
    text = (recorded / "rows.toml").read_text().replace("pair_hidden = 12", "pair_hidden = 13")
    (recorded / "rows.toml").write_text(text)
    (first, *_) = table(recorded, tmp_path / "none")
    assert first.other_settings
    assert "other settings: model.pair_hidden=12" in first.note


def test_a_budget_shorter_than_that_of_the_paper_is_marked(recorded, tmp_path):
    budgets = {"paper": {"toy_*": {"training.epochs": 150}}}
    (recorded / "budgets.json").write_text(json.dumps(budgets))
    (first, *_) = table(recorded, tmp_path / "none")
    assert not first.other_settings
    assert "2 epochs; the paper budget has 150" in first.note


def test_settings_that_are_not_valid_any_more_are_marked(recorded, tmp_path):
    change(recorded, config={"model": {"gone": 1}})
    (first, *_) = table(recorded, tmp_path / "none")
    assert first.other_settings
    assert first.f1 is not None


def test_rows_without_a_result_are_not_run(recorded, tmp_path):
    rows = [row for row in collect(recorded, out=tmp_path / "none") if row.row == "k0"]
    assert {(row.seeds, row.f1, row.note) for row in rows} == {((), None, "never started")}


def test_recording_again_replaces_the_result_of_the_same_settings_only(recorded, ran):
    row = one_row(recorded, "toy_k1")
    (before,) = read_recorded(row)
    change(recorded, config=before.config | {"training": before.config["training"] | {"epochs": 7}}, note="longer")
    record_runs([row], RunOptions(), out=ran.out)
    longer, again = read_recorded(row)
    assert (longer.note, again) == ("longer", before)
    record_runs([row], RunOptions(), out=ran.out)
    assert read_recorded(row) == [longer, again]


def test_rows_that_were_not_run_are_not_recorded(ran):
    row = add_row(ran.folder, "toy_other", 'base = ["tiny", "toy"]\nmodel.num_rounds = 5')
    assert record_runs([row], RunOptions(), out=ran.out) == []
    assert read_recorded(row) == []


@pytest.mark.parametrize("content", ["{", "{}", '[{"budget": 3}]', "[3]"])
def test_an_invalid_file_is_an_error_and_a_note_in_the_table(recorded, tmp_path, content):
    (recorded / PLACE).write_text(content)
    with pytest.raises(DataError, match=r"toy_k1\.json"):
        read_recorded(one_row(recorded, "toy_k1"))
    (first, *_) = table(recorded, tmp_path / "none")
    assert "toy_k1.json" in first.note
