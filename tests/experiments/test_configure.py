import pytest

from relknit.config import load_config
from relknit.errors import ConfigError, DataError
from relknit.experiments import RunOptions, configure, find_rows, to_toml
from relknit.experiments.configure import budgets_of, differences, missing_files, settings_hash
from tests.experiments.test_paper_rows import EXPERIMENTS
from tests.experiments.tiny_experiment import add_row, one_row


@pytest.fixture
def row(folder):
    return one_row(folder, "toy_k1")


def test_the_short_budget_bounds_epochs_and_lets_the_rate_decay(folder):
    row = add_row(folder, "toy_long", 'base = ["tiny", "toy"]\ntraining = { epochs = 150, schedule = "constant" }')
    training = configure(row, RunOptions("short")).training
    assert (training.epochs, training.schedule, training.patience) == (40, "one_cycle", 8)
    assert training.learning_rate == 0.05


def test_the_short_budget_does_not_lengthen_a_run(row):
    assert configure(row, RunOptions("short")).training.epochs == 2


def test_of_the_patterns_that_fit_a_row_the_later_is_stronger(row, folder):
    assert configure(row, RunOptions("paper")).training.epochs == 2
    other = configure(one_row(folder, "toy_k0"), RunOptions("paper")).training
    assert (other.epochs, other.schedule) == (3, "constant")


def test_what_was_asked_for_is_stronger_than_the_budget(row):
    assert configure(row, RunOptions("short", overrides=("training.patience=3",))).training.patience == 3


def test_the_own_budget_leaves_the_row_as_it_is(row):
    training = configure(row, RunOptions("own")).training
    assert (training.epochs, training.patience) == (2, 10)


def test_a_row_as_toml_is_the_same_configuration(row, tmp_path):
    config = configure(row, RunOptions("paper", tmp_path / "größer"))
    (tmp_path / "row.toml").write_text(to_toml(config), encoding="utf-8")
    assert load_config(tmp_path / "row.toml") == config


def test_the_seed_is_the_runs_and_can_not_be_set_twice(row):
    assert configure(row, RunOptions(), seed=4).training.seed == 4
    with pytest.raises(ConfigError, match="--seeds"):
        configure(row, RunOptions(overrides=(" training.seed = 3",)), seed=1)


def test_an_unknown_budget_is_answered_with_the_known_ones(row, folder):
    assert budgets_of(folder) == ["short", "own", "paper"]
    with pytest.raises(ConfigError, match="--budget long: paper knows short, own, paper"):
        configure(row, RunOptions("long"))


def test_a_budget_without_a_pattern_for_the_row_is_an_error(folder):
    with pytest.raises(ConfigError, match="fits absent_k1"):
        (folder / "budgets.json").write_text('{"paper": {"toy_*": {"training.epochs": 3}}}')
        configure(one_row(folder, "absent_k1"), RunOptions("paper"))


@pytest.mark.parametrize("content", ["[]", '{"paper": 3}', '{"paper": {"toy_*": 3}}', "{"])
def test_damaged_budgets_are_an_error_that_names_the_file(row, folder, content):
    (folder / "budgets.json").write_text(content)
    with pytest.raises(DataError, match=r"budgets\.json"):
        configure(row, RunOptions("paper"))


def test_data_may_lie_elsewhere(row, tmp_path):
    config = configure(row, RunOptions(data_dir=tmp_path / "größer 'else' 𝄞"))
    assert config.data.train == tmp_path / "größer 'else' 𝄞" / "toy" / "train.jsonl"
    assert settings_hash(config) == settings_hash(configure(row, RunOptions()))


def test_data_that_can_not_be_moved_is_not_left_where_it_was_in_silence(folder, tmp_path):
    row = add_row(folder, "toy_here", 'base = "tiny"\ndata.train = "../toy/train.jsonl"')
    with pytest.raises(ConfigError, match="no path .* called data"):
        configure(row, RunOptions(data_dir=tmp_path))


def test_word_vectors_move_with_the_data(folder, tmp_path):
    row = add_row(folder, "toy_vectors", 'base = ["tiny", "toy"]\nencoder.vectors = "../data/vectors/small.npz"')
    config = configure(row, RunOptions(data_dir=tmp_path / "else"))
    assert config.encoder.vectors == tmp_path / "else" / "vectors" / "small.npz"
    assert config.encoder.vectors in missing_files(config)


def test_missing_files_are_those_that_are_not_there(row, folder):
    assert missing_files(configure(row, RunOptions())) == []
    absent = missing_files(configure(one_row(folder, "absent_k1"), RunOptions()))
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
def test_settings_that_make_another_model_have_another_hash(row, override, same):
    plain = settings_hash(configure(row, RunOptions(), seed=1))
    assert plain == settings_hash(configure(row, RunOptions(), seed=2))
    assert (settings_hash(configure(row, RunOptions(overrides=(override,)))) == plain) is same


def test_two_rows_that_are_the_same_model_have_the_same_hash(row, folder):
    twin = add_row(folder, "toy_best", 'base = ["tiny", "toy"]\nmodel.num_rounds = 1')
    assert settings_hash(configure(twin, RunOptions())) == settings_hash(configure(row, RunOptions()))


def test_an_encoder_counts_by_its_name_wherever_its_folder_lies(folder):
    row = add_row(folder, "toy_small", 'encoder = { name = "transformer", source = "one/place/models/small" }')
    moved = settings_hash(configure(row, RunOptions(overrides=("encoder.source=other/models/small",))))
    assert moved == settings_hash(configure(row, RunOptions()))
    other = settings_hash(configure(row, RunOptions(overrides=("encoder.source=other/models/large",))))
    assert other != moved


def test_differences_name_what_was_set_otherwise(row):
    other = configure(row, RunOptions(overrides=("training.epochs=9", "model.num_rounds=4", "training.threads=3")))
    assert differences(other, configure(row, RunOptions())) == ["model.num_rounds=4", "training.epochs=9"]


@pytest.mark.skipif(not EXPERIMENTS.is_dir(), reason="no experiments beside these tests")
@pytest.mark.parametrize("paper", ["emnlp2020", "arxiv2020"])
def test_every_row_of_the_papers_has_the_papers_own_budget(paper):
    for row in find_rows([EXPERIMENTS / paper]):
        training = configure(row, RunOptions("paper")).training
        assert training.epochs == (100 if row.name.startswith("nyt") else 150)
        assert (training.schedule, training.batch_size) == ("constant", 70 if row.name.startswith("nyt_bert") else 50)
        assert not training.tune_thresholds
        assert training.patience == configure(row, RunOptions("own")).training.patience
        highest = 5e-4 if (paper, row.dataset) == ("emnlp2020", "webnlg") else 1e-3
        assert training.learning_rate == (2e-4 if "_bert_" in row.name else highest)
