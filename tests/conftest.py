"""Small things that several tests need: a few sentences of our own, and models small enough to build in milliseconds.

torch is imported inside the fixtures, so that tests of what needs no torch run without it.
"""

import sys
from pathlib import Path

import pytest

from relknit.document import Document, Entity, Relation
from relknit.encoders.bilstm.settings import BiLSTMSettings

NUMERIC = {"ops", "nn", "models", "encoders", "predict"}


def pytest_addoption(parser):
    """`make guides` writes into the guides what their code prints."""
    parser.addoption("--refresh", action="store_true", help="write into the guides what their code prints")


def pytest_collection_modifyitems(items):
    """Mark the tests of everything that computes; `make test` repeats them for another kind of CPU."""
    for item in items:
        if NUMERIC & set(Path(item.path).relative_to(Path(__file__).parent).parts):
            item.add_marker(pytest.mark.numeric)


@pytest.fixture(autouse=True)
def denormal_numbers_are_kept():
    """Commands let the processor flush denormal numbers; tests that come later in this process expect them."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


def document(text, entities=(), relations=(), pos=None, name="1"):
    """Document from words split at spaces, (start, end, type) entities and (head, type, tail) relations."""
    return Document(
        id=name,
        tokens=tuple(text.split()),
        entities=tuple(Entity(*entity) for entity in entities),
        relations=tuple(Relation(head, tail, label) for head, label, tail in relations),
        pos=None if pos is None else tuple(pos.split()),
    )


@pytest.fixture(scope="session")
def sketch():
    """`document` above: a Document from little text."""
    return document


@pytest.fixture(scope="session")
def tiny_documents():
    """Four sentences of 6, 3, 1 and 5 words: typed entities, four relation types, a self-pair, a shared pair."""
    return (
        document(
            "Ada Lovelace left New York .",
            [(0, 2, "Person"), (3, 5, "Place")],
            [(0, "left", 1), (0, "lives_in", 1)],
            "NNP NNP VBD NNP NNP .",
        ),
        document(
            "York needs Ada", [(0, 1, "Place"), (2, 3, "Person")], [(0, "needs", 1), (1, "left", 0)], "NNP VBZ NNP"
        ),
        document("Stöger", [(0, 1, "Person")], [(0, "knows", 0)], "NNP"),
        document("He walked in 1932 .", (), (), "PRP VBD IN CD ."),
    )


@pytest.fixture(scope="session")
def tiny_encoder():
    """Encoder settings of a few numbers a word, without dropout; keyword arguments replace some of them."""

    def settings(**changes):
        small = {"word_dim": 5, "pos_dim": 3, "char_dim": 0, "char_filters": 4, "shape_dim": 0, "hidden": 3}
        plain = {"num_layers": 1, "input_dropout": 0.0, "layer_dropout": 0.0, "word_dropout": 0.0}
        return BiLSTMSettings(**(small | plain | changes))

    return settings


@pytest.fixture(scope="session")
def tiny_model(tiny_documents, tiny_encoder):
    """A factory of models in evaluation mode, from the documents of their labels and words and RINSettings settings."""

    def build(*, encoder=None, documents=tiny_documents, seed=0, typed=None, **changes):
        import torch

        from relknit.models import MODELS
        from tests.building import build_model

        encoder = encoder if encoder is not None else tiny_encoder()
        values = {"pair_hidden": 4, "relation_bias": None} | changes
        settings = MODELS.get(values.get("name", "rin")).Settings
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return build_model(encoder, settings(**values), documents, typed=typed).eval()

    return build


@pytest.fixture
def one_thread():
    """torch computes with one thread during a test: on tiny tensors more of them only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
