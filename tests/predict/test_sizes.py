from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from relknit.errors import ConfigError
from relknit.predict.sizes import (
    BATCH_TOKENS,
    FIXED,
    HEAP,
    LEAST_WORKSPACE,
    LOOK_AHEAD,
    PER_CHARACTER,
    PER_THREAD,
    WORKSPACE,
    Sizes,
)
from relknit.runtime import Runtime
from tests.predict.numbers import Numbers, least_budget


def sizes(bytes_per_token: int = 25_000, *, device: str = "cpu", max_tokens: int = 80, **settings: Any) -> Sizes:
    """Sizes for a model that takes so many bytes a token."""
    model = Numbers()
    model.bytes_per_token = bytes_per_token
    model.device = torch.device(device)
    return Sizes.of(model, Runtime(**{"threads": 2} | settings), max_tokens=max_tokens)


def estimate(found: Sizes, bytes_per_token: int) -> int:
    """The bytes that the module's formula gives."""
    each = PER_THREAD + (found.workspace or WORKSPACE) + HEAP * found.batch_tokens * bytes_per_token
    return FIXED + found.threads * each + found.look_ahead * PER_CHARACTER


def test_without_a_budget_sizes_are_what_runs_fastest():
    assert sizes() == Sizes(BATCH_TOKENS, 2, None, LOOK_AHEAD)


def test_a_large_budget_is_as_good_as_none():
    assert sizes(memory_budget=10**10) == sizes()


def test_a_gpu_takes_one_large_batch_after_another():
    found = sizes(device="cuda", threads=16)
    assert found.threads == 1
    assert found.batch_tokens > 20 * BATCH_TOKENS
    assert found.look_ahead > 4 * found.batch_tokens, "several batches are read ahead"


def test_a_gpu_keeps_to_a_budget_too():
    found = sizes(device="cuda", memory_budget=100_000_000)
    assert found.threads == 1
    assert estimate(found, 25_000) <= 100_000_000


@given(
    st.integers(1, 200_000), st.integers(1, 600), st.integers(1, 64), st.integers(0, 2 * 10**9), st.integers(0, 10**6)
)
def test_sizes_stay_inside_the_budget_and_grow_with_it(per_token, max_tokens, threads, more, extra):
    least = least_budget(per_token, max_tokens)
    found = sizes(per_token, max_tokens=max_tokens, threads=threads, memory_budget=least + more)
    assert estimate(found, per_token) <= least + more
    assert found.batch_tokens >= max_tokens, "a window always fits"
    assert 1 <= found.threads <= threads
    assert LEAST_WORKSPACE <= (found.workspace or WORKSPACE) <= WORKSPACE
    larger = sizes(per_token, max_tokens=max_tokens, threads=threads, memory_budget=least + more + extra)
    assert larger.look_ahead >= found.look_ahead
    assert larger.batch_tokens >= found.batch_tokens


@given(st.integers(40_000_000, 10**9), st.integers(1, 64))
def test_batches_are_the_same_for_any_number_of_threads(budget, threads):
    """Else threads would change the last bits of a confidence."""
    one, several = (sizes(memory_budget=budget, threads=n) for n in (1, threads))
    assert (one.batch_tokens, one.workspace, one.look_ahead) == (
        several.batch_tokens,
        several.workspace,
        several.look_ahead,
    )


def test_a_tight_budget_takes_threads_away_before_it_refuses():
    tight = sizes(threads=8, memory_budget=40_000_000)
    assert tight.threads == 1
    assert tight.batch_tokens == 80
    assert sizes(threads=8, memory_budget=10**9).threads == 8


@pytest.mark.parametrize("budget", [1, 30_000_000])
def test_less_than_a_window_needs_is_refused_with_what_it_needs(budget):
    least = least_budget(25_000, 80)
    message = f"memory_budget is {budget} bytes, but this model takes {least} for a window of 80 tokens; give at least"
    with pytest.raises(ConfigError, match=message):
        sizes(memory_budget=budget)
    assert sizes(memory_budget=least).batch_tokens == 80
    with pytest.raises(ConfigError):
        sizes(memory_budget=least - 1)
