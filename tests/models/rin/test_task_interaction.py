"""The rounds of the first version against their equations, one word and one unit at a time, in python numbers."""

import pytest
import torch

from relknit.models.rin.task_interaction import LinearUpdate, TaskFeatures, TaskInteraction, TaskMaps
from tests.models.rin.cells_by_hand import BY_HAND, affine

pytestmark = pytest.mark.usefixtures("one_thread")

WIDTHS = (2, 3, 4)  # of relations, tags and words; four units in every state


def numbers(words=5, *, seed=1):
    """States, and what INT sees."""
    torch.manual_seed(seed)
    features = TaskFeatures(*(torch.randn(words, 4, dtype=torch.float64) for _ in range(2)))
    return features, [torch.randn(words, width, dtype=torch.float64) for width in WIDTHS]


def interaction(cell, *, seed=0):
    torch.manual_seed(seed)
    return TaskInteraction(sum(WIDTHS), 4, cell=cell).double()


@pytest.mark.parametrize("cell", list(BY_HAND))
def test_a_round_is_the_papers(cell):
    block, (features, seen) = interaction(cell), numbers()
    found = block(features, seen)
    for i in range(5):
        together = [value for part in seen for value in part[i].tolist()]
        x = [max(0.0, value) for value in affine(block.alignment, together)]
        assert any(x)
        entity = BY_HAND[cell](block.entity_cell, x, features.entity[i].tolist())
        relation = BY_HAND[cell](block.relation_cell, x, features.relation[i].tolist())
        assert found.entity[i].tolist() == pytest.approx(entity, rel=1e-12)
        assert found.relation[i].tolist() == pytest.approx(relation, rel=1e-12)


@pytest.mark.parametrize("cell", list(BY_HAND))
def test_the_gradient_of_a_round_is_right(cell):
    block, (features, seen) = interaction(cell), numbers(2)
    inputs = [x.requires_grad_() for x in (*features, *seen)]
    assert torch.autograd.gradcheck(lambda *x: tuple(block(TaskFeatures(*x[:2]), x[2:])), inputs)


@pytest.mark.parametrize("cell", list(BY_HAND))
def test_words_do_not_see_each_other_in_a_round(cell):
    block, (features, seen) = interaction(cell), numbers()
    together = block(features, seen)
    for i in range(5):
        here = slice(i, i + 1)
        alone = block(TaskFeatures(*(x[here] for x in features)), [x[here] for x in seen])
        for mine, all_of_them in zip(alone, together, strict=True):
            torch.testing.assert_close(mine[0], all_of_them[i], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cell", list(BY_HAND))
def test_a_round_starts_from_the_states_it_is_given(cell):
    block, (features, seen) = interaction(cell), numbers()
    once = block(features, seen)
    twice = block(once, seen)
    assert not torch.allclose(once.entity, twice.entity)
    assert not torch.allclose(once.relation, twice.relation)


def test_each_task_has_a_cell_of_its_own():
    block, (features, seen) = interaction("gru"), numbers()
    same = block(TaskFeatures(features.entity, features.entity), seen)
    assert not torch.allclose(same.entity, same.relation)


@pytest.mark.parametrize("cell", list(BY_HAND))
def test_a_round_of_no_words_works(cell):
    block, (features, seen) = interaction(cell), numbers(0)
    assert [x.shape for x in block(features, seen)] == [(0, 4)] * 2


def test_the_task_maps_are_equation_11():
    torch.manual_seed(4)
    maps, h = TaskMaps(4).double(), torch.randn(5, 4, dtype=torch.float64)
    found = maps(h)
    for i in range(5):
        for layer, rows in ((maps.entity, found.entity), (maps.relation, found.relation)):
            expected = [max(0.0, value) for value in affine(layer, h[i].tolist())]
            assert rows[i].tolist() == pytest.approx(expected, rel=1e-12)


def test_two_linear_maps_see_neither_the_other_task_nor_what_int_would():
    torch.manual_seed(5)
    block, (features, seen) = LinearUpdate(4).double(), numbers()
    found = block(features, seen)
    for i in range(5):
        assert found.entity[i].tolist() == pytest.approx(affine(block.entity, features.entity[i].tolist()), rel=1e-12)
        assert found.relation[i].tolist() == pytest.approx(
            affine(block.relation, features.relation[i].tolist()), rel=1e-12
        )
    assert (found.entity < 0).any()  # no ReLU
    other = block(TaskFeatures(features.entity, -features.relation))
    assert torch.equal(other.entity, found.entity)
