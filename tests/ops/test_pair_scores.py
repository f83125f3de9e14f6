"""reference against brute force; chunked against reference; on odd shapes, in float64, forward and backward."""

import math

import pytest
import torch

from relknit.ops import workers
from relknit.ops.pair_scores import PairLabels, Pairs, chunked, reference

SHAPES = [  # (a_lengths, b_lengths, d, l)
    ([1], [1], 1, 1),
    ([3, 1, 4], [3, 1, 4], 5, 3),
    ([2, 3], [4, 1], 3, 2),
    ([0, 2], [3, 2], 3, 2),
    ([2, 0, 1], [2, 0, 1], 4, 1),
    ([2, 1], [0, 2], 3, 2),
    ([40], [33], 6, 4),
    ([30, 2, 300], [31, 300, 2], 4, 3),
]


def operands(a_lengths, b_lengths, d, l, *, dtype=torch.float64, seed=0, grad=False):
    g = torch.Generator().manual_seed(seed)

    def make(*shape):
        return torch.randn(*shape, generator=g, dtype=dtype).requires_grad_(grad)

    return make(sum(a_lengths), d), make(sum(b_lengths), d), make(l, d), make(l)


def random_labels(a_lengths, b_lengths, l, seed=0, share=0.2, soft=False):
    g = torch.Generator().manual_seed(seed + 1)
    triples, a0, b0 = [], 0, 0
    for n, m in zip(a_lengths, b_lengths, strict=True):
        hit = (torch.rand(n, m, l, generator=g) < share).nonzero().tolist()
        triples += [(a0 + i, b0 + j, t) for i, j, t in hit]
        a0, b0 = a0 + n, b0 + m
    if soft:
        return PairLabels.soft(dict(zip(triples, torch.rand(len(triples), generator=g).tolist(), strict=True)))
    return PairLabels.of(triples)


def brute_logit(a, b, weight, bias, i, j, t):
    hidden = [max(0.0, x + y) for x, y in zip(a[i].tolist(), b[j].tolist(), strict=True)]
    return sum(w * h for w, h in zip(weight[t].tolist(), hidden, strict=True)) + bias[t].item()


def sentence_pairs(a_lengths, b_lengths):
    a0 = b0 = 0
    for n, m in zip(a_lengths, b_lengths, strict=True):
        yield range(a0, a0 + n), range(b0, b0 + m)
        a0, b0 = a0 + n, b0 + m


TINY = SHAPES[:6]


@pytest.mark.parametrize("shape", TINY)
def test_reference_row_max_equals_counting_every_pair(shape):
    a_lengths, b_lengths, d, l = shape
    a, b, weight, bias = operands(*shape)
    value = reference.row_max(Pairs(a, b, weight, bias, a_lengths, b_lengths))
    for firsts, seconds in sentence_pairs(a_lengths, b_lengths):
        for i in firsts:
            for t in range(l):
                every = [brute_logit(a, b, weight, bias, i, j, t) for j in seconds]
                assert value[i, t].item() == pytest.approx(max(every, default=-math.inf))


@pytest.mark.parametrize("shape", TINY)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("soft", [False, True])
def test_reference_loss_equals_counting_every_pair(shape, weighted, soft):
    a_lengths, b_lengths, d, l = shape
    a, b, weight, bias = operands(*shape)
    labels = random_labels(a_lengths, b_lengths, l, soft=soft)
    gold = dict(zip(labels.triples(), labels.targets(a).tolist(), strict=True))
    importance = torch.rand(l, dtype=torch.float64) if weighted else None
    total = 0.0
    for firsts, seconds in sentence_pairs(a_lengths, b_lengths):
        for i in firsts:
            for j in seconds:
                for t in range(l):
                    p = 1 / (1 + math.exp(-brute_logit(a, b, weight, bias, i, j, t)))
                    target = gold.get((i, j, t), 0.0)
                    each = -target * math.log(p) - (1 - target) * math.log(1 - p)
                    total += each * (importance[t].item() if weighted else 1.0)
    value = reference.loss(Pairs(a, b, weight, bias, a_lengths, b_lengths), labels, importance)
    assert value.item() == pytest.approx(total)


@pytest.mark.parametrize("shape", TINY)
def test_reference_select_equals_counting_every_pair(shape):
    a_lengths, b_lengths, d, l = shape
    a, b, weight, bias = operands(*shape)
    expected = []
    for firsts, seconds in sentence_pairs(a_lengths, b_lengths):
        for i in firsts:
            for j in seconds:
                for t in range(l):
                    p = 1 / (1 + math.exp(-brute_logit(a, b, weight, bias, i, j, t)))
                    if p >= 0.5:
                        expected.append((i, j, t, p))
    found = reference.select(Pairs(a, b, weight, bias, a_lengths, b_lengths), 0.5)
    assert triples_of(found) == [e[:3] for e in expected]
    assert found.probability.tolist() == pytest.approx([e[3] for e in expected])


def triples_of(found):
    return list(zip(found.head.tolist(), found.tail.tolist(), found.relation.tolist(), strict=True))


def with_gradients(operation, shape, upstream=None):
    """Value and gradients of a, b, weight and bias."""
    inputs = operands(*shape, grad=True)
    value = operation(*inputs)
    value.backward(upstream)
    return [value.detach(), *(x.grad for x in inputs)]


def assert_all_close(found, expected):
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("shape", SHAPES)
def test_chunked_row_max_and_its_gradient_equal_the_reference(shape):
    a_lengths, b_lengths, _, l = shape
    real = torch.tensor([m > 0 for n, m in zip(a_lengths, b_lengths, strict=True) for _ in range(n)])
    upstream = torch.randn(sum(a_lengths), l, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    upstream = upstream[real]
    expected = with_gradients(lambda *x: reference.row_max(Pairs(*x, a_lengths, b_lengths))[real], shape, upstream)
    found = with_gradients(lambda *x: chunked.row_max(Pairs(*x, a_lengths, b_lengths))[real], shape, upstream)
    assert_all_close(found, expected)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_chunked_loss_and_its_gradient_equal_the_reference(shape, soft, weighted):
    a_lengths, b_lengths, _, l = shape
    labels = random_labels(a_lengths, b_lengths, l, soft=soft)
    importance = torch.linspace(0.1, 3, l, dtype=torch.float64) if weighted else None
    upstream = torch.tensor(0.37, dtype=torch.float64)
    lengths = a_lengths, b_lengths
    expected = with_gradients(lambda *x: reference.loss(Pairs(*x, *lengths), labels, importance), shape, upstream)
    found = with_gradients(lambda *x: chunked.loss(Pairs(*x, *lengths), labels, importance), shape, upstream)
    assert_all_close(found, expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_chunked_select_equals_the_reference(shape):
    a_lengths, b_lengths, _, l = shape
    inputs = operands(*shape)
    for cut in (0.5, 0.9, torch.linspace(0.3, 0.8, l)):
        expected = reference.select(Pairs(*inputs, a_lengths, b_lengths), cut)
        found = chunked.select(Pairs(*inputs, a_lengths, b_lengths), cut)
        assert triples_of(found) == triples_of(expected)
        torch.testing.assert_close(found.probability, expected.probability)


@pytest.mark.parametrize("shape", [s for s in SHAPES[:6] if 0 not in s[1]])
def test_gradcheck_of_row_max_and_loss(shape):
    a_lengths, b_lengths, d, l = shape
    inputs = operands(*shape, grad=True)
    labels = random_labels(a_lengths, b_lengths, l)
    assert torch.autograd.gradcheck(lambda *x: chunked.row_max(Pairs(*x, a_lengths, b_lengths)), inputs)
    assert torch.autograd.gradcheck(lambda *x: chunked.loss(Pairs(*x, a_lengths, b_lengths), labels), inputs)


@pytest.mark.parametrize("implementation", [reference.row_max, chunked.row_max])
@pytest.mark.parametrize("length", [5, 300])
def test_on_a_tie_the_lowest_second_argument_takes_the_whole_gradient(implementation, length):
    a, _, weight, bias = operands([2], [1], 3, 2)
    b = torch.ones(length, 3, dtype=torch.float64, requires_grad=True)
    weight, a = weight.abs(), a.abs()
    implementation(Pairs(a, b, weight, bias, [2], [length])).sum().backward()
    assert b.grad[0].abs().min() > 0
    assert b.grad[1:].abs().max() == 0


def test_a_tie_between_later_words_goes_to_the_lower_of_them():
    a = torch.zeros(1, 1, dtype=torch.float64)
    b = torch.tensor([[0.5], [2.0], [2.0]], dtype=torch.float64, requires_grad=True)
    for implementation in (reference.row_max, chunked.row_max):
        b.grad = None
        implementation(
            Pairs(a, b, torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64), [1], [3])
        ).backward()
        assert b.grad.squeeze(1).tolist() == [0.0, 1.0, 0.0]


def test_an_empty_batch_costs_nothing_and_finds_nothing():
    inputs = operands([], [], 3, 2, grad=True)
    none = PairLabels.of([])
    value = chunked.loss(Pairs(*inputs, [], []), none)
    value.backward()
    assert value.item() == 0.0
    assert chunked.row_max(Pairs(*inputs, [], [])).shape == (0, 2)
    assert triples_of(chunked.select(Pairs(*inputs, [], []), 0.5)) == []


def test_large_logits_lose_no_precision_in_single_precision():
    a, b, weight, bias = operands([4], [4], 3, 2, dtype=torch.float32)
    labels = PairLabels.of([(0, 1, 0)])
    for shift in (-60.0, 12.0, 60.0):
        exact = reference.loss(Pairs(*(x.double() for x in (a, b, weight, bias + shift)), [4], [4]), labels)
        found = chunked.loss(Pairs(a, b, weight, bias + shift, [4], [4]), labels)
        assert found.item() == pytest.approx(exact.item(), rel=1e-6)


def test_single_precision_error_is_no_larger_than_the_reference_in_single_precision():
    lengths = [7, 30, 19]
    a, b, weight, bias = operands(lengths, lengths, 50, 20)
    labels = random_labels(lengths, lengths, 20, share=0.01)
    exact = reference.loss(Pairs(a, b, weight, bias, lengths, lengths), labels)
    single = [x.float() for x in (a, b, weight, bias)]
    reference_error = (reference.loss(Pairs(*single, lengths, lengths), labels).double() - exact).abs()
    error = (chunked.loss(Pairs(*single, lengths, lengths), labels).double() - exact).abs()
    assert error <= reference_error + 1e-6 * exact.abs()


def test_a_sentence_scores_the_same_alone_and_in_a_batch():
    lengths = [6, 11, 3]
    a, b, weight, bias = operands(lengths, lengths, 8, 5)
    together = chunked.row_max(Pairs(a, b, weight, bias, lengths, lengths))
    alone = [
        chunked.row_max(Pairs(x, y, weight, bias, [len(x)], [len(x)]))
        for x, y in zip(a.split(lengths), b.split(lengths), strict=True)
    ]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-13, atol=1e-13)


def test_labels_are_sorted_and_counted_once():
    labels = PairLabels.of([(2, 0, 1), (0, 1, 0), (2, 0, 1)])
    assert labels.triples() == [(0, 1, 0), (2, 0, 1)]


def test_labels_of_sentences_end_to_end_keep_their_probabilities_and_are_certain_without():
    joined = PairLabels.joined([PairLabels.soft({(1, 0, 2): 0.25}), PairLabels.of([(0, 1, 0)])], [2, 2])
    assert joined.triples() == [(1, 0, 2), (2, 3, 0)]
    assert joined.targets(torch.zeros(0)).tolist() == [0.25, 1.0]


def test_workers_leave_the_hosts_thread_settings_alone():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        inside = workers.run(lambda _: torch.get_num_threads(), range(4), threads=2)
        assert inside == [1, 1, 1, 1]
        assert torch.get_num_threads() == 3
        from threading import Thread

        seen = []
        host_thread = Thread(target=lambda: seen.append(torch.get_num_threads()))
        host_thread.start()
        host_thread.join()
        assert seen == [3]
    finally:
        torch.set_num_threads(before)


def test_workers_flush_denormals_and_the_host_does_not():
    tiny = torch.tensor([1e-40])
    assert workers.run(lambda _: (tiny * 1.0).item(), [0, 0], threads=2) == [0.0, 0.0]
    assert (tiny * 1.0).item() != 0.0
