"""The compiled kernels against the reference on a GPU: odd and realistic sizes, memory, and no waiting for the device.

`make test-gpu` runs them; without a GPU they are skipped, and tests/ops/test_triton.py interprets the same kernels.
"""

import numpy as np
import pytest
import torch

from relknit.ops.pair_scores import reference
from relknit.ops.pair_scores.types import PairLabels, Pairs
from tests.ops.test_triton import (
    ODD,
    Case,
    assert_no_worse,
    reference_row_max,
    triples,
    triton,
    with_gradients,
)

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

BATCH = tuple(int(n) for n in np.random.default_rng(0).integers(5, 81, 50))
REALISTIC = [
    Case(BATCH, BATCH, 100, 170),  # a batch like WebNLG's
    Case(BATCH[:20], BATCH[20:40], 100, 24),
    Case((512,), (512,), 100, 246),
    Case((1024, 3), (1024, 700), 64, 24),
    Case((40, 60), (60, 50), 300, 30),  # d in several parts
]
DTYPES = [torch.float32, torch.bfloat16, torch.float16]


def shown(case):
    return f"{len(case.a_lengths)}x{max(case.a_lengths, default=0)}-d{case.d}-l{case.l}"


def operands(case, dtype, **settings):
    return case.operands(dtype, device="cuda", **settings)


def equal(found, expected):
    """Whether two selections hold the same triples in the same order."""
    names = ("first", "second", "relation")
    return all(torch.equal(getattr(found, name), getattr(expected, name)) for name in names)


def test_the_kernels_of_these_tests_are_compiled():
    assert type(triton._loss_kernel).__name__ == "JITFunction"


@pytest.mark.parametrize("case", [*ODD, *REALISTIC], ids=shown)
def test_on_whole_numbers_row_max_equals_the_reference_bit_for_bit(case):
    for dtype in DTYPES:
        inputs, upstream = operands(case, dtype, whole=True), case.upstream(dtype, whole=True, device="cuda")
        found = with_gradients(lambda *x: triton.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
        expected = reference_row_max(inputs, case, upstream)
        assert all(torch.equal(x, y.to(dtype)) for x, y in zip(found, expected, strict=True)), dtype


@pytest.mark.parametrize("case", [*ODD, REALISTIC[0], REALISTIC[1], REALISTIC[4]], ids=shown)
def test_on_whole_numbers_select_equals_the_reference_in_its_order(case):
    for dtype in DTYPES:
        inputs = operands(case, dtype, whole=True)
        doubles = [x.double() for x in inputs]
        for threshold in (0.5, torch.linspace(0.5, 0.9999, case.l, device="cuda")):
            expected = reference.select(Pairs(*doubles, *case.lengths), threshold)
            assert equal(triton.select(Pairs(*inputs, *case.lengths), threshold), expected), dtype


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 2e-2), (torch.bfloat16, 2e-2)])
@pytest.mark.parametrize("case", REALISTIC, ids=shown)
def test_row_max_errs_no_more_than_the_plain_expression_in_the_same_precision(case, dtype, tolerance):
    # the tolerance is for gradients: among 500 words rounding decides which of two near-equal maxima gets one
    inputs, upstream = operands(case, dtype), case.upstream(dtype, device="cuda")
    exact = reference_row_max(inputs, case, upstream)
    rows = torch.cat([torch.arange(a, a + n) for a, n, _, m in case.spans() if m]).cuda()
    found = with_gradients(lambda *x: triton.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
    naive = with_gradients(lambda *x: reference.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
    found[0], naive[0], exact[0] = found[0][rows], naive[0][rows], exact[0][rows]
    assert_no_worse(found[:1], naive[:1], exact[:1], 1e-6 if dtype == torch.float32 else 1e-3)
    assert_no_worse(found, naive, exact, tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 1e-2)])
@pytest.mark.parametrize("case", [*ODD, *REALISTIC], ids=shown)
def test_loss_errs_no_more_than_the_plain_expression_in_the_same_precision(case, dtype, tolerance):
    for weighted in (False, True):
        assert_loss_errs_no_more(case, dtype, tolerance, weighted)


def assert_loss_errs_no_more(case, dtype, tolerance, weighted):
    inputs, labels = operands(case, dtype), case.labels().to(torch.device("cuda"))
    importance = torch.linspace(0.1, 3, case.l, device="cuda") if weighted else None

    def of(module, operands, dtype):
        weights = importance if module is triton or importance is None else importance.to(dtype)
        return with_gradients(lambda *x: module.loss(Pairs(*x, *case.lengths), labels, weights), operands)

    if not any(n and m for n, m in zip(*case.lengths, strict=True)):
        assert triton.loss(Pairs(*inputs, *case.lengths), labels).item() == 0.0
        return
    exact = of(reference, [x.double() for x in inputs], torch.float64)
    found = of(triton, inputs, dtype)
    assert found[0].dtype == torch.float32
    assert_no_worse(found, of(reference, inputs, dtype), exact, tolerance)


@pytest.mark.parametrize(("dtype", "margin"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)])
def test_select_differs_from_the_reference_only_at_the_threshold_itself(dtype, margin):
    case = REALISTIC[0]
    inputs = operands(case, dtype)
    doubles = [x.double() for x in inputs]
    found = set(triples(triton.select(Pairs(*inputs, *case.lengths), 0.95)))
    assert found >= set(triples(reference.select(Pairs(*doubles, *case.lengths), 0.95 + margin)))
    assert found <= set(triples(reference.select(Pairs(*doubles, *case.lengths), 0.95 - margin)))
    assert len(found) > 1000


@pytest.mark.parametrize("places", [(1, 2), (3, 12), (7, 15), (31, 64)])
def test_a_tie_of_equal_words_goes_to_the_lower_place(places):
    b = torch.full((70, 100), -1.0, device="cuda")
    b[list(places)] = torch.rand(100, device="cuda") + 0.1
    b.requires_grad_()
    a, weight = torch.rand(9, 100, device="cuda"), torch.rand(40, 100, device="cuda")
    triton.row_max(Pairs(a, b, weight, torch.zeros(40, device="cuda"), [9], [70])).sum().backward()
    assert b.grad.abs().sum(1).nonzero().flatten().tolist() == [places[0]]


def test_values_repeat_bit_for_bit_and_so_do_gradients_that_no_atomics_gather():
    case = REALISTIC[0]
    inputs, none = operands(case, torch.float32), PairLabels.of([]).to(torch.device("cuda"))
    upstream = case.upstream(torch.float32, device="cuda")
    for operation, grad in (
        (lambda *x: triton.row_max(Pairs(*x, *case.lengths)), upstream),
        (lambda *x: triton.loss(Pairs(*x, *case.lengths), none), None),
    ):
        first, second = (with_gradients(operation, inputs, grad) for _ in range(2))
        for position in (0, 1, 3, 4):  # value, a, weight, bias; b is place 2
            assert torch.equal(first[position], second[position])
        torch.testing.assert_close(first[2], second[2])


def test_tf32_is_off_unless_it_is_asked_for():
    case = REALISTIC[1]
    inputs = operands(case, torch.float32)
    exact = reference.row_max(Pairs(*(x.double() for x in inputs), *case.lengths))
    full, short = (
        triton.row_max(Pairs(*inputs, *case.lengths), allow_tf32=allow).double() - exact for allow in (False, True)
    )
    assert full.abs().max() < 1e-5
    assert 1e-5 < short.abs().max() < 5e-2


def step(inputs, case, labels, upstream):
    """Forward and backward of what a training step computes."""
    for x in inputs:
        x.grad = None
    value = triton.row_max(Pairs(*inputs, *case.lengths))
    torch.autograd.backward([value, triton.loss(Pairs(*inputs, *case.lengths), labels)], [upstream, None])


def test_training_never_waits_for_the_device():
    case = REALISTIC[0]
    inputs = [x.requires_grad_() for x in operands(case, torch.float32)]
    labels, upstream = case.labels().to(torch.device("cuda")), case.upstream(torch.float32, device="cuda")
    step(inputs, case, labels, upstream)
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        step(inputs, case, labels, upstream)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert all(x.grad.isfinite().all() for x in inputs)


def test_batches_of_other_sizes_need_no_new_compilation():
    inputs = None
    for n in (16, 17, 33):
        case = Case((n, 2), (n, 2), 48, 20)
        inputs = [x.requires_grad_() for x in operands(case, torch.float32)]
        step(inputs, case, case.labels().to(torch.device("cuda")), case.upstream(torch.float32, device="cuda"))
        if n == 16:
            compiled = sum(len(cache[0]) for cache in triton._loss_kernel.device_caches.values())
    assert sum(len(cache[0]) for cache in triton._loss_kernel.device_caches.values()) == compiled


def peak(case):
    """Bytes that a training step and a selection take at most above what was there before."""
    inputs = [x.requires_grad_() for x in operands(case, torch.float32)]
    labels, upstream = case.labels().to(torch.device("cuda")), case.upstream(torch.float32, device="cuda")
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    step(inputs, case, labels, upstream)
    triton.select(Pairs(*inputs, *case.lengths), 0.999999)
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def test_memory_grows_with_length_and_not_with_its_square():
    small, middle, large = (peak(Case((n,), (n,), 100, 64)) for n in (1024, 2048, 4096))
    assert large - middle <= 3 * max(middle - small, 2**20)
    assert large < 4096 * 4096 * 64 * 4 / 20


def test_kernels_run_on_the_device_of_their_operands():
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two devices")
    case = ODD[3]
    inputs = case.operands(torch.float32, device="cuda:1")
    upstream = case.upstream(torch.float32, device="cuda:1")
    found = with_gradients(lambda *x: triton.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
    for x, y in zip(found, reference_row_max(inputs, case, upstream), strict=True):
        torch.testing.assert_close(x.double(), y, rtol=1e-4, atol=1e-4)
