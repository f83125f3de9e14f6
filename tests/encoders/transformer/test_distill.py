"""Word vectors out of a transformer."""

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")

from relknit.data.vectors import load_vectors, save_vectors
from relknit.encoders.transformer.distill import distill_vectors, principal_components, whole_words
from relknit.encoders.transformer.pretrained import read_transformer
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.encoders.transformer.transformer import TransformerEncoder
from relknit.errors import ConfigError
from relknit.runtime import Runtime
from tests.tiny_transformer import make_transformer

pytestmark = pytest.mark.usefixtures("one_thread")

WORDS = ("London", "ada", "Lovelace", "left", "Lovton", "😀", "works", "for")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return read_transformer(str(make_transformer(tmp_path_factory.mktemp("tiny"))))


def by_hand(rows, dim):
    """Rows along their principal directions by another way, the singular values; signs are free."""
    centred = rows - rows.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    return (left * sizes)[:, :dim]


def same_up_to_sign(found, expected):
    for k in range(found.shape[1]):
        sign = np.sign(found[:, k] @ expected[:, k])
        np.testing.assert_allclose(found[:, k], sign * expected[:, k], rtol=1e-4, atol=1e-5)


def test_vectors_are_the_means_of_piece_embeddings_along_their_principal_directions(parts):
    encoder = TransformerEncoder(TransformerSettings(), parts)
    table = parts.weights["embeddings.word_embeddings.weight"].double().numpy()
    rows = np.stack([table[encoder.pieces([word])[0]].mean(0) for word in WORDS])
    found = distill_vectors(parts, WORDS, dim=5, std=None)
    assert found.words == WORDS
    assert found.vectors.dtype == np.float32
    same_up_to_sign(found.vectors, by_hand(rows, 5))


@torch.no_grad()
def test_contextual_vectors_are_what_the_transformer_makes_of_a_word_alone(parts):
    encoder = TransformerEncoder(TransformerSettings(words="mean"), parts).eval()
    rows = encoder(encoder.collate([encoder.prepare([word]) for word in WORDS])).double().numpy()
    found = distill_vectors(parts, WORDS, dim=4, std=None, contextual=True)
    same_up_to_sign(found.vectors, by_hand(rows, 4))


def test_components_have_the_deviation_asked_for(parts):
    assert distill_vectors(parts, WORDS, dim=4).vectors.std() == pytest.approx(0.2, rel=1e-5)
    assert distill_vectors(parts, WORDS, dim=4, std=0.7).vectors.std() == pytest.approx(0.7, rel=1e-5)


def test_distilling_twice_gives_the_same_bits(parts):
    torch.manual_seed(1)
    first = distill_vectors(parts, WORDS, dim=4)
    torch.manual_seed(2)
    assert np.array_equal(distill_vectors(parts, WORDS, dim=4).vectors, first.vectors)


def test_progress_counts_every_word(parts):
    done = []
    distill_vectors(parts, WORDS * 100, dim=2, progress=done.append)
    assert sum(done) == 100 * len(WORDS)
    assert len(done) > 1


@pytest.mark.parametrize("dim", [0, -1, 9, 17])
def test_more_components_than_words_or_width_are_refused(parts, dim):
    with pytest.raises(ConfigError, match=f"dim is {dim}, expected 1 to 8: 8 words of 16 components"):
        distill_vectors(parts, WORDS, dim=dim)


def test_no_words_are_refused(parts):
    with pytest.raises(ConfigError, match="no words to make vectors for"):
        distill_vectors(parts, ())


def test_principal_components_of_a_line_are_the_places_on_it():
    rows = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    found = principal_components(rows, 1)
    np.testing.assert_allclose(found[:, 0], np.sqrt(5) * np.array([-1, 0, 1]), atol=1e-12)
    np.testing.assert_allclose(principal_components(-rows, 1)[:, 0], -found[:, 0], atol=1e-12)


def test_its_own_words_are_whole_pieces_that_are_words(parts):
    words = whole_words(parts)
    assert words[:3] == ["a", "b", "c"]
    assert {"ada", "london", "works", "0"} <= set(words)
    assert not {"##ela", "ela", ".", "[", "[CLS]", "[UNK]"} & set(words)
    assert len(words) == len(set(words))


def test_vectors_come_back_from_the_file(parts, tmp_path):
    vectors = distill_vectors(parts, WORDS, dim=3)
    save_vectors(tmp_path / "v.npz", vectors)
    found = load_vectors(tmp_path / "v.npz")
    assert found.words == WORDS
    assert np.array_equal(found.vectors, vectors.vectors)
    assert [path.name for path in tmp_path.iterdir()] == ["v.npz"]


def test_threads_change_no_vector(parts):
    words = [f"{word}{number}" for number in range(90) for word in ("ada", "left", "works")]
    for contextual in (False, True):
        alone, together = (
            distill_vectors(parts, words, dim=3, contextual=contextual, runtime=Runtime(threads=threads))
            for threads in (1, 2)
        )
        np.testing.assert_allclose(alone.vectors, together.vectors, atol=1e-6)
