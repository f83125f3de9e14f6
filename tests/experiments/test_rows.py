import pytest

from relknit.errors import ConfigError, DataError
from relknit.experiments import ExperimentRow, find_rows, read_published

BASES = """
[bases.small]
model = { num_rounds = 2, pair_hidden = 5 }
[bases.fast.training]
epochs = 1
[bases.slow.training]
epochs = 9
"""


def rows_of(folder, text):
    (folder / "rows.toml").write_text(text)
    return {row.name: row.values for row in find_rows([folder])}


def test_a_row_is_its_bases_with_its_own_settings_on_top(tmp_path):
    rows = rows_of(tmp_path, BASES + """
        [rows]
        toy_a = { base = ["small", "fast", "slow"], model.num_rounds = 3 }
        toy_b = { base = "small" }
        [rows.toy_c.encoder]
        hidden = 7
    """)  # fmt: skip
    assert rows["toy_a"] == {"model": {"num_rounds": 3, "pair_hidden": 5}, "training": {"epochs": 9}}
    assert rows["toy_b"] == {"model": {"num_rounds": 2, "pair_hidden": 5}}, "rows do not change the bases they share"
    assert rows["toy_c"] == {"encoder": {"hidden": 7}}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("rows = [", "not valid TOML"),
        ("", "[rows]"),
        ("rows = 3", "[rows]"),
        ("[model]\nnum_rounds = 1", "[rows]"),
        ("[rows]\ntoy_a = 3", "toy_a = 3"),
        ("[bases.small]\n[rows]\ntoy_a = { base = 'large' }", "toy_a: base = 'large': expected one or more of small"),
        ("[rows]\ntoy_a = { base = 3 }", "toy_a: base = 3"),
        ("[rows]\ntoy_a = { num_rounds = 3 }", "toy_a: num_rounds = 3"),
    ],
)
def test_an_invalid_table_is_an_error_that_names_file_and_row(tmp_path, text, named):
    with pytest.raises(ConfigError) as raised:
        rows_of(tmp_path, text)
    assert str(tmp_path / "rows.toml") in str(raised.value)
    assert named in str(raised.value)


def test_a_folder_gives_its_rows_by_name(folder):
    assert [row.name for row in find_rows([folder])] == ["absent_k1", "toy_k0", "toy_k1"]


def test_a_folder_named_twice_gives_its_rows_once(folder):
    assert len(find_rows([folder, folder / "rows.toml", folder / ".." / "paper"])) == 3


def test_rows_are_chosen_by_patterns(folder):
    assert [row.name for row in find_rows([folder], ["*_k1", "toy_k1"])] == ["absent_k1", "toy_k1"]
    with pytest.raises(ConfigError, match="--row k7: .*toy_k0"):
        find_rows([folder], ["toy_k1", "k7"])


@pytest.mark.parametrize(
    ("name", "dataset", "label"),
    [("webnlg_k0", "webnlg", "k0"), ("nyt_rnn_k2", "nyt", "rnn_k2"), ("webnlg", "webnlg", "")],
)
def test_a_row_is_named_after_dataset_and_row_of_the_table(tmp_path, name, dataset, label):
    row = ExperimentRow(tmp_path, name)
    assert (row.dataset, row.label) == (dataset, label)


@pytest.mark.parametrize("name", ["absent", "expected.json", "rows.toml/.."])
def test_a_source_without_rows_is_refused_by_name(folder, name):
    (folder / "rows.toml").unlink()
    with pytest.raises(ConfigError, match=f"{name}: no rows.toml"):
        find_rows([folder / name])


def test_published_figures_may_lack_precision_and_recall(folder):
    published = read_published(folder)
    assert published["k0"]["toy"] == {"partial": (80.0, 70.0, 74.7), "exact": (None, None, 60.0)}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[1]",
        '{"k0": {"toy": 3}}',
        '{"k0": {"toy": {"partial": [1, 2]}}}',
        '{"k0": {"toy": {"partial": [1, 2, null]}}}',
        '{"k0": {"toy": {"partial": [1, 2, "x"]}}}',
    ],
)
def test_damaged_figures_are_an_error_that_names_the_file(tmp_path, content):
    (tmp_path / "expected.json").write_text(content)
    with pytest.raises(DataError, match="expected"):
        read_published(tmp_path)
