import numpy as np

from relknit.cli import main
from relknit.data.vectors import WordVectors, load_vectors, save_vectors


def test_vectors_of_two_files_are_joined_into_a_third(tmp_path, capsys):
    for name, dim in (("a", 2), ("b", 3)):
        save_vectors(tmp_path / f"{name}.npz", WordVectors(("in", "York"), np.eye(2, dim, dtype=np.float32)))
    out = tmp_path / "both.npz"
    assert main(["vectors", "join", str(tmp_path / "a.npz"), str(tmp_path / "b.npz"), "--out", str(out)]) == 0
    assert load_vectors(out).dim == 5
    assert "encoder.word_dim=5" in capsys.readouterr().out.replace("\n", " ")


def test_a_file_that_is_there_is_not_replaced_unasked(tmp_path, capsys):
    save_vectors(tmp_path / "a.npz", WordVectors(("in",), np.ones((1, 2), dtype=np.float32)))
    assert main(["vectors", "join", str(tmp_path / "a.npz"), "--out", str(tmp_path / "a.npz")]) == 2
    assert "exists already" in capsys.readouterr().err.replace("\n", " ")
    assert main(["vectors", "join", "--out", str(tmp_path / "new.npz")]) == 2
    assert "no vectors to join" in capsys.readouterr().err.replace("\n", " ")
