"""C_r of both papers as printed, one pair after another: EMNLP's equation 7, and equations 9 and 10 of the first version."""

import math

import pytest
import torch

from relknit.models.rin.additive_scorer import AdditiveScorer
from relknit.models.rin.pair_scorer import PairScorer
from relknit.ops.pair_scores import PairLabels, SelectedPairs

pytestmark = pytest.mark.usefixtures("one_thread")

LENGTHS = (3, 0, 1, 4)
TRIPLES = [(0, 2, 1), (1, 1, 0), (3, 3, 2), (4, 7, 1), (4, 7, 0)]
LABELS = PairLabels.of(TRIPLES)


@pytest.fixture(params=[AdditiveScorer, PairScorer])
def scorer(request):
    torch.manual_seed(0)
    return request.param(4, 5, 3).double()


@pytest.fixture
def h():
    return torch.randn(sum(LENGTHS), 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def product(matrix, vector):
    return [sum(w * x for w, x in zip(row, vector, strict=True)) for row in matrix]


def hidden_by_hand(scorer, first, second):
    """m of a pair of words, laid out as a whole."""
    if isinstance(scorer, PairScorer):  # W_m(h_i ⊕ h_j) + b_m
        both = product(scorer.hidden.weight.tolist(), first + second)
        return [max(0.0, x + b) for x, b in zip(both, scorer.hidden.bias.tolist(), strict=True)]
    halves = product(scorer.first.weight.tolist(), first) + product(scorer.second.weight.tolist(), second)
    return [max(0.0, x) for x in halves]


def by_hand(scorer, h, lengths=LENGTHS):
    """(head, tail) -> probability of every relation. Python floats only."""
    weight, bias, words = scorer.output.weight.tolist(), scorer.output.bias.tolist(), h.tolist()
    scores, start = {}, 0
    for length in lengths:
        for i in range(start, start + length):
            for j in range(start, start + length):
                m = hidden_by_hand(scorer, words[i], words[j])
                logits = [x + b for x, b in zip(product(weight, m), bias, strict=True)]
                scores[i, j] = [1 / (1 + math.exp(-x)) for x in logits]
        start += length
    return scores


def columns(pairs):
    assert isinstance(pairs, SelectedPairs)
    return list(zip(pairs.head.tolist(), pairs.tail.tolist(), pairs.relation.tolist(), strict=True))


def test_row_max_is_the_strongest_probability_of_each_head(scorer, h):
    scores = by_hand(scorer, h)
    for i, found in enumerate(scorer.row_max(h, LENGTHS).tolist()):
        opened = [p for (head, _), p in scores.items() if head == i]
        assert found == pytest.approx([max(column) for column in zip(*opened, strict=True)], rel=1e-12)


def test_the_loss_is_the_cross_entropy_of_every_pair_and_relation(scorer, h):
    expected = 0.0
    for (i, j), probabilities in by_hand(scorer, h).items():
        for t, p in enumerate(probabilities):
            expected -= math.log(p if (i, j, t) in TRIPLES else 1 - p)
    assert scorer.loss(h, LENGTHS, LABELS).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.6])
def test_select_finds_the_pairs_that_reach_the_threshold_in_order(scorer, h, threshold):
    scores = by_hand(scorer, h)
    expected = {(i, j, t): p[t] for (i, j), p in scores.items() for t in range(3) if p[t] >= threshold}
    assert 0 < len(expected) < 26 * 3
    found = scorer.select(h, LENGTHS, threshold)
    assert columns(found) == sorted(expected)
    assert found.probability.tolist() == pytest.approx([expected[key] for key in sorted(expected)], rel=1e-12)


def test_each_relation_can_have_a_threshold_of_its_own(scorer, h):
    thresholds = [0.45, 0.999, 0.4]
    expected = {(i, j, t) for (i, j), p in by_hand(scorer, h).items() for t in range(3) if p[t] >= thresholds[t]}
    assert {t for *_, t in expected} == {0, 2}
    assert columns(scorer.select(h, LENGTHS, torch.tensor(thresholds))) == sorted(expected)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_at_the_ends_of_the_scale_everything_or_nothing_is_selected(scorer, h, threshold):
    assert len(columns(scorer.select(h, LENGTHS, threshold))) == (0 if threshold else 26 * 3)


@pytest.mark.parametrize("block_pairs", [1, 5, 1280])
def test_the_size_of_a_block_changes_no_result(scorer, h, block_pairs):
    h = h.requires_grad_()
    inputs = [h, *scorer.parameters()]
    loss, selected = scorer.loss(h, LENGTHS, LABELS), scorer.select(h, LENGTHS, 0.4)
    gradients = torch.autograd.grad(loss, inputs)
    scorer.block_pairs = block_pairs
    again, found = scorer.loss(h, LENGTHS, LABELS), scorer.select(h, LENGTHS, 0.4)
    torch.testing.assert_close(again, loss, rtol=1e-12, atol=0)
    for mine, theirs in zip(torch.autograd.grad(again, inputs), gradients, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-14)
    assert columns(found) == columns(selected)
    assert torch.equal(found.probability, selected.probability)


def test_gradients_are_slopes(scorer, h):
    lengths, labels = (3, 0, 1), PairLabels.of([(0, 2, 1), (3, 3, 2)])
    x = h[:4].clone().requires_grad_()

    def calling(method, *arguments):
        return lambda *_: getattr(scorer, method)(x, lengths, *arguments)  # gradcheck moves x and the weights in place

    assert torch.autograd.gradcheck(calling("row_max"), [x, *scorer.parameters()])
    assert torch.autograd.gradcheck(calling("loss", labels), [x, *scorer.parameters()])


@pytest.mark.parametrize("lengths", [(), (0,), (0, 0)])
def test_no_words_give_nothing_and_break_nothing(lengths):
    scorer = AdditiveScorer(4, 5, 3)
    h = torch.zeros(0, 4, requires_grad=True)
    assert scorer.row_max(h, lengths).shape == (0, 3)
    loss = scorer.loss(h, lengths, PairLabels.of([]))
    assert loss.item() == 0
    loss.backward()
    assert columns(scorer.select(h, lengths, 0.5)) == []


def test_in_the_first_version_the_best_tail_is_the_same_for_all_heads():
    """What the printed equations can't say, and EMNLP's can."""
    torch.manual_seed(3)

    def preferences(kind):
        table, h = kind(4, 5, 3).double(), torch.randn(6, 4, dtype=torch.float64)
        pairs = table.select(h, (6,), 0.0)
        logits = torch.logit(pairs.probability).view(6, 6, 3)
        return [len(set(logits[:, :, t].argmax(dim=1).tolist())) for t in range(3)]

    assert preferences(AdditiveScorer) == [1, 1, 1]
    assert max(preferences(PairScorer)) > 1


def test_of_equally_good_tails_the_gradient_goes_to_one():
    scorer = AdditiveScorer(1, 1, 1).double()
    with torch.no_grad():
        for parameter in scorer.parameters():
            parameter.fill_(1.0)
    h = torch.tensor([[-1.0], [2.0], [2.0]], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(scorer.row_max(h, (3,))[0].sum(), h)
    assert sum(bool(g) for g in gradient[1:, 0]) == 1


def test_large_scores_lose_nothing_to_rounding():
    scorer = AdditiveScorer(1, 1, 1)
    with torch.no_grad():
        for parameter in scorer.parameters():
            parameter.fill_(1.0)
        scorer.output.bias.fill_(0.0)
        scorer.output.weight.copy_(torch.tensor([[-60.0, 1.0]]))
    h = torch.tensor([[1.0]], requires_grad=True)
    loss = scorer.loss(h, (1,), PairLabels.of([(0, 0, 0)]))
    assert loss.item() == pytest.approx(59.0, rel=1e-6)
    assert torch.isfinite(torch.autograd.grad(loss, h)[0]).all()


def test_without_a_gradient_the_loss_keeps_none(scorer, h):
    with torch.no_grad():
        assert not scorer.loss(h, LENGTHS, LABELS).requires_grad
    assert scorer.loss(h, LENGTHS, LABELS).requires_grad


@pytest.mark.parametrize("kind", [AdditiveScorer, PairScorer])
def test_a_bias_is_where_all_relations_start(kind):
    assert kind(4, 5, 3, bias=-6.0).output.bias.tolist() == [-6.0] * 3


def test_the_words_layers_have_no_bias_as_printed():
    names = [name for name, _ in AdditiveScorer(4, 5, 3).named_parameters()]
    assert names == ["first.weight", "second.weight", "output.weight", "output.bias"]


def test_bytes_per_pair_count_the_relations():
    assert AdditiveScorer(4, 5, 7).bytes_per_pair == 35
    assert AdditiveScorer(4, 5, 7).double().bytes_per_pair == 63
