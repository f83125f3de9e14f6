import json
from pathlib import Path

import pytest

from relknit.config import load_config
from relknit.errors import ConfigError, DataError
from relknit.experiments import Row, Settings, configure
from relknit.experiments.settings import budgets_of, differences, missing_files, settings_hash
from tests.experiments.test_paper_rows import EXPERIMENTS


@pytest.fixture
def row(folder):
    return Row(folder / "toy_k1.toml")


def test_the_short_budget_bounds_epochs_and_lets_the_rate_decay(row):
    row.path.write_text(row.path.read_text().replace("epochs = 2", 'epochs = 150\nschedule = "constant"'))
    training = configure(row, Settings("short")).training
    assert (training.epochs, training.schedule, training.patience) == (40, "one_cycle", 8)
    assert training.learning_rate == 0.05


def test_the_short_budget_does_not_lengthen_a_run(row):
    assert configure(row, Settings("short")).training.epochs == 2


def test_of_the_patterns_that_fit_a_row_the_later_is_stronger(row, folder):
    assert configure(row, Settings("paper")).training.epochs == 2
    other = configure(Row(folder / "toy_k0.toml"), Settings("paper")).training
    assert (other.epochs, other.schedule) == (3, "constant")


def test_what_was_asked_for_is_stronger_than_the_budget(row):
    assert configure(row, Settings("short", overrides=("training.patience=3",))).training.patience == 3


def test_the_seed_is_the_runs_and_can_not_be_set_twice(row):
    assert configure(row, Settings(), seed=4).training.seed == 4
    with pytest.raises(ConfigError, match="--seeds"):
        configure(row, Settings(overrides=(" training.seed = 3",)))


def test_an_unknown_budget_is_answered_with_the_known_ones(row, folder):
    assert budgets_of(folder) == ["short", "paper"]
    with pytest.raises(ConfigError, match="--budget long: paper knows short, paper"):
        configure(row, Settings("long"))


def test_a_budget_without_a_pattern_for_the_row_is_an_error(folder):
    with pytest.raises(ConfigError, match="fits absent_k1"):
        (folder / "budgets.json").write_text('{"paper": {"toy_*": {"training.epochs": 3}}}')
        configure(Row(folder / "absent_k1.toml"), Settings("paper"))


@pytest.mark.parametrize("content", ["[]", '{"paper": 3}', '{"paper": {"toy_*": 3}}', "{"])
def test_damaged_budgets_are_an_error_that_names_the_file(row, folder, content):
    (folder / "budgets.json").write_text(content)
    with pytest.raises(DataError, match=r"budgets\.json"):
        configure(row, Settings("paper"))


def test_data_may_lie_elsewhere(row, tmp_path):
    config = configure(row, Settings(data_dir=tmp_path / "größer 'else' 𝄞"))
    assert config.data.train == tmp_path / "größer 'else' 𝄞" / "toy" / "train.jsonl"
    assert settings_hash(config) == settings_hash(configure(row, Settings()))


def test_data_that_can_not_be_moved_is_not_left_where_it_was_in_silence(row, tmp_path):
    row.path.write_text(row.path.read_text().replace("../data/toy", "../toy"))
    with pytest.raises(ConfigError, match="no path .* called data"):
        configure(row, Settings(data_dir=tmp_path))


def test_word_vectors_move_with_the_data(row, tmp_path):
    row.path.write_text(row.path.read_text().replace("[encoder]", '[encoder]\nvectors = "../data/vectors/small.npz"'))
    config = configure(row, Settings(data_dir=tmp_path / "else"))
    assert config.encoder.vectors == tmp_path / "else" / "vectors" / "small.npz"
    assert config.encoder.vectors in missing_files(config)


def test_missing_files_are_those_that_are_not_there(row, folder):
    assert missing_files(configure(row, Settings())) == []
    absent = missing_files(configure(Row(folder / "absent_k1.toml"), Settings()))
    assert [path.name for path in absent] == ["train.jsonl", "dev.jsonl", "test.jsonl"]


@pytest.mark.parametrize(
    ("override", "same"),
    [
        ("training.threads=7", True),
        ("training.device=auto", True),
        ("data.train=elsewhere/toy/train.jsonl", True),
        ("data.train=elsewhere/big/train.jsonl", False),
        ("training.epochs=1", False),
        ("encoder.hidden=5", False),
        ("model.num_rounds=3", False),
    ],
)
def test_settings_that_make_another_model_are_told_apart(row, override, same):
    plain = settings_hash(configure(row, Settings(), seed=1))
    assert plain == settings_hash(configure(row, Settings(), seed=2))
    assert (settings_hash(configure(row, Settings(overrides=(override,)))) == plain) is same


def test_two_rows_that_are_the_same_model_have_the_same_hash(row, folder):
    twin = folder / "toy_best.toml"
    twin.write_text("# the same\n" + row.path.read_text())
    assert settings_hash(configure(Row(twin), Settings())) == settings_hash(configure(row, Settings()))


def test_an_encoder_counts_by_its_name_wherever_its_folder_lies(row):
    row.path.write_text('[encoder]\nname = "transformer"\nsource = "one/place/models/small"\n')
    moved = settings_hash(configure(row, Settings(overrides=("encoder.source=other/models/small",))))
    assert moved == settings_hash(configure(row, Settings()))
    other = settings_hash(configure(row, Settings(overrides=("encoder.source=other/models/large",))))
    assert other != moved


def test_differences_name_what_was_set_otherwise(row):
    other = configure(row, Settings(overrides=("training.epochs=9", "model.num_rounds=4", "training.threads=3")))
    assert differences(other, configure(row, Settings())) == ["model.num_rounds=4", "training.epochs=9"]


@pytest.mark.skipif(not EXPERIMENTS.is_dir(), reason="no experiments beside these tests")
@pytest.mark.parametrize("paper", ["emnlp2020", "arxiv2020"])
def test_every_row_of_the_papers_has_the_papers_own_budget(paper):
    for path in sorted((EXPERIMENTS / paper).glob("*.toml")):
        training = configure(Row(path), Settings("paper")).training
        assert training.epochs == (100 if path.name.startswith("nyt") else 150)
        assert (training.schedule, training.batch_size) == ("constant", 70 if path.name.startswith("nyt_bert") else 50)
        assert not training.tune_thresholds
        assert training.patience == load_config(path).training.patience
        highest = 5e-4 if (paper, path.name[:6]) == ("emnlp2020", "webnlg") else 1e-3
        assert training.learning_rate == (2e-4 if "_bert_" in path.name else highest)


def test_budgets_are_settings_by_pattern():
    for path in sorted(EXPERIMENTS.glob("*/budgets.json")):
        for patterns in json.loads(Path(path).read_text()).values():
            assert all("." in key for values in patterns.values() for key in values)
