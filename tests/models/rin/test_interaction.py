"""One interaction round, against its equations with python numbers."""

import math

import pytest
import torch

from relknit.models.rin.interaction import Interaction, PaperGRUCell

pytestmark = pytest.mark.usefixtures("one_thread")


def row(matrix, vector, k):
    return sum(w * x for w, x in zip(matrix[k].tolist(), vector, strict=True))


def by_hand(cell, y, h):
    """Equation 4 with python floats, one unit after another."""
    both = [*h, *y]

    def gate(matrix, k):
        return 1 / (1 + math.exp(-row(matrix, both, k)))

    u = [gate(cell.reset.weight, k) for k in range(len(h))]
    kept = [*(a * b for a, b in zip(u, h, strict=True)), *y]
    result = []
    for k, value in enumerate(h):
        z = gate(cell.update.weight, k)
        result.append((1 - z) * value + z * math.tanh(row(cell.candidate.weight, kept, k)))
    return result


def test_the_papers_cell_is_equation_4():
    torch.manual_seed(0)
    cell = PaperGRUCell(2, 3).double()
    y, h = torch.randn(4, 2, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    found = cell(y, h).tolist()
    for i in range(4):
        assert found[i] == pytest.approx(by_hand(cell, y[i].tolist(), h[i].tolist()), rel=1e-12)


def test_the_papers_cell_has_no_biases():
    names = [name for name, _ in PaperGRUCell(2, 3).named_parameters()]
    assert sorted(names) == ["candidate.weight", "reset.weight", "update.weight"]


def test_the_papers_cell_has_the_right_gradient():
    torch.manual_seed(1)
    cell = PaperGRUCell(2, 3).double()
    inputs = [torch.randn(2, n, dtype=torch.float64, requires_grad=True) for n in (2, 3)]
    assert torch.autograd.gradcheck(cell, inputs)


def test_the_update_gate_is_the_share_of_the_new_value():
    cell = PaperGRUCell(1, 2)
    h, y = torch.tensor([[0.3, -0.4]]), torch.tensor([[1.0]])
    with torch.no_grad():
        for sign, expected in ((-1.0, h), (1.0, torch.tanh(torch.tensor([[2.0, 2.0]])))):
            cell.update.weight.zero_()[:, 2] = sign * 100  # z is 0, then 1
            cell.candidate.weight.zero_()[:, 2] = 2.0
            torch.testing.assert_close(cell(y, h), expected)


@pytest.mark.parametrize("gru", ["torch", "paper"])
@pytest.mark.parametrize(("entity_feedback", "relation_feedback"), [(a, b) for a in (0, 1) for b in (0, 1)])
def test_a_round_adds_what_is_fed_back(gru, entity_feedback, relation_feedback):
    torch.manual_seed(2)
    block = Interaction(
        4, 3, 2, gru=gru, entity_feedback=bool(entity_feedback), relation_feedback=bool(relation_feedback)
    )
    h, tags, relations = torch.randn(5, 4), torch.rand(5, 3), torch.rand(5, 2)
    found = block(h, tags, relations)
    torch.testing.assert_close(found.entity, block.entity_cell(tags, h))
    torch.testing.assert_close(found.relation, block.relation_cell(relations, h))
    expected = h + entity_feedback * found.entity + relation_feedback * found.relation
    torch.testing.assert_close(found.shared, expected)


@pytest.mark.parametrize("gru", ["torch", "paper"])
def test_words_do_not_see_each_other_in_a_round(gru):
    torch.manual_seed(3)
    block = Interaction(4, 3, 2, gru=gru, entity_feedback=True, relation_feedback=True).double()
    h, tags, relations = (torch.randn(5, n, dtype=torch.float64) for n in (4, 3, 2))
    together = block(h, tags, relations)
    for i in range(5):
        alone = block(h[i : i + 1], tags[i : i + 1], relations[i : i + 1])
        for mine, all_of_them in zip(alone, together, strict=True):
            torch.testing.assert_close(mine[0], all_of_them[i], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("gru", ["torch", "paper"])
def test_a_round_of_no_words_works(gru):
    block = Interaction(4, 3, 2, gru=gru, entity_feedback=True, relation_feedback=True)
    found = block(torch.zeros(0, 4), torch.zeros(0, 3), torch.zeros(0, 2))
    assert [x.shape for x in found] == [(0, 4)] * 3
