"""C_r: equation 7 as the paper prints it, with one product over h_i ⊕ h_j for every pair."""

import pytest
import torch

from relknit.models.rin.pair_scorer import PairScorer
from relknit.ops.pair_scores import PairLabels

pytestmark = pytest.mark.usefixtures("one_thread")

LENGTHS = (3, 0, 1, 4)
LABELS = PairLabels.of([(0, 2, 1), (1, 1, 0), (3, 3, 2), (4, 7, 1), (4, 7, 0)])


@pytest.fixture
def scorer():
    torch.manual_seed(0)
    return PairScorer(4, 5, 3).double()


@pytest.fixture
def h():
    return torch.randn(sum(LENGTHS), 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def table(scorer, h):
    """(first, second) -> probabilities of every relation, sentence by sentence."""
    scores, start = {}, 0
    for length in LENGTHS:
        for i in range(start, start + length):
            for j in range(start, start + length):
                m = torch.relu(scorer.hidden(torch.cat([h[i], h[j]])))
                scores[i, j] = torch.sigmoid(scorer.output(m))
        start += length
    return scores


def test_row_max_is_the_strongest_probability_of_each_first_word(scorer, h):
    scores = table(scorer, h)
    expected = [torch.stack([p for (i, _), p in scores.items() if i == k]).amax(0) for k in range(len(h))]
    torch.testing.assert_close(scorer.row_max(h, LENGTHS), torch.stack(expected))


def test_the_loss_is_the_cross_entropy_of_every_pair_and_relation(scorer, h):
    gold = set(zip(LABELS.head.tolist(), LABELS.tail.tolist(), LABELS.relation.tolist(), strict=True))
    expected = torch.zeros((), dtype=torch.float64)
    for (i, j), p in table(scorer, h).items():
        for t in range(3):
            expected -= torch.log(p[t] if (i, j, t) in gold else 1 - p[t]).detach()
    torch.testing.assert_close(scorer.loss(h, LENGTHS, LABELS).detach(), expected)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.6])
def test_select_finds_the_pairs_that_reach_the_threshold_in_order(scorer, h, threshold):
    expected = {(i, j, t): p[t].item() for (i, j), p in table(scorer, h).items() for t in range(3) if p[t] >= threshold}
    assert 0 < len(expected) < 26 * 3
    found = scorer.select(h, LENGTHS, threshold)
    keys = list(zip(found.head.tolist(), found.tail.tolist(), found.relation.tolist(), strict=True))
    assert keys == sorted(expected)
    assert found.probability.tolist() == pytest.approx([expected[key] for key in keys], rel=1e-12)


def test_gradients_are_slopes(h):
    torch.manual_seed(2)
    scorer = PairScorer(4, 5, 3).double()
    h = h[:4].clone().requires_grad_()
    lengths, labels = (3, 0, 1), PairLabels.of([(0, 2, 1), (3, 3, 2)])
    assert torch.autograd.gradcheck(lambda x: scorer.row_max(x, lengths), h)
    assert torch.autograd.gradcheck(lambda x: scorer.loss(x, lengths, labels), h)


def test_the_order_of_the_two_words_matters(scorer, h):
    scores = table(scorer, h)
    assert not torch.allclose(scores[0, 1], scores[1, 0])


def test_a_bias_is_where_all_relations_start():
    assert PairScorer(4, 5, 3, bias=-6.0).output.bias.tolist() == [-6.0] * 3
