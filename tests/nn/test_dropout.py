"""Dropout with a generator of its own."""

import torch

from relknit.nn.dropout import dropout


def test_outside_training_and_at_share_zero_nothing_changes():
    x = torch.randn(4, 5)
    assert dropout(x, 0.5, training=False) is x
    assert dropout(x, 0.0, training=True) is x


def test_a_share_is_zeroed_and_the_rest_grows_so_that_the_mean_stays():
    kept = dropout(torch.ones(200, 200), 0.25, training=True, generator=torch.Generator().manual_seed(1))
    assert set(kept.unique().tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert abs(kept.mean().item() - 1) < 0.02
    assert abs((kept == 0).float().mean().item() - 0.25) < 0.02


def test_equal_seeds_give_equal_noise_whatever_torchs_own_generator_does():
    found = []
    for _ in range(2):
        torch.rand(3)
        found.append(dropout(torch.ones(9, 9), 0.5, training=True, generator=torch.Generator().manual_seed(3)))
    assert torch.equal(*found)


def test_without_noise_of_its_own_torchs_generator_is_used():
    torch.manual_seed(5)
    first = dropout(torch.ones(9, 9), 0.5, training=True)
    torch.manual_seed(5)
    assert torch.equal(dropout(torch.ones(9, 9), 0.5, training=True), first)


def test_the_gradient_passes_where_the_value_did():
    x = torch.randn(30, 30, requires_grad=True)
    y = dropout(x, 0.5, training=True, generator=torch.Generator().manual_seed(1))
    y.sum().backward()
    assert torch.equal(x.grad != 0, y != 0)
    assert torch.equal(x.grad[x.grad != 0], torch.full_like(x.grad[x.grad != 0], 2.0))
