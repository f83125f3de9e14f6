"""How fast this machine multiplies, moves and passes over numbers, measured in the process that uses the figures."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from relknit.ops import workers

BLOCK_PAIRS = 640  # what fits a core's cache beside the weights
GPU_PAIRS = 1 << 17
STREAM = 16_000_000  # numbers, more than a cache holds
SECONDS = 0.01
Work = tuple[Callable[[], object], float]


def measure(device: torch.device, hidden: int, relations: int, threads: int) -> dict[str, float]:
    """Rates of all threads together, each the best of three.

    forward: operations a second of a block's (pairs, d) x (d, l); backward: of the two products of its gradient;
    bytes: read and written a second by a copy; add, sigmoid: numbers a second, on numbers that lie in the cache.
    """
    if device.type == "cuda":
        return {name: _best(*work, device) for name, work in _works(device, hidden, relations, GPU_PAIRS).items()}
    shards = workers.run(lambda _: _works(device, hidden, relations, BLOCK_PAIRS), range(threads), threads)
    totals: dict[str, float] = {}
    for name in shards[0]:  # all threads measure the same thing at the same time

        def rate(shard: dict[str, Work], name: str = name) -> float:
            return _best(*shard[name], device)

        totals[name] = sum(workers.run(rate, shards, threads))
    return totals


def _works(device: torch.device, hidden: int, relations: int, pairs: int) -> dict[str, Work]:
    """Something to do and how much of it that is, for every rate."""
    m, weight = torch.rand(pairs, hidden, device=device), torch.rand(relations, hidden, device=device)
    logits, dm = torch.rand(pairs, relations, device=device), torch.empty(pairs, hidden, device=device)
    dw, source = torch.empty(relations, hidden, device=device), torch.rand(STREAM, device=device)
    target, out = torch.empty_like(source), torch.empty_like(logits)
    row = torch.rand(hidden, device=device)
    product = 2.0 * pairs * hidden * relations

    def backward() -> None:
        torch.mm(logits.T, m, out=dw)
        torch.mm(logits, weight, out=dm)

    return {
        "forward": (lambda: torch.mm(m, weight.T, out=out), product),
        "backward": (backward, 2 * product),
        "bytes": (lambda: target.copy_(source), 2 * 4.0 * STREAM),
        "add": (lambda: torch.add(m, row, out=dm), float(m.numel())),
        "sigmoid": (lambda: torch.sigmoid(logits, out=out), float(logits.numel())),
    }


@torch.no_grad()
def _best(work: Callable[[], object], amount: float, device: torch.device) -> float:
    """The highest of three rates, each over enough repetitions to be seen on a clock."""
    once = max(_seconds(work, 1, device), 1e-7)
    times = max(1, round(SECONDS / once))
    return amount * times / min(_seconds(work, times, device) for _ in range(3))


def _seconds(work: Callable[[], object], times: int, device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(times):
        work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started
