"""What `chunked` does to be fast must not be seen in its results: block sizes, the compact backward, the series of the loss."""

import sys

import pytest
import torch

from relknit.ops.pair_scores import PairLabels, Pairs, chunked, dispatch, reference
from relknit.ops.pair_scores.chunked.blocks import blocks
from relknit.ops.pair_scores.chunked.loss import _SMALL, _negatives

pytestmark = pytest.mark.usefixtures("one_thread")

LENGTHS = (7, 0, 1, 19, 4)


def operands(d=6, l=5, *, dtype=torch.float64, seed=0, grad=True, lengths=LENGTHS):
    g = torch.Generator().manual_seed(seed)
    sizes = ((sum(lengths), d), (sum(lengths), d), (l, d), (l,))
    return [torch.randn(*size, generator=g, dtype=dtype).requires_grad_(grad) for size in sizes]


def labels_of(lengths=LENGTHS, l=5):
    ends = torch.tensor(lengths).cumsum(0).tolist()
    return PairLabels.of(
        [(end - 1, end - n, t) for n, end in zip(lengths, ends, strict=True) if n for t in range(0, l, 2)]
    )


def assert_same_gradients(found, expected, inputs, upstream=None):
    gradients = (torch.autograd.grad(value, inputs, upstream) for value in (found, expected))
    for mine, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-11, atol=1e-12)


def triples_of(found):
    return list(zip(found.head.tolist(), found.tail.tolist(), found.relation.tolist(), strict=True))


@pytest.mark.parametrize("block_pairs", [1, 2, 20, 57, 1280, 10**6])
def test_the_size_of_a_block_changes_no_result(block_pairs):
    inputs, labels = operands(), labels_of()
    weights = torch.rand(sum(LENGTHS), 5, dtype=torch.float64)
    for name, arguments in (("row_max", ()), ("loss", (labels,))):
        found = getattr(chunked, name)(Pairs(*inputs, LENGTHS, LENGTHS), *arguments, block_pairs=block_pairs)
        expected = getattr(reference, name)(Pairs(*inputs, LENGTHS, LENGTHS), *arguments)
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
        scale = weights if name == "row_max" else torch.tensor(2.0, dtype=torch.float64)
        assert_same_gradients((found * scale).sum(), (expected * scale).sum(), inputs)
    found = chunked.select(Pairs(*operands(grad=False), LENGTHS, LENGTHS), 0.7, block_pairs=block_pairs)
    assert triples_of(found) == triples_of(reference.select(Pairs(*operands(grad=False), LENGTHS, LENGTHS), 0.7))


def test_a_block_holds_at_most_its_pairs_and_every_pair_is_in_one():
    for most in (1, 19, 40, 1280):
        found = blocks(LENGTHS, LENGTHS, most)
        assert all(block.pairs <= most or block.rows == 1 for block in found)
        assert sum(block.pairs for block in found) == sum(n * n for n in LENGTHS)


@pytest.mark.parametrize("same", [True, False])
def test_the_backward_of_row_max_is_right_however_few_pairs_are_the_maximum(same):
    inputs = operands(d=3, l=40)
    if same:  # one second argument is best for everything: a single pair a row
        with torch.no_grad():
            inputs[1][:] = -5.0
            inputs[1][torch.tensor([0, 7, 8, 27])] = 5.0
            inputs[2].abs_()
    found = chunked.row_max(Pairs(*inputs, LENGTHS, LENGTHS))
    expected = reference.row_max(Pairs(*inputs, LENGTHS, LENGTHS))
    assert_same_gradients(found, expected, inputs, torch.randn_like(found))


def test_more_winning_pairs_than_a_block_are_taken_in_parts():
    lengths = (60, 50)
    inputs = operands(d=8, l=90, lengths=lengths)
    upstream = torch.randn(110, 90, dtype=torch.float64)
    found, expected = (which.row_max(Pairs(*inputs, lengths, lengths)) for which in (chunked, reference))
    assert_same_gradients(found, expected, inputs, upstream)


@pytest.mark.parametrize("best", [0, 1, 150, 299])
def test_half_precision_finds_every_index_of_a_long_sentence(best):
    lengths = (300,)
    a, b, weight, bias = operands(d=2, l=1, lengths=lengths, grad=False)
    b[:] = 0.0
    b[best] = 8.0
    for dtype in (torch.bfloat16, torch.float16):
        inputs = [x.to(dtype).requires_grad_() for x in (a, b, weight.abs(), bias)]
        gradient = torch.autograd.grad(chunked.row_max(Pairs(*inputs, lengths, lengths)).sum(), inputs[1])[0]
        assert gradient.abs().sum(1).nonzero().flatten().tolist() == [best]


def test_half_precision_loses_no_more_than_the_reference_in_it():
    lengths = (60, 60)
    exact = operands(lengths=lengths, d=8, l=6)
    labels = labels_of(lengths)
    expected = torch.autograd.grad(reference.loss(Pairs(*exact, lengths, lengths), labels), exact)

    def error(which):
        inputs = [x.detach().bfloat16().requires_grad_() for x in exact]
        found = torch.autograd.grad(which.loss(Pairs(*inputs, lengths, lengths), labels).float(), inputs)
        return [
            ((mine.double() - theirs).norm() / theirs.norm()).item()
            for mine, theirs in zip(found, expected, strict=True)
        ]

    assert all(mine <= theirs + 2e-3 for mine, theirs in zip(error(chunked), error(reference), strict=True))


def test_many_groups_of_blocks_give_the_same_gradient(monkeypatch):
    inputs = operands()
    upstream = torch.randn(sum(LENGTHS), 5, dtype=torch.float64)
    monkeypatch.setattr(sys.modules["relknit.ops.pair_scores.chunked.row_max"], "_GROUP_PAIRS", 10)
    found = chunked.row_max(Pairs(*inputs, LENGTHS, LENGTHS), block_pairs=8)
    assert_same_gradients(found, reference.row_max(Pairs(*inputs, LENGTHS, LENGTHS)), inputs, upstream)


def test_a_nan_reaches_the_result_and_its_gradient_instead_of_an_error():
    inputs = operands(dtype=torch.float32)
    with torch.no_grad():
        inputs[0][3] = torch.nan
    highest = chunked.row_max(Pairs(*inputs, LENGTHS, LENGTHS))
    assert highest[3].isnan().all()
    highest.nan_to_num().sum().backward()
    assert chunked.loss(Pairs(*inputs, LENGTHS, LENGTHS), labels_of()).isnan()


@pytest.mark.parametrize("bias", [-14.0, -6.0, -3.0, 0.0, 5.0, 30.0])
def test_the_loss_in_single_precision_is_right_at_every_size_of_probability(bias):
    inputs = operands(d=4, dtype=torch.float32, grad=False)
    inputs[3] += bias
    exact = reference.loss(Pairs(*(x.double() for x in inputs), LENGTHS, LENGTHS), labels_of())
    found = chunked.loss(Pairs(*inputs, LENGTHS, LENGTHS), labels_of())
    assert found.item() == pytest.approx(exact.item(), rel=2e-6)


def test_the_series_is_right_up_to_where_it_is_used_and_leaves_the_probabilities_as_they_were():
    logits = torch.logit(torch.linspace(1e-7, _SMALL, 999, dtype=torch.float64)).reshape(27, 37)
    logits[3, 5], logits[20] = 4.0, 12.0
    exact = torch.nn.functional.softplus(logits).sum().item()
    p = torch.sigmoid(logits.float())
    before = p.clone()
    assert _negatives(logits.float(), p, None).item() == pytest.approx(exact, rel=1e-6)
    assert torch.equal(p, before)


def test_on_a_cpu_the_chunked_operations_are_chosen():
    inputs = operands(grad=False)
    assert dispatch.fused(inputs[0]) is None
    assert torch.equal(
        dispatch.row_max(Pairs(*inputs, LENGTHS, LENGTHS)), chunked.row_max(Pairs(*inputs, LENGTHS, LENGTHS))
    )
    labels = labels_of()
    assert torch.equal(
        dispatch.loss(Pairs(*inputs, LENGTHS, LENGTHS), labels), chunked.loss(Pairs(*inputs, LENGTHS, LENGTHS), labels)
    )
    found, expected = (which.select(Pairs(*inputs, LENGTHS, LENGTHS), 0.6) for which in (dispatch, chunked))
    assert torch.equal(found.probability, expected.probability)


def test_labels_of_sentences_are_joined_with_their_places_moved():
    parts = [PairLabels.of([(1, 0, 2), (0, 0, 1)]), PairLabels.of([]), PairLabels.of([(2, 1, 0)])]
    assert PairLabels.joined(parts, (2, 4, 3)).triples() == [(0, 0, 1), (1, 0, 2), (8, 7, 0)]
    assert len(PairLabels.joined([], ())) == 0
    assert PairLabels.joined(parts[1:2], (4,)).triples() == []
