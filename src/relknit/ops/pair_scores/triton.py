"""The pair operations on a GPU: fused Triton kernels that never hold a tensor of all pairs.

Same results as `reference` (and the same tie rule), in float32, bfloat16 or float16 with float32 accumulation. The host
cuts a ragged batch into jobs, a few heads of one sentence each; a job builds m = relu(a_i + b_j) of a tile of
pairs in registers, multiplies it with a tile of the relations and moves on along j. Memory grows with n·l and n·d.
`row_max` and `loss`, forward and backward, never wait for the device; `select` waits once, to learn its size.

Reproducibility: everything is summed in a fixed order but for the gradient of b, which float32 atomics gather, and the
few gold rows of `loss`, which `index_add_` does: runs may differ in the last bits of these gradients, never in a value.
"""
# mypy: allow-untyped-decorators

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from relknit.errors import MissingExtraError
from relknit.ops.pair_scores.types import PairLabels, Pairs, SelectedPairs, threshold_logits

try:
    import triton
    import triton.language as tl
except ImportError as error:
    raise MissingExtraError("the fused pair operations need triton: pip install 'relknit[triton]'") from error

DTYPES: Final = (torch.float32, torch.bfloat16, torch.float16)
WARPS: Final = 8  # with fewer, the accumulators of a tile don't fit the registers of a thread


@dataclass(frozen=True, slots=True)
class Tiles:
    """Sizes of what one program holds at a time, powers of two; every side of a product is at least 16."""

    rows: int  # heads
    columns: int  # tails; rows x columns pairs are one side of the products
    relations: int
    hidden: int  # part of d that the logits sum over in one step
    part: int  # part of d whose gradient a program has


def tile_sizes(hidden_dim: int, num_relations: int, dtype: torch.dtype, *, gradient: bool = False) -> Tiles:
    """Tiles of `row_max` and `select`, and of `loss`, which has to hold much more for its gradient.

    Nearly square tiles of 32 or 64 pairs waste little of a sentence of 20 words and cut a batch of 50 into hundreds of
    jobs for the 132 multiprocessors of an H100; in 16 bits, 64 pairs or relations fill its widest matrix instruction.
    Float32 runs on the ordinary units, whose operands take registers in proportion to what a product sums over: hence
    its small steps. For sm_90 at d = 100, l = 170 a program takes at most 96 KB of shared memory (float32: 36 KB).
    """
    single = dtype == torch.float32
    wide = triton.next_power_of_2(max(hidden_dim, 16))
    return Tiles(
        rows=8,
        columns=4 if gradient else 8,
        relations=min(32 if single and gradient else 64, triton.next_power_of_2(max(num_relations, 16))),
        hidden=min(16 if single else 64 if gradient else 128, wide),
        part=min(128, wide),
    )


@triton.jit
def _job(jobs: tl.tensor, number: tl.tensor) -> tl.tensor:
    """a_start, a_end, b_start, b_end; the starts in 64 bits, because all offsets into tensors come from them."""
    at = jobs + 4 * number
    return tl.load(at).to(tl.int64), tl.load(at + 1), tl.load(at + 2).to(tl.int64), tl.load(at + 3)


@triton.jit
def _hidden(
    a: tl.tensor, b: tl.tensor, i: tl.tensor, j: tl.tensor, real: tl.tensor, k: tl.tensor, D: tl.constexpr
) -> tl.tensor:
    """m = relu(a_i + b_j), (pairs, k), float32; 0 where a pair is not real or k is beyond D."""
    mask = real[:, None] & (k < D)[None, :]
    x = tl.load(a + i[:, None] * D + k[None, :], mask=mask, other=0.0).to(tl.float32)
    y = tl.load(b + j[:, None] * D + k[None, :], mask=mask, other=0.0).to(tl.float32)
    return tl.maximum(x + y, 0.0, propagate_nan=tl.PropagateNan.ALL)


@triton.jit
def _products(
    a: tl.tensor, b: tl.tensor, weight: tl.tensor, i: tl.tensor, j: tl.tensor, real: tl.tensor, t: tl.tensor,
    D: tl.constexpr, L: tl.constexpr, HIDDEN: tl.constexpr, PRECISION: tl.constexpr,
) -> tl.tensor:  # fmt: skip
    """W m, (pairs, relations), float32: logits without their bias."""
    dtype = a.dtype.element_ty
    total = tl.zeros((i.shape[0], t.shape[0]), tl.float32)
    for start in range(0, D, HIDDEN):
        k = start + tl.arange(0, HIDDEN)
        m = _hidden(a, b, i, j, real, k, D)
        w = tl.load(weight + t[None, :] * D + k[:, None], mask=(t < L)[None, :] & (k < D)[:, None], other=0.0)
        total = tl.dot(m.to(dtype), w.to(dtype), total, input_precision=PRECISION)
    return total


@triton.jit
def _row_max_kernel(
    a: tl.tensor, b: tl.tensor, weight: tl.tensor, bias: tl.tensor, jobs: tl.tensor, highest: tl.tensor, best: tl.tensor,
    D: tl.constexpr, L: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, RELATIONS: tl.constexpr,
    HIDDEN: tl.constexpr, KEEP: tl.constexpr, PRECISION: tl.constexpr,
) -> None:  # fmt: skip
    """Every pair of a tile keeps its own maximum over the steps along j; the columns are compared once, at the end."""
    a_start, a_end, b_start, b_end = _job(jobs, tl.program_id(0))
    t = tl.program_id(1) * RELATIONS + tl.arange(0, RELATIONS)
    pair = tl.arange(0, ROWS * COLUMNS)
    i, first_j = a_start + pair // COLUMNS, b_start + pair % COLUMNS
    top = tl.full((ROWS * COLUMNS, RELATIONS), float("-inf"), tl.float32)
    place = tl.zeros((ROWS * COLUMNS, RELATIONS), tl.int32) + first_j.to(tl.int32)[:, None]
    for step in range(0, (b_end - b_start).to(tl.int32), COLUMNS):
        j = first_j + step
        real = (i < a_end) & (j < b_end)
        x = _products(a, b, weight, i, j, real, t, D, L, HIDDEN, PRECISION)
        x = tl.where(real[:, None], x, float("-inf"))
        wins = (x > top) | (x != x)  # a tie stays with the lower j; a NaN wins, and nothing is greater
        top = tl.where(wins, x, top)
        place = tl.where(wins, j.to(tl.int32)[:, None], place)
    top = tl.reshape(top, (ROWS, COLUMNS, RELATIONS))
    value = tl.where(tl.max((top != top).to(tl.int32), axis=1) > 0, float("nan"), tl.max(top, axis=1))
    # the bias is the same for every j: adding it last rounds once, and orders equal sums as exact numbers would be
    shift = tl.load(bias + t, mask=t < L, other=0.0).to(tl.float32)
    shifted = tl.where(b_end > b_start, value + shift[None, :], float("-inf"))
    row = a_start + tl.arange(0, ROWS)
    mask = (row < a_end)[:, None] & (t < L)[None, :]
    tl.store(highest + row[:, None] * L + t[None, :], shifted, mask=mask)
    if KEEP:
        ties = (top == value[:, None, :]) | (top != top)
        lowest = tl.min(tl.where(ties, tl.reshape(place, (ROWS, COLUMNS, RELATIONS)), 2147483647), axis=1)
        lowest = tl.where(b_end > b_start, lowest, -1)
        tl.store(best + row[:, None] * L + t[None, :], lowest, mask=mask)


@triton.jit(do_not_specialize=["a_rows"])  # sizes of a batch: one compilation for all
def _row_max_grad_kernel(
    a: tl.tensor, b: tl.tensor, weight: tl.tensor, grad: tl.tensor, best: tl.tensor,
    da: tl.tensor, db: tl.tensor, dw: tl.tensor, dbias: tl.tensor, a_rows: tl.tensor,
    D: tl.constexpr, L: tl.constexpr, RELATIONS: tl.constexpr, PART: tl.constexpr,
) -> None:  # fmt: skip
    """Persistent: a program takes every so many rows and sums its dW and dbias in registers; n·l·d work in all."""
    t = tl.program_id(1) * RELATIONS + tl.arange(0, RELATIONS)
    k = tl.program_id(2) * PART + tl.arange(0, PART)
    inside = (t < L)[:, None] & (k < D)[None, :]
    w = tl.load(weight + t[:, None] * D + k[None, :], mask=inside, other=0.0).to(tl.float32)
    dw_sum, dbias_sum = tl.zeros((RELATIONS, PART), tl.float32), tl.zeros((RELATIONS,), tl.float32)
    for start in range(tl.program_id(0), a_rows, tl.num_programs(0)):
        i = tl.cast(start, tl.int64)
        j = tl.load(best + i * L + t, mask=t < L, other=-1).to(tl.int64)
        g = tl.load(grad + i * L + t, mask=j >= 0, other=0.0).to(tl.float32)
        mask = inside & (j >= 0)[:, None]
        x = tl.load(a + i * D + k, mask=k < D, other=0.0).to(tl.float32)
        y = tl.load(b + j[:, None] * D + k[None, :], mask=mask, other=0.0).to(tl.float32)
        m = tl.maximum(x[None, :] + y, 0.0, propagate_nan=tl.PropagateNan.ALL)
        dw_sum += g[:, None] * m
        dbias_sum += g
        dm = tl.where(m <= 0.0, 0.0, g[:, None] * w)
        tl.store(da + (tl.program_id(1) * a_rows + i) * D + k, tl.sum(dm, axis=0), mask=k < D)
        tl.atomic_add(db + j[:, None] * D + k[None, :], dm, mask=mask & (dm != 0.0), sem="relaxed")
    base = tl.program_id(0).to(tl.int64) * L
    tl.store(dw + (base + t)[:, None] * D + k[None, :], dw_sum, mask=inside)
    tl.store(dbias + base + t, dbias_sum, mask=t + tl.program_id(2) * L < L)  # once: for the first part of d


@triton.jit
def _cross_entropy(x: tl.tensor, mask: tl.tensor) -> tl.tensor:
    """softplus(x) and its slope σ(x), both 0 outside the mask: the cost of calling every pair a negative.

    log1p(e) by the series of 2 artanh(z), z = e / (2 + e) ≤ 1/3: log(1 + e) would lose the many small e.
    """
    e = tl.exp(-tl.abs(x))
    z = e / (2.0 + e)
    s = z * z
    series = 1.0 + s * (1 / 3 + s * (1 / 5 + s * (1 / 7 + s * (1 / 9 + s * (1 / 11 + s * (1 / 13))))))
    value = tl.maximum(x, 0.0, propagate_nan=tl.PropagateNan.ALL) + 2.0 * z * series
    slope = tl.where(x >= 0.0, 1.0, e) / (1.0 + e)
    return tl.where(mask, value, 0.0), tl.where(mask, slope, 0.0)


@triton.jit(do_not_specialize=["num_jobs", "a_rows"])  # sizes of a batch: one compilation for all
def _loss_kernel(
    a: tl.tensor, b: tl.tensor, weight: tl.tensor, bias: tl.tensor, importance: tl.tensor,
    jobs: tl.tensor, num_jobs: tl.tensor, value: tl.tensor, da: tl.tensor, db: tl.tensor, dw: tl.tensor,
    dbias: tl.tensor, a_rows: tl.tensor,
    D: tl.constexpr, L: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, RELATIONS: tl.constexpr,
    HIDDEN: tl.constexpr, PART: tl.constexpr, KEEP: tl.constexpr, PRECISION: tl.constexpr,
) -> None:  # fmt: skip
    """Persistent: a program takes every so many jobs for one tile of relations and one part of d.

    It sums value, dbias and its part of dW in registers, and da of a job; parts after the first repeat the logits.
    """
    dtype = a.dtype.element_ty
    t = tl.program_id(1) * RELATIONS + tl.arange(0, RELATIONS)
    k = tl.program_id(2) * PART + tl.arange(0, PART)
    inside = (t < L)[:, None] & (k < D)[None, :]
    shift = tl.load(bias + t, mask=t < L, other=0.0).to(tl.float32)
    factor = tl.load(importance + t, mask=t < L, other=0.0)
    pair, row, column = tl.arange(0, ROWS * COLUMNS), tl.arange(0, ROWS), tl.arange(0, COLUMNS)
    value_sum, dbias_sum = tl.zeros((RELATIONS,), tl.float32), tl.zeros((RELATIONS,), tl.float32)
    dw_sum = tl.zeros((RELATIONS, PART), tl.float32)
    for number in range(tl.program_id(0), num_jobs, tl.num_programs(0)):
        a_start, a_end, b_start, b_end = _job(jobs, number)
        i = a_start + pair // COLUMNS
        da_sum = tl.zeros((ROWS, PART), tl.float32)
        for step in range(0, (b_end - b_start).to(tl.int32), COLUMNS):
            j = b_start + step + pair % COLUMNS
            real = (i < a_end) & (j < b_end)
            x = _products(a, b, weight, i, j, real, t, D, L, HIDDEN, PRECISION) + shift[None, :]
            cost, slope = _cross_entropy(x, real[:, None] & (t < L)[None, :])
            value_sum += tl.sum(cost, axis=0)
            if KEEP:
                slope = slope * factor[None, :]
                dbias_sum += tl.sum(slope, axis=0)
                m = _hidden(a, b, i, j, real, k, D)
                w = tl.load(weight + t[:, None] * D + k[None, :], mask=inside, other=0.0).to(dtype)
                dw_sum = tl.dot(tl.trans(slope.to(dtype)), m.to(dtype), dw_sum, input_precision=PRECISION)
                dm = tl.where(m <= 0.0, 0.0, tl.dot(slope.to(dtype), w, input_precision=PRECISION))
                dm = tl.reshape(dm, (ROWS, COLUMNS, PART))
                da_sum += tl.sum(dm, axis=1)
                to = b_start + step + column
                target = db + to[:, None] * D + k[None, :]
                tl.atomic_add(target, tl.sum(dm, axis=0), mask=(to < b_end)[:, None] & (k < D)[None, :], sem="relaxed")
        if KEEP:
            source = tl.program_id(1) * a_rows + a_start + row
            mask = (a_start + row < a_end)[:, None] & (k < D)[None, :]
            tl.store(da + source[:, None] * D + k[None, :], da_sum, mask=mask)
    base = tl.program_id(0).to(tl.int64) * L
    once = t + tl.program_id(2) * L < L  # for the first part of d
    tl.store(value + base + t, value_sum * factor, mask=once)
    if KEEP:
        tl.store(dbias + base + t, dbias_sum, mask=once)
        tl.store(dw + (base + t)[:, None] * D + k[None, :], dw_sum, mask=inside)


@triton.jit(do_not_specialize=["b_rows"])  # sizes of a batch: one compilation for all
def _select_kernel(
    a: tl.tensor, b: tl.tensor, weight: tl.tensor, bias: tl.tensor, threshold: tl.tensor, jobs: tl.tensor, rooms: tl.tensor,
    counts: tl.tensor, keys: tl.tensor, probability: tl.tensor, b_rows: tl.tensor,
    D: tl.constexpr, L: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr, RELATIONS: tl.constexpr,
    HIDDEN: tl.constexpr, PRECISION: tl.constexpr,
) -> None:  # fmt: skip
    """Count the hits of a job and a tile of relations, and write those that fit its room [start, end) of the output.

    One compiled kernel counts (room [0, -1): nothing fits) and writes (skipping empty rooms), so that both see the
    same bits. A key is (i * b_rows + j) * L + t: sorted keys are sorted positions.
    """
    slot = tl.program_id(0).to(tl.int64) * tl.num_programs(1) + tl.program_id(1)
    start, end = tl.load(rooms + 2 * slot), tl.load(rooms + 2 * slot + 1)
    a_start, a_end, b_start, b_end = _job(jobs, tl.program_id(0))
    t = tl.program_id(1) * RELATIONS + tl.arange(0, RELATIONS)
    shift = tl.load(bias + t, mask=t < L, other=0.0).to(tl.float32)
    least = tl.load(threshold + t, mask=t < L, other=float("inf"))
    pair = tl.arange(0, ROWS * COLUMNS)
    i = a_start + pair // COLUMNS
    found = tl.zeros((), tl.int32)
    for step in range(0, tl.where(end == start, 0, b_end - b_start).to(tl.int32), COLUMNS):
        j = b_start + step + pair % COLUMNS
        real = (i < a_end) & (j < b_end)
        x = _products(a, b, weight, i, j, real, t, D, L, HIDDEN, PRECISION) + shift[None, :]
        hit = (x >= least[None, :]) & real[:, None] & (t < L)[None, :]
        ones = hit.to(tl.int32)
        of_pair = tl.sum(ones, axis=1)
        total = tl.sum(of_pair, axis=0)
        if total > 0:
            place = start + found + (tl.cumsum(of_pair, axis=0) - of_pair)[:, None] + tl.cumsum(ones, axis=1) - ones
            mask = hit & (place < end)
            tl.store(keys + place, (i * b_rows + j)[:, None] * L + t[None, :], mask=mask)
            tl.store(probability + place, tl.sigmoid(x), mask=mask)
        found += total
    tl.store(counts + slot, found)


def _jobs(a_lengths: Sequence[int], b_lengths: Sequence[int], rows: int) -> npt.NDArray[np.int32]:
    """(jobs, 4): a_start, a_end, b_start, b_end; every sentence cut into `rows` heads at a time.

    Jobs with many tails come first, so that the last programs to start are short.
    """
    n, m = np.asarray(a_lengths, dtype=np.int64), np.asarray(b_lengths, dtype=np.int64)
    count = -(-n // rows)
    sentence = np.repeat(np.arange(len(n)), count)
    number = np.arange(len(sentence)) - np.repeat(np.cumsum(count) - count, count)
    a_last, b_last = np.cumsum(n)[sentence], np.cumsum(m)[sentence]
    a_start = a_last - n[sentence] + number * rows
    table = np.stack([a_start, np.minimum(a_start + rows, a_last), b_last - m[sentence], b_last], axis=1)
    return table[np.argsort(-m[sentence], kind="stable")].astype(np.int32)


@dataclass(frozen=True, slots=True)
class _LaunchPlan:
    """How a batch is cut, and the sizes that its kernels are compiled for."""

    tiles: Tiles
    jobs: Tensor
    grid: tuple[int, int]  # jobs, tiles of relations
    keep: bool  # whether a gradient is wanted
    constants: dict[str, Any]

    @classmethod
    def of(cls, pairs: Pairs, tf32: bool, dense: bool = False) -> tuple[_LaunchPlan, list[Tensor]]:
        """Cut the batch on the host and send the jobs ahead without waiting; `dense`: the gradient is of every pair.

        Also gives a, b, weight and bias, contiguous.
        """
        a, b, weight, bias, a_lengths, b_lengths = pairs
        _check(pairs)
        inputs = [x.contiguous() for x in (a, b, weight, bias)]
        keep = torch.is_grad_enabled() and any(x.requires_grad for x in inputs)
        tiles = tile_sizes(a.shape[1], len(weight), a.dtype, gradient=dense and keep)
        jobs = torch.from_numpy(_jobs(a_lengths, b_lengths, tiles.rows))
        if a.is_cuda:
            jobs = jobs.pin_memory().to(a.device, non_blocking=True)
        shape = {"D": a.shape[1], "L": len(weight), "ROWS": tiles.rows, "COLUMNS": tiles.columns}
        steps = {"RELATIONS": tiles.relations, "HIDDEN": tiles.hidden, "PRECISION": "tf32" if tf32 else "ieee"}
        return cls(tiles, jobs, (len(jobs), _steps(len(weight), tiles.relations)), keep, shape | steps), inputs


def _check(pairs: Pairs) -> None:
    a, b, weight, _, a_lengths, b_lengths = pairs
    if a.dtype not in DTYPES or b.dtype != a.dtype or weight.dtype not in (a.dtype, torch.float32):
        raise ValueError(
            f"a, b and weight are {a.dtype}, {b.dtype} and {weight.dtype}, but the kernels take a and b both of float32, "
            "bfloat16 or float16, and a weight of the same or float32: convert them, or call the chunked operations"
        )
    if len(a_lengths) != len(b_lengths) or (sum(a_lengths), sum(b_lengths)) != (len(a), len(b)):
        raise ValueError(
            f"a_lengths and b_lengths give {len(a_lengths)} and {len(b_lengths)} sentences of {sum(a_lengths)} and "
            f"{sum(b_lengths)} rows, but a and b have {len(a)} and {len(b)}: give one length per sentence"
        )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Where the programs of a grid (chunk of work, tile of relations, part of d) leave their float32 sums."""

    grid: tuple[int, int, int]
    value: Tensor  # (chunks, l)
    # of a: (tiles of relations, Ta, d)   b: (Tb, d), one for all   weight: (chunks, l, d)   bias: (chunks, l)
    buffers: tuple[Tensor, Tensor, Tensor, Tensor]

    @classmethod
    def of(cls, inputs: Sequence[Tensor], tiles: Tiles, *, work: int, per_processor: int, keep: bool = True) -> _Sums:
        """For as many programs as keep the device busy, or fewer if there is less work; no gradients unless `keep`."""
        a, b, weight, _ = inputs
        processors = torch.cuda.get_device_properties(a.device).multi_processor_count if a.is_cuda else 1
        relations, d = weight.shape
        slices, parts = _steps(relations, tiles.relations), _steps(d, tiles.part) if keep else 1
        chunks = max(1, min(work, processors * per_processor // (slices * parts)))
        each = chunks if keep else 0

        def room(*shape: int) -> Tensor:
            return torch.empty(shape, dtype=torch.float32, device=a.device)

        da, db = room(slices if keep else 0, len(a), d), room(len(b) if keep else 0, d).zero_()
        dw, dbias = room(each, relations, d), room(each, relations)
        return cls((chunks, slices, parts), room(chunks, relations), (da, db, dw, dbias))

    def gradients(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Gradients of a, b, weight and bias, summed over chunks and slices."""
        da, db, dw, dbias = self.buffers
        return da.sum(0), db, dw.sum(0), dbias.sum(0)


def _steps(size: int, step: int) -> int:
    return max(1, -(-size // step))


def _launch(kernel: Any, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
    """Run the kernel over the grid on the device of its first argument; an empty grid is a no-op."""
    on = arguments[0].device
    with torch.cuda.device(on) if on.type == "cuda" else nullcontext():
        if all(grid):
            kernel[grid](*arguments, **constants, num_warps=WARPS)


class _FusedRowMax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, batch: _LaunchPlan, *inputs: Tensor) -> Tensor:
        a, _, weight, _ = inputs
        highest = a.new_empty(len(a), len(weight))
        best = torch.empty(highest.shape if batch.keep else 0, dtype=torch.int32, device=a.device)
        results = (batch.jobs, highest, best)
        _launch(_row_max_kernel, batch.grid, *inputs, *results, **batch.constants, KEEP=batch.keep, num_stages=2)
        ctx.tiles = batch.tiles
        ctx.save_for_backward(*inputs, best)
        return highest

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        *inputs, best = ctx.saved_tensors
        a, b, weight, _ = inputs
        # W, dW, b_j and m of a tile stay in registers: fewer relations than forward
        tiles = replace(ctx.tiles, relations=min(32, ctx.tiles.relations))
        sums = _Sums.of(inputs, tiles, work=len(a), per_processor=4)
        _launch(
            _row_max_grad_kernel, sums.grid, a, b, weight, grad.contiguous(), best, *sums.buffers, len(a),
            D=a.shape[1], L=len(weight), RELATIONS=tiles.relations, PART=tiles.part,
        )  # fmt: skip
        found = zip(sums.gradients(), inputs, strict=True)
        return (None, *(total.to(like.dtype) for total, like in found))


class _FusedLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, batch: _LaunchPlan, labels: PairLabels, importance: Tensor, *inputs: Tensor) -> Tensor:
        jobs, tiles, keep = batch.jobs, batch.tiles, batch.keep
        sums = _Sums.of(inputs, tiles, work=len(jobs), per_processor=2, keep=keep)
        _launch(
            _loss_kernel, sums.grid, *inputs, importance, jobs, len(jobs), sums.value, *sums.buffers, len(inputs[0]),
            **batch.constants, PART=tiles.part, KEEP=keep, num_stages=1,
        )  # fmt: skip
        grads = sums.gradients() if keep else ()
        ctx.dtypes = [x.dtype for x in inputs]
        value = sums.value.sum() + _add_gold(inputs, labels, importance, grads)
        ctx.save_for_backward(*grads)
        return value

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        found = zip(ctx.saved_tensors, ctx.dtypes, strict=True)
        return (None, None, None, *((grad * saved).to(dtype) for saved, dtype in found))


def _add_gold(inputs: tuple[Tensor, ...], labels: PairLabels, importance: Tensor, grads: tuple[Tensor, ...]) -> Tensor:
    """What gold changes once every pair is called a negative: -x in value, returned, and -1 in slope, added to grads."""
    a, b, weight, bias = inputs
    scale = -importance[labels.relation] * labels.targets(importance)
    w = weight[labels.relation].float()
    m = (a[labels.head].float() + b[labels.tail].float()).relu_()
    if grads:
        dm = torch.where(m <= 0, 0.0, w * scale[:, None])
        grads[0].index_add_(0, labels.head, dm)
        grads[1].index_add_(0, labels.tail, dm)
        grads[2].index_add_(0, labels.relation, m * scale[:, None])
        grads[3].index_add_(0, labels.relation, scale)
    return (((m * w).sum(1) + bias[labels.relation].float()) * scale).sum()


def row_max(pairs: Pairs, *, allow_tf32: bool = False) -> Tensor:
    """Strongest logit of every relation that each word is the head of, (Ta, l) in the dtype of a; see `reference.row_max`.

    Gradient flows through the one best j of each (i, t), the lowest j on a tie. `allow_tf32` lets float32 products round
    their operands to 10 bits. ValueError: dtypes that the kernels don't know, or lengths that don't sum to the rows.
    """
    batch, inputs = _LaunchPlan.of(pairs, allow_tf32)
    return _FusedRowMax.apply(batch, *inputs)  # type: ignore[no-untyped-call,no-any-return]


def loss(
    pairs: Pairs, labels: PairLabels, relation_weight: Tensor | None = None, *, allow_tf32: bool = False
) -> Tensor:
    """Summed cross-entropy over all pairs of a sentence and all relations, (), float32; see `reference.loss`.

    relation_weight: (l,), or None for all ones. It, like the labels, must be on the device already. `allow_tf32` and
    errors as in `row_max`.
    """
    batch, inputs = _LaunchPlan.of(pairs, allow_tf32, dense=True)
    ones = torch.ones(len(pairs.weight), device=pairs.a.device)
    importance = ones if relation_weight is None else relation_weight.float()
    return _FusedLoss.apply(batch, labels, importance.contiguous(), *inputs)  # type: ignore[no-untyped-call,no-any-return]


@torch.no_grad()
def select(pairs: Pairs, threshold: float | Tensor, *, allow_tf32: bool = False) -> SelectedPairs:
    """Every (head, tail, relation) whose probability reaches the threshold, float32; see `reference.select`.

    Counts, waits for the total, writes that many. `allow_tf32` and errors as in `row_max`.
    """
    batch, inputs = _LaunchPlan.of(pairs, allow_tf32)
    device, relations, tails = pairs.a.device, max(len(pairs.weight), 1), len(pairs.b)
    least = threshold_logits(threshold, torch.empty(0, device=device)).expand(len(pairs.weight)).contiguous()
    counts = torch.zeros(batch.grid, dtype=torch.int32, device=device)

    def scan(rooms: Tensor, size: int) -> tuple[Tensor, Tensor]:
        keys, probability = rooms.new_empty(size), least.new_empty(size)
        results = (least, batch.jobs, rooms, counts, keys, probability, tails)
        _launch(_select_kernel, batch.grid, *inputs, *results, **batch.constants, num_stages=2)
        return keys, probability

    scan(torch.tensor([0, -1], device=device).repeat(counts.numel(), 1), 0)
    ends = counts.flatten().cumsum(0)
    rooms = torch.stack([ends - counts.flatten(), ends], dim=1)
    keys, probability = scan(rooms, int(ends[-1]) if counts.numel() else 0)
    keys, order = keys.sort()
    place = keys // relations
    return SelectedPairs(place // max(tails, 1), place % max(tails, 1), keys % relations, probability[order])
