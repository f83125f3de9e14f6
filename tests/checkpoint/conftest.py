"""A small model, its folder, and copies of it to damage."""

import shutil

import pytest

from relknit.checkpoint import (
    SavedModel,
    save_model,
)
from relknit.models.rin.decoding import Decoding
from tests.checkpoint.folders import MODEL, REMEMBERED, change


@pytest.fixture(scope="session")
def saved(tiny_model, tiny_encoder):
    """A small model with every part of a word, and decoding of its own."""
    encoder = tiny_encoder(char_dim=3, shape_dim=2)
    model = tiny_model(encoder=encoder, **MODEL)
    model.decoding = Decoding(threshold=0.4, keep_untagged=True, untagged_threshold=0.9, mentions="name")
    return SavedModel(model, REMEMBERED)


@pytest.fixture(scope="session")
def pristine(saved, tmp_path_factory):
    """The folder that `saved` was saved to; read only."""
    folder = tmp_path_factory.mktemp("pristine") / "model"
    save_model(folder, saved)
    return folder


@pytest.fixture
def folder(pristine, tmp_path):
    """A copy of it to damage, without checksums as in older versions, so that what lies behind them is tested."""
    copy = shutil.copytree(pristine, tmp_path / "model")
    change(copy / "model.json", "sha256", to=...)
    return copy
