"""The dense formulation is the same function as the reference, so that benchmarks compare equals."""

import pytest
import torch

import naive
from relknit.ops.pair_scores import Pairs, reference
from tests.ops.test_pair_scores import random_labels, triples_of


def naive_operands(lengths, c=3, d=4, l=2, grad=False):
    g = torch.Generator().manual_seed(3)

    def make(*shape):
        return torch.randn(*shape, generator=g, dtype=torch.float64).requires_grad_(grad)

    return make(sum(lengths), c), naive.PairLayers(make(d, 2 * c), make(d), make(l, d), make(l))


def project(h, layers):
    first, second = layers.hidden_weight.chunk(2, dim=1)
    return h @ first.T + layers.hidden_bias, h @ second.T, layers.weight, layers.bias


@pytest.mark.parametrize("lengths", [[1], [3, 1, 4], [2, 5]])
def test_naive_equals_the_reference_on_split_projections(lengths):
    h, layers = naive_operands(lengths)
    labels = random_labels(lengths, lengths, 2)
    split = project(h, layers)
    expected = torch.sigmoid(reference.row_max(Pairs(*split, lengths, lengths)))
    torch.testing.assert_close(naive.row_max_probability(h, lengths, layers), expected)
    importance = torch.tensor([0.5, 2.0], dtype=torch.float64)
    for weights in (None, importance):
        expected = reference.loss(Pairs(*split, lengths, lengths), labels, weights)
        torch.testing.assert_close(naive.loss(h, lengths, layers, labels, weights), expected)
    found, expected = naive.select(h, lengths, layers, 0.4), reference.select(Pairs(*split, lengths, lengths), 0.4)
    assert triples_of(found) == triples_of(expected)
    torch.testing.assert_close(found.probability, expected.probability)


def test_naive_gives_the_same_gradient_as_the_reference():
    lengths, results = [3, 5], []
    labels = random_labels(lengths, lengths, 2)
    for use_naive in (True, False):
        h, layers = naive_operands(lengths, grad=True)
        if use_naive:
            naive.loss(h, lengths, layers, labels).backward()
        else:
            reference.loss(Pairs(*project(h, layers), lengths, lengths), labels).backward()
        results.append(
            [h.grad, layers.hidden_weight.grad, layers.hidden_bias.grad, layers.weight.grad, layers.bias.grad]
        )
    for left, right in zip(*results, strict=True):
        torch.testing.assert_close(left, right)
