import pytest

pytest.importorskip("transformers")

import numpy as np

from relknit.cli import main
from relknit.data.vectors import load_vectors
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from tests.tiny_transformer import make_transformer


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return str(make_transformer(tmp_path_factory.mktemp("tiny")))


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    write_jsonl(tmp_path / "data" / "train.jsonl", [Document("1", ("in", "London", "London", "StÃ¶ger"))])
    write_jsonl(tmp_path / "data" / "dev.jsonl", [Document("1", ("works",))])
    return tmp_path / "data"


def distill(*arguments):
    return main(["vectors", "distill", *map(str, arguments)])


def test_words_of_data_files_and_lists_are_distilled_each_once(source, data, tmp_path, capsys):
    (tmp_path / "list.txt").write_text("ada\n\nleft\nLondon\n", encoding="utf-8")
    out = tmp_path / "v.npz"
    assert distill(source, "--out", out, "--dim", 3, "--words", data, tmp_path / "list.txt", data / "dev.jsonl") == 0
    found = load_vectors(out)
    assert found.words == ("London", "Stöger", "in", "ada", "left", "works")
    assert found.dim == 3
    assert found.vectors.std() == pytest.approx(0.2, rel=1e-5)
    assert "6 words of 3 components" in capsys.readouterr().out.replace("\n", " ")


def test_without_words_the_transformers_own_are_taken(source, data, tmp_path):
    assert distill(source, "--out", tmp_path / "a.npz", "--dim", 4) == 0
    own = load_vectors(tmp_path / "a.npz").words
    assert {"ada", "london"} <= set(own)
    assert distill(source, "--out", tmp_path / "b.npz", "--dim", 4, "--words", data, "--own") == 0
    assert load_vectors(tmp_path / "b.npz").words == ("London", "Stöger", "in", *(word for word in own if word != "in"))


def test_options_change_the_vectors(source, data, tmp_path):
    tables = []
    for options in ((), ("--contextual",), ("--std", 0), ("--std", 2)):
        assert distill(source, "--out", tmp_path / "v.npz", "--dim", 2, "--words", data, "--overwrite", *options) == 0
        tables.append(load_vectors(tmp_path / "v.npz").vectors)
    assert not np.allclose(tables[0], tables[1])
    assert tables[2].std() != pytest.approx(0.2)
    np.testing.assert_allclose(tables[3], 10 * tables[0], rtol=1e-4)


def test_a_model_can_be_trained_on_the_vectors(source, tmp_path, data_folder):
    assert distill(source, "--out", tmp_path / "v.npz", "--dim", 8, "--words", data_folder) == 0
    settings = [f"encoder.vectors={tmp_path / 'v.npz'}", "encoder.word_dim=8", "training.epochs=1", "encoder.hidden=4"]
    assert main(["train", str(data_folder), "--out", str(tmp_path / "run"), "--set", *settings]) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dim", 500), "dim is 500, expected 1 to 3"),
        (("--std", -1), "--std -1.0: expected a number, 0"),
        (("--std", "nan"), "--std nan: expected a number, 0"),
        (("--std", "inf"), "--std inf: expected a number, 0"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_no_file(source, data, tmp_path, capsys, options, message):
    assert distill(source, "--out", tmp_path / "v.npz", "--words", data, *options) == 2
    error = capsys.readouterr().err
    assert message in error
    assert not (tmp_path / "v.npz").exists()


def test_an_existing_file_is_kept_unless_told_otherwise(source, data, tmp_path, capsys):
    (tmp_path / "v.npz").write_text("kept")
    assert distill(source, "--out", tmp_path / "v.npz", "--words", data) == 2
    assert (tmp_path / "v.npz").read_text() == "kept"
    assert "--overwrite" in capsys.readouterr().err
    assert distill(source, "--out", tmp_path / "v.txt", "--words", data) == 2


def test_a_folder_that_is_no_encoder_is_one_line(data, tmp_path, capsys):
    assert distill(data, "--out", tmp_path / "v.npz") == 2
    assert "expected an encoder" in capsys.readouterr().err
