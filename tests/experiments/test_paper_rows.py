"""The rows of the papers' tables: spot checks against the papers, and published and measured figures that belong to rows."""

import json
from pathlib import Path

import pytest

from relknit.experiments import RunOptions, configure, find_rows, read_recorded
from relknit.experiments.configure import settings_hash
from relknit.metrics import SCORES
from tests.experiments.tiny_experiment import one_row

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
# the source distribution carries the tests without the experiments
pytestmark = pytest.mark.skipif(not EXPERIMENTS.is_dir(), reason="no experiments beside these tests")

FOLDERS = ("arxiv2020", "emnlp2020", "past_the_paper")
DATASETS = ("nyt", "webnlg")


def published(folder):
    return json.loads((EXPERIMENTS / folder / "expected.json").read_text(encoding="utf-8"))


def configuration(folder, name):
    return configure(one_row(EXPERIMENTS / folder, name), RunOptions("own"))


@pytest.mark.parametrize(("folder", "count"), list(zip(FOLDERS, (40, 26, 15), strict=True)))
def test_every_row_is_valid_and_a_model_of_its_own_on_its_dataset(folder, count):
    rows = find_rows([EXPERIMENTS / folder])
    configs = [configure(row, RunOptions("own")) for row in rows]
    assert len({settings_hash(config) for config in configs}) == len(rows) == count
    for row, config in zip(rows, configs, strict=True):
        assert {config.data.train.parent.name, config.data.test.parent.name} == {row.dataset}


@pytest.mark.parametrize(
    ("folder", "name", "settings"),
    [
        ("emnlp2020", "webnlg_k2", {"name": "rin", "num_rounds": 2, "gru": "torch"}),
        ("emnlp2020", "nyt_no_er", {"num_rounds": 7, "entity_feedback": False, "relation_feedback": True}),
        ("arxiv2020", "nyt_bilstm", {"name": "rin_v1", "num_rounds": 0, "task_features": False}),
        ("arxiv2020", "webnlg_rnn_k4", {"num_rounds": 4, "cell": "rnn"}),
        ("arxiv2020", "webnlg_k1_no_entities", {"num_rounds": 1, "int_entities": False, "int_words": True}),
        ("past_the_paper", "webnlg_entity_pairs", {"name": "rin", "num_rounds": 2, "pair_words": "entities"}),
    ],
)
def test_a_row_is_the_model_it_is_named_after(folder, name, settings):
    model = configuration(folder, name).model.model_dump()
    assert {key: model[key] for key in settings} == settings


@pytest.mark.parametrize("folder", ["emnlp2020", "arxiv2020"])
def test_the_encoder_has_the_papers_sizes(folder):
    encoder = configuration(folder, "nyt_k1").encoder
    assert (encoder.word_dim, encoder.pos_dim, encoder.hidden, encoder.num_layers) == (100, 10, 50, 1)
    assert (encoder.input_dropout, encoder.char_dim, encoder.shape_dim) == (0.1, 0, 0)


def test_bert_rows_have_the_papers_encoder_and_batches():
    for data, size in (("nyt", 70), ("webnlg", 50)):
        config = configuration("arxiv2020", f"{data}_bert_k2")
        assert (config.encoder.source, config.training.batch_size) == ("google-bert/bert-base-cased", size)


@pytest.mark.parametrize(("data", "rounds"), [("webnlg", 3), ("nyt", 7)])
def test_an_ablation_of_emnlp_is_the_row_of_the_best_exact_f1_but_for_what_it_leaves_out(data, rounds):
    whole = configuration("emnlp2020", f"{data}_k{rounds}")
    left_out = {
        "no_er": {"model": {"entity_feedback": False}},
        "no_rc": {"model": {"relation_feedback": False}},
        "no_pos": {"encoder": {"pos_dim": 0}},
    }
    for row, by_section in left_out.items():
        for section, values in by_section.items():
            expected = whole.model_copy(update={section: getattr(whole, section).model_copy(update=values)})
            assert configuration("emnlp2020", f"{data}_{row}").model_dump() == expected.model_dump()


@pytest.mark.parametrize("folder", ["arxiv2020", "emnlp2020"])
def test_published_figures_are_percentages_of_rows_and_scores_that_exist(folder):
    names = {row.name for row in find_rows([EXPERIMENTS / folder])}
    for row, by_data in published(folder).items():
        assert {f"{data}_{row}" for data in DATASETS} <= names
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


@pytest.mark.parametrize(("folder", "count"), list(zip(FOLDERS, (6, 14, 13), strict=True)))
def test_every_result_on_file_is_of_a_row_and_its_settings_are_valid(folder, count):
    rows = {row.name: row for row in find_rows([EXPERIMENTS / folder])}
    files = sorted((EXPERIMENTS / folder / "results").glob("*.json"))
    assert len(files) == count
    for path in files:
        for record in read_recorded(rows[path.stem]):
            assert record.run_config() is not None
            assert record.seeds
            assert set(record.test) <= set(SCORES)


def test_the_figures_of_the_log_are_the_results_on_file():
    (short,) = read_recorded(one_row(EXPERIMENTS / "emnlp2020", "webnlg_k3"))
    assert short.seeds == (1, 2, 3)
    assert (short.test["partial"].f1.mean, short.test["partial"].f1.sd) == (86.0, 0.3)
    assert short.config["training"]["epochs"] == 10
