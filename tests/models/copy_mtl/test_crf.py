"""The CRF against the enumeration of all sequences of tags."""

from itertools import pairwise, product

import pytest
import torch

from relknit.models.copy_mtl.crf import CRF

pytestmark = pytest.mark.usefixtures("one_thread")

LENGTHS = (5, 0, 1, 3)


@pytest.fixture
def crf():
    torch.manual_seed(0)
    made = CRF(3).double().requires_grad_(False)
    with torch.no_grad():
        for weight in made.parameters():
            weight.normal_()
    return made


@pytest.fixture
def emissions():
    return torch.randn(len(LENGTHS), max(LENGTHS), 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


INSIDE = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]


def score(crf, emissions, tags):
    """What a sequence of tags scores, as the definition says."""
    total = sum(float(emissions[i, tag]) for i, tag in enumerate(tags))
    total += sum(float(crf.transition[a, b]) for a, b in pairwise(tags))
    return total + (float(crf.start[tags[0]] + crf.end[tags[-1]]) if tags else 0.0)


def every_score(crf, emissions, length):
    return {tags: score(crf, emissions, tags) for tags in product(range(3), repeat=length)}


def test_the_partition_is_the_sum_over_all_sequences(crf, emissions):
    found = crf.log_partition(emissions, INSIDE)
    for row, length in enumerate(LENGTHS):
        scores = torch.tensor([*every_score(crf, emissions[row], length).values()], dtype=torch.float64)
        torch.testing.assert_close(found[row], torch.logsumexp(scores, 0))


def test_viterbi_finds_the_best_sequence(crf, emissions):
    for row, (found, length) in enumerate(zip(crf.best(emissions, INSIDE), LENGTHS, strict=True)):
        scores = every_score(crf, emissions[row], length)
        assert tuple(found) == max(scores, key=scores.get)


def test_the_loss_is_minus_the_log_probability(crf, emissions):
    tags = torch.randint(3, INSIDE.shape, generator=torch.Generator().manual_seed(3))
    found = crf.loss(emissions, INSIDE, tags)
    for row, length in enumerate(LENGTHS):
        scores = every_score(crf, emissions[row], length)
        expected = torch.logsumexp(torch.tensor([*scores.values()], dtype=torch.float64), 0)
        torch.testing.assert_close(found[row], expected - scores[tuple(tags[row, :length].tolist())])


def test_padding_has_no_gradient(crf, emissions):
    emissions.requires_grad_()
    crf.loss(emissions, INSIDE, torch.zeros(INSIDE.shape, dtype=torch.int64)).sum().backward()
    assert not emissions.grad[~INSIDE].any()
    assert emissions.grad[INSIDE].any(dim=1).all()


def test_sentences_without_words_have_no_tags_and_no_loss(crf):
    empty, none = torch.zeros(2, 0, 3, dtype=torch.float64), torch.zeros(2, 0, dtype=torch.bool)
    assert crf.best(empty, none) == [[], []]
    assert crf.loss(empty, none, none.long()).tolist() == [0.0, 0.0]
