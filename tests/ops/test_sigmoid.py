"""A probability depends on its logit alone: not on where it is in a tensor, nor on what it is computed with."""

import pytest
import torch

from relknit.ops.pair_scores import Pairs, chunked
from relknit.ops.sigmoid import sigmoid

pytestmark = pytest.mark.usefixtures("one_thread")
DTYPES = [torch.float32, torch.float64]


def numbers(count, dtype):
    return torch.randn(count, generator=torch.Generator().manual_seed(0), dtype=dtype) * 4


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_value_is_the_same_alone_and_anywhere_in_a_tensor(dtype):
    x = numbers(2003, dtype)
    together = sigmoid(x)
    assert torch.equal(together, torch.cat([sigmoid(one) for one in x.split(1)]))
    for start in range(1, 40):
        assert torch.equal(together[start:-start], sigmoid(x[start:-start]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_and_gradients_are_those_of_torch(dtype):
    x = torch.cat([numbers(999, dtype), torch.tensor([-1e4, -30.0, 0.0, 30.0, 1e4], dtype=dtype)]).requires_grad_()
    found, expected = ((y, *torch.autograd.grad(y.sum(), x)) for y in (sigmoid(x), torch.sigmoid(x)))
    few = 8 * torch.finfo(dtype).eps
    torch.testing.assert_close(found[0], expected[0], rtol=few, atol=1e-38)
    torch.testing.assert_close(found[1], expected[1], rtol=few, atol=few)


def test_limits_are_exact_and_a_nan_stays_one():
    assert sigmoid(torch.tensor([-torch.inf, 0.0, torch.inf])).tolist() == [0.0, 0.5, 1.0]
    assert sigmoid(torch.tensor([torch.nan])).isnan().all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_selected_pair_has_the_same_probability_however_many_others_are_selected(dtype):
    g = torch.Generator().manual_seed(0)
    inputs = [torch.randn(*shape, generator=g, dtype=dtype) for shape in ((40, 6), (40, 6), (7, 6), (7,))]
    every = chunked.select(Pairs(*inputs, (30, 10), (30, 10)), 0.0)
    for threshold in (0.3, 0.6, 0.9, 0.99):
        found = chunked.select(Pairs(*inputs, (30, 10), (30, 10)), threshold)
        assert torch.equal(found.probability, every.probability[every.probability >= threshold])
