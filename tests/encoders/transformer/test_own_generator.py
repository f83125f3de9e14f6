"""Dropout of modules that others wrote, from a generator of our own."""

import threading

import pytest
import torch
from torch import nn
from torch.nn import functional

from relknit.encoders.transformer.own_generator import OwnGenerator

pytestmark = pytest.mark.usefixtures("one_thread")


def seeded(seed):
    return OwnGenerator(torch.Generator().manual_seed(seed))


def test_layers_draw_from_the_generator_and_leave_torchs_own_alone():
    layer, x = nn.Dropout(0.5), torch.ones(20, 20)
    before = torch.get_rng_state()
    with seeded(3):
        first = layer(x)
    torch.rand(3)
    with seeded(3):
        again = layer(x)
    with seeded(4):
        other = layer(x)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert set(first.unique().tolist()) == {0.0, 2.0}
    torch.set_rng_state(before)
    assert layer(x).sum() > 0


def test_outside_training_nothing_is_dropped():
    with seeded(3):
        assert torch.equal(nn.Dropout(0.5).eval()(torch.ones(9)), torch.ones(9))


@pytest.mark.parametrize("kind", ["none", "bool", "float"])
def test_attention_without_dropout_is_torchs_own(kind):
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 3, 5, 4, dtype=torch.float64) for _ in range(3))
    inside = torch.tensor([[True, True, True, True, False], [True, True, False, False, False]])[:, None, None]
    mask = {"none": None, "bool": inside, "float": torch.zeros(2, 1, 1, 5).double().masked_fill(~inside, -1e9)}[kind]
    expected = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.3)
    with seeded(1):
        found = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.3, dropout_p=1e-12)
        plain = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=0.3, dropout_p=0.0)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(plain, expected)


def test_dropout_inside_attention_is_that_of_its_weights():
    q = torch.zeros(1, 1, 200, 4)
    v = torch.eye(200)[None, None]
    with seeded(5):
        weights = functional.scaled_dot_product_attention(q, q, v, dropout_p=0.25)
    assert (weights * 200).round(decimals=3).unique().tolist() == pytest.approx([0.0, 1 / 0.75], abs=1e-3)
    assert abs((weights == 0).float().mean().item() - 0.25) < 0.02


@pytest.mark.parametrize("option", ["is_causal", "enable_gqa"])
def test_attention_of_decoders_is_refused(option):
    x = torch.zeros(1, 1, 2, 4)
    with seeded(1), pytest.raises(ValueError, match="decoder"):
        functional.scaled_dot_product_attention(x, x, x, dropout_p=0.5, **{option: True})


def test_other_threads_are_left_alone():
    found = {}
    generator = torch.Generator().manual_seed(1)
    before = generator.get_state()

    def elsewhere():
        found["dropped"] = nn.Dropout(0.5)(torch.ones(50))

    with OwnGenerator(generator):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert (found["dropped"] == 0).any()
    assert torch.equal(generator.get_state(), before)
