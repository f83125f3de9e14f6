import json

import pytest

from relknit.errors import ConfigError, DataError
from relknit.experiments import Row, find_rows, read_published


def test_a_folder_gives_its_configurations_by_name(folder):
    assert [row.name for row in find_rows([folder])] == ["absent_k1", "toy_k0", "toy_k1"]


def test_a_row_named_twice_is_one_row(folder):
    rows = find_rows([folder / "toy_k1.toml", folder, folder / ".." / "paper" / "toy_k1.toml"])
    assert [row.name for row in rows] == ["toy_k1", "absent_k1", "toy_k0"]


@pytest.mark.parametrize(
    ("file", "dataset", "label"),
    [("webnlg_k0.toml", "webnlg", "k0"), ("nyt_rnn_k2.toml", "nyt", "rnn_k2"), ("webnlg.toml", "webnlg", "")],
)
def test_a_file_is_called_after_dataset_and_row(tmp_path, file, dataset, label):
    row = Row(tmp_path / "paper" / file)
    assert (row.dataset, row.label) == (dataset, label)
    assert row.folder.name == "paper"


def test_what_is_no_experiment_is_refused_by_name(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    for source, complaint in (
        (tmp_path / "empty", "no .toml file in it"),
        (folder / "toy_k7.toml", "no such experiment"),
        (folder / "expected.json", "no such experiment"),
    ):
        with pytest.raises(ConfigError, match=complaint) as raised:
            find_rows([source])
        assert str(source) in str(raised.value)


def test_published_figures_may_lack_precision_and_recall(folder):
    published = read_published(folder)
    assert published["k0"]["toy"] == {"partial": (80.0, 70.0, 74.7), "exact": (None, None, 60.0)}


def test_a_folder_without_published_figures_has_none(tmp_path):
    assert read_published(tmp_path) == {}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[1]",
        '{"k0": 3}',
        '{"k0": {"toy": 3}}',
        '{"k0": {"toy": {"partial": 3}}}',
        '{"k0": {"toy": {"partial": [1, 2]}}}',
        '{"k0": {"toy": {"partial": [1, 2, null]}}}',
        '{"k0": {"toy": {"partial": [1, 2, "x"]}}}',
    ],
)
def test_damaged_figures_are_an_error_that_names_the_file(tmp_path, content):
    (tmp_path / "expected.json").write_text(content)
    with pytest.raises(DataError, match="expected"):
        read_published(tmp_path)


def test_figures_are_read_as_numbers(tmp_path):
    (tmp_path / "expected.json").write_text(json.dumps({"k0": {"toy": {"exact": [None, None, 7]}}}))
    assert read_published(tmp_path) == {"k0": {"toy": {"exact": (None, None, 7.0)}}}
