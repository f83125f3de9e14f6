"""What a decoder reads of a sentence beside its features: word vectors and the final states of the LSTM."""

import pytest
import torch

from relknit.encoders.base import Encoder
from relknit.encoders.bilstm.bilstm import BiLSTMEncoder

TEXTS = ("Ada Lovelace left New York .", "", "Stöger", "York needs Ada")


@pytest.fixture
def encoder(tiny_documents, tiny_encoder):
    torch.manual_seed(0)
    return BiLSTMEncoder.from_documents(tiny_encoder(num_layers=2), tiny_documents).eval()


def read(encoder, *texts, generator=None):
    return encoder.encode(encoder.collate([encoder.prepare(text.split()) for text in texts]), generator)


def test_the_hidden_state_is_the_mean_of_what_both_directions_give_last(encoder):
    found = read(encoder, "York needs Ada")
    forward, backward = found.features[-1, :3], found.features[0, 3:]
    torch.testing.assert_close(found.hidden, ((forward + backward) / 2)[None])


def test_the_states_of_a_sentence_do_not_depend_on_its_neighbours(encoder):
    together = read(encoder, *TEXTS)
    for number, text in enumerate(TEXTS):
        alone = read(encoder, text)
        torch.testing.assert_close(together.hidden[number], alone.hidden[0])
        torch.testing.assert_close(together.cell[number], alone.cell[0])
    assert not together.hidden[1].any()


def test_layer_by_layer_gives_the_same_states(encoder):
    whole, by_layer = read(encoder, *TEXTS), read(encoder, *TEXTS, generator=torch.Generator())
    torch.testing.assert_close(whole.hidden, by_layer.hidden)
    torch.testing.assert_close(whole.cell, by_layer.cell)


def test_an_encoder_without_states_gives_the_mean_of_its_features(encoder):
    batch = encoder.collate([encoder.prepare(text.split()) for text in TEXTS])
    found = Encoder.encode(encoder, batch)
    torch.testing.assert_close(found.hidden[0], found.features[:6].mean(0))
    assert found.words is found.features
    assert not found.cell[1].any()
