"""The configurations of the papers' rows can be read and differ, and the published figures have rows to stand beside."""

import json
import tomllib
from pathlib import Path

import pytest

from relknit.config import load_config
from relknit.metrics import SCORES

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
FIRST = EXPERIMENTS / "arxiv2020"
# the source distribution carries the tests without the experiments
pytestmark = pytest.mark.skipif(not EXPERIMENTS.is_dir(), reason="no experiments beside these tests")

DATASETS = ("nyt", "webnlg")
ROWS = {
    "bilstm": {"num_rounds": 0, "task_features": False},
    "k0": {"num_rounds": 0},
    **{f"k{k}": {"num_rounds": k} for k in range(1, 7)},
    **{f"rnn_k{k}": {"num_rounds": k, "cell": "rnn"} for k in range(1, 7)},
    "k1_no_relations": {"num_rounds": 1, "int_relations": False},
    "k1_no_entities": {"num_rounds": 1, "int_entities": False},
    "k1_no_words": {"num_rounds": 1, "int_words": False},
    "k1_linear": {"num_rounds": 1, "cell": "linear"},
    "bert_k1": {"num_rounds": 1},
    "bert_k2": {"num_rounds": 2},
}


def published(folder):
    return json.loads((EXPERIMENTS / folder / "expected.json").read_text(encoding="utf-8"))


def test_the_first_version_has_one_file_for_each_row_and_no_other():
    assert {path.stem for path in FIRST.glob("*.toml")} == {f"{data}_{row}" for data in DATASETS for row in ROWS}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("data", DATASETS)
def test_a_row_of_the_first_version_is_the_model_it_is_called_after(data, row):
    path = FIRST / f"{data}_{row}.toml"
    with path.open("rb") as file:
        assert tomllib.load(file)["model"] == {"name": "rin_v1", "relation_bias": -6.0} | ROWS[row]
    config = load_config(path)
    assert [part.name for part in (config.data.train, config.data.dev, config.data.test)] == [
        f"{part}.jsonl.gz" for part in ("train", "dev", "test")
    ]
    assert {part.parent.name for part in (config.data.train, config.data.dev, config.data.test)} == {data}
    assert config.encoder.name == ("transformer" if row.startswith("bert") else "bilstm")


@pytest.mark.parametrize("data", DATASETS)
def test_rows_of_one_data_set_differ_in_the_model_alone(data):
    whole = {row: load_config(FIRST / f"{data}_{row}.toml") for row in ROWS if not row.startswith("bert")}
    assert (
        len({config.model_copy(update={"model": whole["k1"].model}).model_dump_json() for config in whole.values()})
        == 1
    )
    assert len({config.model_dump_json() for config in whole.values()}) == len(whole)


@pytest.mark.parametrize("folder", ["arxiv2020", "emnlp2020"])
def test_published_figures_are_percentages_of_scores_that_we_report(folder):
    for row, by_data in published(folder).items():
        assert set(by_data) == set(DATASETS), row
        for scores in by_data.values():
            assert scores
            assert set(scores) <= set(SCORES)
            for precision, recall, f1 in scores.values():
                assert 0 < f1 < 100
                assert (precision is None) == (recall is None)


@pytest.mark.parametrize("folder", ["arxiv2020", "emnlp2020"])
def test_a_published_f1_lies_near_that_of_its_precision_and_recall(folder):
    """A mean of five F1s, so not quite theirs, but a slip of the pen would show."""
    figures = [f for by_data in published(folder).values() for scores in by_data.values() for f in scores.values()]
    whole = [figure for figure in figures if figure[0] is not None]
    assert len(whole) == {"arxiv2020": 14, "emnlp2020": 8}[folder]
    for precision, recall, f1 in whole:
        assert f1 == pytest.approx(2 * precision * recall / (precision + recall), abs=0.35)


def test_every_published_row_of_the_first_version_has_its_files():
    assert set(published("arxiv2020")) <= set(ROWS)


@pytest.mark.parametrize("data", DATASETS)
def test_every_published_row_of_emnlp_has_its_files_and_they_differ_from_one_another(data):
    folder = FIRST.parent / "emnlp2020"
    whole = [load_config(folder / f"{data}_{row}.toml") for row in published("emnlp2020")]
    assert len({config.model_dump_json() for config in whole}) == len(whole)


@pytest.mark.parametrize(("data", "rounds"), [("webnlg", 3), ("nyt", 7)])
def test_an_ablation_of_emnlp_is_the_row_of_the_best_exact_f1_but_for_what_it_leaves_out(data, rounds):
    folder = FIRST.parent / "emnlp2020"
    whole = load_config(folder / f"{data}_k{rounds}.toml")
    left_out = {
        "no_er": {"model": {"entity_feedback": False}},
        "no_rc": {"model": {"relation_feedback": False}},
        "no_pos": {"encoder": {"pos_dim": 0}},
    }
    for row, by_section in left_out.items():
        for section, values in by_section.items():
            expected = whole.model_copy(update={section: getattr(whole, section).model_copy(update=values)})
            assert load_config(folder / f"{data}_{row}.toml").model_dump() == expected.model_dump()


def test_the_emnlp_rows_are_the_curves_and_the_ablations():
    assert list(published("emnlp2020")) == [*(f"k{k}" for k in range(9)), "no_er", "no_rc", "no_pos"]
