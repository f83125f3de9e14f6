"""Threads for everything that computes: one product per thread, never OpenMP inside a product.

Small products split over OpenMP threads can be 20 times slower when a core is busy, so the work is split over sentences
instead. Each worker computes with one thread and flushes denormals to zero; the host's own settings stay as they were.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Argument = TypeVar("Argument")
Result = TypeVar("Result")

_NAME = "relknit-worker"


def single_threaded() -> None:
    """Make the calling thread compute with one thread and flush denormals to zero. For threads that we own."""
    torch.get_num_threads()  # a thread's first call copies the process's number, which would later undo ours
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


@functools.lru_cache(maxsize=8)
def _pool(workers: int) -> ThreadPoolExecutor:
    """A pool whose threads are set up before the first task.

    torch keeps, beside each thread's own setting, the number that threads yet to come will start with; a worker's
    set_num_threads(1) changes that number too, so it is put back here, from the thread that asks for the pool.
    """
    before = torch.get_num_threads()
    ready = threading.Barrier(workers + 1)

    def start() -> None:
        single_threaded()
        ready.wait()

    pool = ThreadPoolExecutor(workers, thread_name_prefix=_NAME, initializer=start)
    try:
        for _ in range(workers):
            pool.submit(_nothing)
    except (
        RuntimeError
    ):  # the system gives no more threads; those that started must not wait for the others indefinitely
        ready.abort()
        raise
    ready.wait()
    torch.set_num_threads(before)
    return pool


def _nothing() -> None:
    """Does nothing; submitting it starts a thread of the pool."""


if hasattr(
    os, "register_at_fork"
):  # a forked child has none of its parent's threads, and would wait for them indefinitely
    os.register_at_fork(after_in_child=_pool.cache_clear)


def run(task: Callable[[Argument], Result], items: Sequence[Argument], threads: int) -> list[Result]:
    """[task(item) for item in items], on worker threads; in the calling thread when that computes with one itself.

    Even a single thread is a worker's when the caller computes with several: the caller's setting stays as it is.
    Inside a worker everything stays in it, so that tasks never wait for the pool they run in.
    """
    inside = threading.current_thread().name.startswith(_NAME)
    if inside or (threads <= 1 and torch.get_num_threads() == 1):
        return [task(item) for item in items]
    inference = torch.is_inference_mode_enabled()  # a thread's own setting, which tasks would otherwise miss

    def in_mode(item: Argument) -> Result:
        with torch.inference_mode(inference):
            return task(item)

    return list(_pool(max(threads, 1)).map(in_mode, items))
