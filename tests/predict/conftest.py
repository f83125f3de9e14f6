from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from relknit.data.corpus import load_corpus
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.models.base import JointModel
from relknit.models.rin.decoding import Decoding
from relknit.models.rin.settings import RINSettings
from tests.building import build_model


def random_model(rounds: int, bias: float, seed: int, **spreads: float) -> JointModel:
    """A small model with weights at random; spreads: standard deviations of its weights by module."""
    train = load_corpus("train")
    encoder = BiLSTMSettings(word_dim=8, char_dim=4, char_filters=4, shape_dim=2, hidden=8, num_layers=1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = RINSettings(num_rounds=rounds, pair_hidden=8, relation_bias=bias)
        model = build_model(encoder, config, train)
        for name, spread in spreads.items():
            torch.nn.init.normal_(model.get_parameter(f"{name.replace('_', '.')}.weight"), std=spread)
    return model.eval()


@pytest.fixture(scope="module")
def rin() -> JointModel:
    """A model that finds relations everywhere."""
    model = random_model(1, -18.0, 3, tagger=4.0, pairs_hidden=2.0, pairs_output=2.0)
    model.decoding = Decoding(keep_untagged=True)
    return model


@pytest.fixture(scope="session")
def selective() -> Callable[[int], JointModel]:
    """From K: a model that tags about a tenth of the words, so that some sentences have no entity, and finds relations."""

    @torch.no_grad()
    def build(rounds: int) -> JointModel:
        model = random_model(rounds, -2.0, 1, tagger=1.0, pairs_hidden=1.0, pairs_output=1.0)
        batch = model.collate([model.prepare(document) for document in load_corpus("dev")[:40]])
        scores = model.tagger(model.features(batch.inputs)[0])
        model.tagger.bias[0] += torch.quantile(scores[:, 1:].amax(1) - scores[:, 0], 0.9)
        return model

    return build
