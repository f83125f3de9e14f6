"""The fused kernels against the reference, on odd shapes, forward and backward, in Triton's CPU interpreter.

On a machine with a GPU the kernels are compiled, and tests/gpu compares them there. `Case` and the comparisons serve both.
The interpreter multiplies no bfloat16 matrices, so half precision stands for 16 bits here.
"""

import importlib
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.errors import MissingExtraError
from relknit.ops.pair_scores import reference
from relknit.ops.pair_scores.types import PairLabels, Pairs

if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")  # read when functions are declared, so before triton is imported
pytest.importorskip("triton")

from relknit.ops.pair_scores import triton

on_cpu = pytest.mark.skipif(torch.cuda.is_available(), reason="compiled kernels take no CPU tensors: see tests/gpu")
pytestmark = on_cpu


@dataclass(frozen=True)
class Case:
    """A ragged batch: lengths of first and second arguments per sentence, hidden size, number of relations."""

    a_lengths: tuple[int, ...]
    b_lengths: tuple[int, ...]
    d: int
    l: int

    @property
    def lengths(self):
        return self.a_lengths, self.b_lengths

    def operands(self, dtype, *, whole=False, seed=0, device="cpu"):
        """a, b, weight, bias: normal, or whole numbers so small that every sum of products is exact, with many ties."""
        g = torch.Generator().manual_seed(seed)

        def make(*shape, scale=1.0, span=2):
            if whole:
                return torch.randint(-span, span + 1, shape, generator=g).to(device, dtype)
            return (torch.randn(*shape, generator=g, dtype=torch.float64) * scale).to(device, dtype)

        a, b = make(sum(self.a_lengths), self.d), make(sum(self.b_lengths), self.d)
        return a, b, make(self.l, self.d, scale=self.d**-0.5, span=1), make(self.l, span=3)

    def spans(self):
        """(first row of a, n, first row of b, m) of every sentence."""
        a = b = 0
        for n, m in zip(*self.lengths, strict=True):
            yield a, n, b, m
            a, b = a + n, b + m

    def labels(self, seed=0, count=4):
        """Up to `count` gold triples in every sentence that has pairs."""
        rng = np.random.default_rng(seed)
        return PairLabels.of(
            [
                (a + int(rng.integers(n)), b + int(rng.integers(m)), int(rng.integers(self.l)))
                for a, n, b, m in self.spans()
                for _ in range(count if n and m else 0)
            ]
        )

    def upstream(self, dtype, *, whole=False, seed=7, device="cpu"):
        """A gradient of row_max, 0 where a sentence has no second arguments and the maximum is -inf."""
        g = torch.Generator().manual_seed(seed)
        grad = torch.randn(sum(self.a_lengths), self.l, generator=g, dtype=torch.float64)
        if whole:
            grad = torch.randint(-2, 3, grad.shape, generator=g).double()
        for a, n, _, m in self.spans():
            if m == 0:
                grad[a : a + n] = 0
        return grad.to(device, dtype)


ODD = [
    Case((1,), (1,), 1, 1),
    Case((2, 1, 3), (2, 1, 3), 3, 5),
    Case((0, 2, 0), (3, 0, 0), 3, 2),
    Case((3, 0, 9, 2), (5, 4, 17, 0), 100, 24),
    Case((17,), (33,), 16, 5),
    Case((33,), (2,), 3, 1),
    Case((2, 1), (9, 1), 16, 170),
    Case((9,), (5,), 140, 34),
]


def with_gradients(operation, inputs, upstream=None):
    """Value and gradients of a, b, weight, bias."""
    inputs = [x.detach().clone().requires_grad_() for x in inputs]
    value = operation(*inputs)
    value.backward(upstream)
    return [value.detach(), *(x.grad for x in inputs)]


def reference_row_max(inputs, case, upstream):
    """As with_gradients, in float64; rows of a sentence without second arguments are constants for autograd."""

    def operation(*x):
        value = reference.row_max(Pairs(*x, *case.lengths))
        return value if value.requires_grad else value + 0 * sum(y.sum() for y in x)

    if not case.a_lengths:
        return [x.double() for x in (upstream, *(torch.zeros_like(y) for y in inputs))]
    return with_gradients(operation, [x.double() for x in inputs], upstream.double())


def triples(found):
    return list(zip(found.head.tolist(), found.tail.tolist(), found.relation.tolist(), strict=True))


def assert_all_close(found, expected, **tolerance):
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(x.double(), torch.zeros_like(x).double() if y is None else y.double(), **tolerance)


TIGHT = {"rtol": 2e-5, "atol": 2e-5}


def test_the_kernels_of_these_tests_are_interpreted():
    assert type(triton._loss_kernel).__name__ == "InterpretedFunction"


@pytest.mark.parametrize("case", ODD, ids=str)
def test_row_max_and_its_gradients_equal_the_reference(case):
    inputs, upstream = case.operands(torch.float32), case.upstream(torch.float32)
    found = with_gradients(lambda *x: triton.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
    assert_all_close(found, reference_row_max(inputs, case, upstream), **TIGHT)


@pytest.mark.parametrize("case", ODD, ids=str)
def test_loss_and_its_gradients_equal_the_reference(case):
    inputs, hard = case.operands(torch.float32), case.labels()
    doubles = [x.double() for x in inputs]
    soft = replace(hard, probability=torch.linspace(0.1, 0.9, len(hard)))
    for labels, weights in product((hard, soft), (None, torch.linspace(0.1, 3, case.l))):
        exact = None if weights is None else weights.double()

        def of(operation, *x, y=labels, w=weights):
            return operation(Pairs(*x, *case.lengths), y, w) * 0.37

        found = with_gradients(partial(of, triton.loss), inputs)
        expected = with_gradients(partial(of, reference.loss, w=exact), doubles)
        assert_all_close(found, expected, **TIGHT)


@pytest.mark.parametrize("case", ODD, ids=str)
def test_select_equals_the_reference_in_its_order(case):
    inputs = case.operands(torch.float32)
    for cut in (0.6, torch.linspace(0.4, 0.9, case.l)):
        expected = reference.select(Pairs(*(x.double() for x in inputs), *case.lengths), cut)
        found = triton.select(Pairs(*inputs, *case.lengths), cut)
        assert triples(found) == triples(expected)
        torch.testing.assert_close(found.probability.double(), expected.probability, rtol=1e-5, atol=1e-6)


EXACT = [Case((3, 10), (12, 9), 4, 3), Case((2, 0, 5), (17, 3, 1), 20, 18)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("case", EXACT, ids=str)
def test_on_whole_numbers_full_of_ties_row_max_equals_the_reference_bit_for_bit(case, dtype):
    inputs, upstream = case.operands(dtype, whole=True), case.upstream(dtype, whole=True)
    found = with_gradients(lambda *x: triton.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
    expected = reference_row_max(inputs, case, upstream)
    assert [x.dtype for x in found] == [dtype] * 5
    assert all(torch.equal(x, y.to(dtype)) for x, y in zip(found, expected, strict=True))


@pytest.mark.parametrize("case", EXACT, ids=str)
def test_on_whole_numbers_a_logit_at_the_threshold_is_selected(case):
    inputs = case.operands(torch.float32, whole=True)
    expected = reference.select(Pairs(*(x.double() for x in inputs), *case.lengths), 0.5)
    assert (expected.probability == 0.5).any()
    assert triples(triton.select(Pairs(*inputs, *case.lengths), 0.5)) == triples(expected)


lengths = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=3)


@settings(max_examples=12, deadline=None)
@given(lengths, st.integers(1, 20), st.integers(1, 18), st.integers(0, 2**20))
def test_any_ragged_batch_of_whole_numbers_equals_the_reference(pairs, d, l, seed):
    case = Case(tuple(n for n, _ in pairs), tuple(m for _, m in pairs), d, l)
    inputs = case.operands(torch.float32, whole=True, seed=seed)
    upstream = case.upstream(torch.float32, whole=True, seed=seed)
    found = with_gradients(lambda *x: triton.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
    expected = reference_row_max(inputs, case, upstream)
    assert_all_close(found, expected, rtol=0, atol=0)
    chosen = reference.select(Pairs(*(x.double() for x in inputs), *case.lengths), 0.9)
    assert triples(triton.select(Pairs(*inputs, *case.lengths), 0.9)) == triples(chosen)


@pytest.mark.parametrize("length", [5, 8, 21])
def test_on_a_tie_the_lowest_second_argument_takes_the_whole_gradient(length):
    # whole numbers: the matrix product behind the interpreter rounds equal rows differently, a GPU's does not
    a, weight = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 1.0]]), torch.tensor([[1.0, 2.0, 1.0], [3.0, 1.0, 2.0]])
    b = torch.ones(length, 3, requires_grad=True)
    triton.row_max(Pairs(a, b, weight, torch.zeros(2), [2], [length])).sum().backward()
    assert b.grad[0].abs().min() > 0
    assert b.grad[1:].abs().max() == 0


@pytest.mark.parametrize("places", [(1, 2), (3, 12), (9, 10), (7, 15), (15, 16)])
def test_a_tie_goes_to_the_lower_place_within_and_across_tiles(places):
    b = torch.full((20, 1), 0.5)
    b[list(places)] = 2.0
    b.requires_grad_()
    triton.row_max(Pairs(torch.zeros(1, 1), b, torch.ones(1, 1), torch.zeros(1), [1], [20])).backward()
    assert b.grad.nonzero().tolist() == [[places[0], 0]]


def test_sentences_without_second_arguments_have_no_maximum_and_no_gradient():
    case = Case((2, 3), (0, 4), 5, 3)
    inputs = [x.requires_grad_() for x in case.operands(torch.float32)]
    value = triton.row_max(Pairs(*inputs, *case.lengths))
    assert value[:2].eq(-torch.inf).all()
    assert value[2:].isfinite().all()
    value.backward(torch.ones_like(value))
    assert inputs[0].grad[:2].eq(0).all()
    assert inputs[3].grad.tolist() == [3.0, 3.0, 3.0]


@pytest.mark.parametrize("case", [Case((), (), 3, 2), Case((0, 0), (0, 2), 3, 2), Case((2,), (3,), 4, 0)], ids=str)
def test_batches_without_pairs_or_relations_cost_nothing_and_find_nothing(case):
    inputs = case.operands(torch.float32)
    found = with_gradients(lambda *x: triton.loss(Pairs(*x, *case.lengths), PairLabels.of([])), inputs)
    assert all(x.eq(0).all() for x in found)
    upstream = torch.ones(sum(case.a_lengths), case.l)
    value, *grads = with_gradients(lambda *x: triton.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
    assert value.shape == upstream.shape
    assert all(x.eq(0).all() for x in grads)
    assert triples(triton.select(Pairs(*inputs, *case.lengths), 0.5)) == []


def test_select_finds_everything_at_zero_and_nothing_at_one():
    case = Case((3, 1), (2, 9), 3, 4)
    inputs = case.operands(torch.float32)
    every = [
        (i, j, t) for a, n, b, m in case.spans() for i in range(a, a + n) for j in range(b, b + m) for t in range(4)
    ]
    assert triples(triton.select(Pairs(*inputs, *case.lengths), 0.0)) == every
    assert triples(triton.select(Pairs(*inputs, *case.lengths), 1.0)) == []


def errors(found, exact):
    """Relative error of each tensor, in the norm that one flipped maximum among many doesn't dominate."""
    return [((x.double() - y).norm() / y.norm().clamp(min=1e-30)).item() for x, y in zip(found, exact, strict=True)]


def assert_no_worse(found, naive, exact, tolerance):
    for ours, theirs in zip(errors(found, exact), errors(naive, exact), strict=True):
        assert ours <= theirs + tolerance


PRECISE = [(torch.float32, 1e-6), (torch.float16, 2e-3)]


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISE)
def test_errors_are_no_larger_than_those_of_the_plain_expression_in_the_same_precision(dtype, tolerance):
    case = Case((7, 12), (12, 6), 50, 20)
    inputs, labels, upstream = case.operands(dtype), case.labels(), case.upstream(dtype)
    doubles = [x.double() for x in inputs]

    def losses(module, x):
        return with_gradients(lambda *y: module.loss(Pairs(*y, *case.lengths), labels), x)

    assert_no_worse(losses(triton, inputs), losses(reference, inputs), losses(reference, doubles), tolerance)
    found = with_gradients(lambda *x: triton.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
    naive = with_gradients(lambda *x: reference.row_max(Pairs(*x, *case.lengths)), inputs, upstream)
    assert_no_worse(found, naive, reference_row_max(inputs, case, upstream), tolerance)


@pytest.mark.parametrize("shift", [-60.0, -16.0, -9.0, 0.0, 12.0, 60.0, 200.0])
def test_the_loss_of_large_and_of_tiny_probabilities_is_as_exact_as_single_precision(shift):
    case = Case((4,), (4,), 3, 2)
    a, b, weight, _ = case.operands(torch.float32)
    bias = torch.tensor([shift, shift / 2])
    none = PairLabels.of([])
    exact = reference.loss(Pairs(*(x.double() for x in (a, b, weight, bias)), *case.lengths), none)
    assert triton.loss(Pairs(a, b, weight, bias, *case.lengths), none).item() == pytest.approx(exact.item(), rel=1e-6)


@pytest.mark.filterwarnings("ignore:All-NaN slice:RuntimeWarning")  # the interpreter's maximum, whose NaN is replaced
def test_a_missing_number_is_passed_on_and_not_hidden():
    case = Case((3,), (30,), 4, 2)
    a, b, weight, bias = case.operands(torch.float32)
    b[7, 1] = torch.nan
    assert triton.row_max(Pairs(a, b, weight, bias, *case.lengths)).isnan().all()
    assert triton.loss(Pairs(a, b, weight, bias, *case.lengths), PairLabels.of([])).isnan()
    a[1] = torch.nan
    value, da, *_ = with_gradients(
        lambda *x: triton.row_max(Pairs(*x, *case.lengths))[1:2],
        (a, b[:1].repeat(30, 1), weight, bias),
        torch.ones(1, 2),
    )
    assert value.isnan().all()
    assert da[0].eq(0).all()


def test_weight_and_bias_may_stay_in_single_precision_beside_half():
    case = Case((3,), (9,), 20, 4)
    a, b, weight, bias = case.operands(torch.float32)
    inputs = (a.half(), b.half(), weight, bias)
    found = with_gradients(lambda *x: triton.loss(Pairs(*x, *case.lengths), case.labels()), inputs)
    assert [x.dtype for x in found] == [torch.float32, torch.float16, torch.float16, torch.float32, torch.float32]
    rounded = [x.half().double() for x in (a, b, weight)] + [bias.double()]
    expected = with_gradients(lambda *x: reference.loss(Pairs(*x, *case.lengths), case.labels()), rounded)
    assert_all_close(found, expected, rtol=5e-3, atol=5e-3)


def test_without_gradients_the_values_are_the_same_and_nothing_is_recorded():
    case = Case((5, 9), (9, 5), 10, 6)
    inputs, labels = case.operands(torch.float32), case.labels()
    kept = [x.clone().requires_grad_() for x in inputs]
    assert not triton.row_max(Pairs(*inputs, *case.lengths)).requires_grad
    assert torch.equal(triton.row_max(Pairs(*inputs, *case.lengths)), triton.row_max(Pairs(*kept, *case.lengths)))
    with torch.no_grad():
        silent = triton.loss(Pairs(*kept, *case.lengths), labels)
    assert not silent.requires_grad
    torch.testing.assert_close(silent, triton.loss(Pairs(*kept, *case.lengths), labels).detach())


def test_operands_may_be_views_with_strides():
    case = Case((3, 2), (4, 5), 6, 3)
    inputs = case.operands(torch.float32)
    strided = [torch.stack([x, x], dim=-1)[..., 1] for x in inputs]
    assert not strided[0].is_contiguous()
    assert torch.equal(triton.row_max(Pairs(*strided, *case.lengths)), triton.row_max(Pairs(*inputs, *case.lengths)))
    labels = case.labels()
    one, other = Pairs(*strided, *case.lengths), Pairs(*inputs, *case.lengths)
    assert torch.equal(triton.loss(one, labels), triton.loss(other, labels))
    assert triples(triton.select(one, 0.6)) == triples(triton.select(other, 0.6))


def test_a_sentence_scores_the_same_alone_and_in_a_batch():
    case = Case((6, 11, 3), (6, 11, 3), 8, 5)
    a, b, weight, bias = case.operands(torch.float32)
    together = triton.row_max(Pairs(a, b, weight, bias, *case.lengths))
    alone = [
        triton.row_max(Pairs(x, y, weight, bias, [len(x)], [len(y)]))
        for x, y in zip(a.split(case.a_lengths), b.split(case.b_lengths), strict=True)
    ]
    assert torch.equal(together, torch.cat(alone))


def test_gradients_of_gradients_are_refused():
    case = Case((2,), (2,), 3, 2)
    inputs = [x.requires_grad_() for x in case.operands(torch.float32)]
    (grad,) = torch.autograd.grad(
        triton.row_max(Pairs(*inputs, *case.lengths)).square().sum(), inputs[0], create_graph=True
    )
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.sum().backward()


@pytest.mark.parametrize("change", [lambda x: [y.double() for y in x], lambda x: [x[0].half(), *x[1:]]])
def test_operands_of_other_or_mixed_precision_are_refused_by_name(change):
    case = Case((2,), (2,), 3, 2)
    with pytest.raises(ValueError, match="float32, bfloat16 or float16"):
        triton.row_max(Pairs(*change(case.operands(torch.float32)), *case.lengths))


@pytest.mark.parametrize(("a_lengths", "b_lengths"), [((2, 1), (2, 1)), ((2,), (3,)), ((2,), (1, 1))])
def test_lengths_that_do_not_sum_to_the_rows_are_refused_before_anything_is_read(a_lengths, b_lengths):
    inputs = Case((2,), (2,), 3, 2).operands(torch.float32)
    for operation in (triton.row_max, lambda x: triton.loss(x, PairLabels.of([])), lambda x: triton.select(x, 0.5)):
        with pytest.raises(ValueError, match="one length per sentence"):
            operation(Pairs(*inputs, a_lengths, b_lengths))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6))
def test_jobs_cover_every_first_argument_once_beside_all_its_second_arguments(pairs):
    case = Case(tuple(n for n, _ in pairs), tuple(m for _, m in pairs), 1, 1)
    jobs = triton._jobs(*case.lengths, 8)
    expected = {i: (b, b + m) for a, n, b, m in case.spans() for i in range(a, a + n)}
    covered = [(i, (b_start, b_end)) for a, end, b_start, b_end in jobs.tolist() for i in range(a, end)]
    assert sorted(covered) == sorted(expected.items())
    assert all(end - start <= 8 for start, end, _, _ in jobs.tolist())
    widths = [b_end - b_start for _, _, b_start, b_end in jobs.tolist()]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize("dtype", triton.DTYPES)
@given(st.integers(0, 5000), st.integers(0, 5000))
def test_tiles_are_powers_of_two_that_matrix_units_take_and_memory_holds(dtype, gradient, d, l):
    tiles = triton.tile_sizes(d, l, dtype, gradient=gradient)
    sides = (tiles.rows * tiles.columns, tiles.relations, tiles.hidden, tiles.part)
    assert all(side >= 16 and side & (side - 1) == 0 for side in (*sides, 16 * tiles.rows, 16 * tiles.columns))
    size = torch.empty(0, dtype=dtype).element_size()
    pairs = tiles.rows * tiles.columns
    held = pairs * tiles.relations + (pairs + tiles.relations) * (tiles.part if gradient else 2 * tiles.hidden)
    assert held * size <= 100 * 1024


def test_without_triton_the_import_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "triton", None)
    monkeypatch.delitem(sys.modules, "relknit.ops.pair_scores.triton")
    with pytest.raises(MissingExtraError, match=r"pip install 'relknit\[triton\]'"):
        importlib.import_module("relknit.ops.pair_scores.triton")


COMPILE = """
    import dataclasses, sys, torch
    from triton import compile
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource
    from relknit.ops.pair_scores import triton

    name, d, l = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    dtype = getattr(torch, name)
    short = {"float32": "*fp32", "bfloat16": "*bf16"}[name]
    types = dict.fromkeys(("a", "b", "weight", "bias", "highest", "grad"), short) | {"jobs": "*i32", "best": "*i32"}
    types |= dict.fromkeys(("da", "db", "dw", "dbias", "importance", "value", "cut", "probability"), "*fp32")
    types |= {"counts": "*i32", "rooms": "*i64", "keys": "*i64"} | dict.fromkeys(("a_rows", "b_rows", "num_jobs"), "i32")
    for kernel, gradient in (("row_max", 0), ("row_max_grad", 0), ("loss", 0), ("loss", 1), ("select", 0)):
        tiles = dataclasses.asdict(triton.tile_sizes(d, l, dtype, gradient=bool(gradient)))
        constants = {key.upper(): size for key, size in tiles.items()}
        constants |= {"D": d, "L": l, "KEEP": bool(gradient) or kernel != "loss", "PRECISION": "ieee"}
        if kernel == "row_max_grad":
            constants["RELATIONS"] = min(32, constants["RELATIONS"])
        function = getattr(triton, f"_{kernel}_kernel")
        names = function.arg_names
        signature = {x: "constexpr" if x in constants else types[x] for x in names}
        fixed = {(names.index(x),): y for x, y in constants.items() if x in names}
        aligned = {(names.index(x),): [["tt.divisibility", 16]] for x in names if signature[x][0] == "*"}
        source = ASTSource(function, signature, constexprs=fixed, attrs=aligned)
        stages = 1 if kernel == "loss" else 2
        options = {"num_warps": triton.WARPS, "num_stages": stages}
        built = compile(source, target=GPUTarget("cuda", 90, 32), options=options)
        assert built.asm["cubin"]
        print(kernel, built.metadata.shared)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("d", "l"), [(100, 170), (3, 1), (300, 24)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_every_kernel_compiles_for_a_hopper_gpu_within_its_shared_memory(dtype, d, l, tmp_path):
    environment = os.environ | {"TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", textwrap.dedent(COMPILE), dtype, str(d), str(l)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    built = [line.split() for line in done.stdout.splitlines()]
    assert [kernel for kernel, _ in built] == ["row_max", "row_max_grad", "loss", "loss", "select"]
    assert max(int(size) for _, size in built) <= 100 * 1024
