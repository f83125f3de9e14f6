"""The softmax over relations of every pair of words, against its definition."""

import pytest
import torch

from relknit.document import Entity
from relknit.models.graphrel.pair_softmax import (
    log_normalisers,
    pair_loss,
    probabilities,
    relations_among,
    words_of,
)

NAMES = ("r1", "r2")


@pytest.fixture
def scores():
    generator = torch.Generator().manual_seed(3)
    a, b = (torch.randn(5, 3, dtype=torch.float64, generator=generator) * 4 for _ in "ab")
    return a.requires_grad_(), b.requires_grad_()


def table(a, b):
    return a[:, None] + b[None, :]


def test_the_product_of_exponentials_is_the_log_sum_exp_of_all_pairs(scores):
    torch.testing.assert_close(log_normalisers(*scores), torch.logsumexp(table(*scores), -1))


def test_it_is_finite_in_float32_where_the_words_prefer_different_relations():
    a, b = torch.tensor([[300.0, 0.0]]), torch.tensor([[0.0, 290.0]])
    assert log_normalisers(a, b).item() == pytest.approx(300.0)


def test_the_loss_is_the_weighted_cross_entropy_of_all_pairs(scores):
    pairs = torch.tensor([[0, 1, 1], [4, 4, 2], [3, 0, 2]])
    label = torch.zeros(5, 5, dtype=torch.int64)
    label[pairs[:, 0], pairs[:, 1]] = pairs[:, 2]
    weights = torch.tensor([1.0, 2.0, 2.0], dtype=torch.float64)
    naive = torch.nn.functional.cross_entropy(
        table(*scores).flatten(0, 1), label.flatten(), weight=weights, reduction="sum"
    )
    loss = pair_loss(*scores, pairs, 2.0)
    torch.testing.assert_close(loss, naive)
    for own, expected in zip(torch.autograd.grad(loss, scores), torch.autograd.grad(naive, scores), strict=True):
        torch.testing.assert_close(own, expected)


def test_a_sentence_without_words_loses_nothing():
    nothing = torch.zeros(0, 3)
    assert pair_loss(nothing, nothing, torch.zeros(0, 3, dtype=torch.int64), 2.0).item() == 0


@pytest.mark.parametrize("rule", ["any", "average"])
def test_relations_are_those_that_enumeration_finds(scores, rule):
    a, b = (x.detach() for x in scores)
    entities = [Entity(0, 2), Entity(3, 4), Entity(2, 5)]
    words, p = words_of(entities), probabilities(a, b)
    assert words == [0, 1, 3, 2, 3, 4]
    expected = {}
    for head, one in enumerate(entities):
        for tail, other in enumerate(entities):
            cells = p[one.token_start : one.token_end, other.token_start : other.token_end].flatten(0, 1)
            for cell in cells if rule == "any" else [cells.mean(0)]:
                best = int(cell.argmax())
                if best:
                    key = head, NAMES[best - 1], tail
                    expected[key] = max(expected.get(key, 0.0), float(cell[best]))
    found = relations_among(entities, p[words][:, words], NAMES, rule)
    assert {(r.head, r.type, r.tail): r.confidence for r in found} == pytest.approx(expected)
    assert len(found) == len(expected) > 0
