"""How much is held at a time: tokens in a batch, threads, the pair operations' workspace, texts read ahead.

    bytes = FIXED + threads x (PER_THREAD + workspace + HEAP x batch_tokens x bytes_per_token) + look_ahead x PER_CHARACTER

is what prediction takes above model and interpreter. A budget makes these sizes smaller and nothing else: no triple
depends on them. The constants are rounded up from what the shipped model takes on a CPU with one and two threads. Not
counted: a single text that is longer than the look-ahead, and whatever the caller keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relknit.errors import ConfigError
from relknit.models.base import JointModel
from relknit.runtime import Runtime

FIXED: Final = 24_000_000  # what torch's libraries load and set up for the first batches
PER_THREAD: Final = 9_000_000  # a thread's own buffers for products, and its share of the heap
HEAP: Final = 2  # a thread's heap grows to about twice what is alive in it, as no two batches have the same sizes
PER_CHARACTER: Final = 48  # of a text that waits: itself, tokens, offsets, and what was found in it

BATCH_TOKENS: Final = 1_000  # on a CPU more of them are hardly faster; fewer share out better among threads
GPU_BATCH_TOKENS: Final = 32_768
WORKSPACE: Final = 3_000_000  # what a model takes when nobody sets it
LEAST_WORKSPACE: Final = 64_000
LOOK_AHEAD: Final = 200_000  # characters; sentences of one length come together in batches
LEAST_LOOK_AHEAD: Final = 1_000
BUDGET_PARTS: Final = 2  # of a budget, whatever the number of threads: that must not change the bits of a result


@dataclass(frozen=True, slots=True)
class Sizes:
    """Tokens per batch, batches computed at once, workspace of each in bytes (None: the model's own), and characters
    of text read ahead."""

    batch_tokens: int
    threads: int
    workspace: int | None
    look_ahead: int

    @staticmethod
    def of(model: JointModel, runtime: Runtime, *, max_tokens: int) -> Sizes:
        """The fastest sizes, or the largest that the memory budget has room for.

        Raises ConfigError when it has none for a single window of `max_tokens` tokens.
        """
        most = Sizes(BATCH_TOKENS, runtime.workers, None, LOOK_AHEAD)
        if model.device.type != "cpu":
            most = Sizes(GPU_BATCH_TOKENS, 1, None, 10 * LOOK_AHEAD)
        budget = runtime.budget_bytes
        return most if budget is None else most._within(budget, HEAP * model.bytes_per_token, max_tokens)

    def _within(self, budget: int, per_token: int, max_tokens: int) -> Sizes:
        least = FIXED + PER_THREAD + LEAST_WORKSPACE + max_tokens * per_token + LEAST_LOOK_AHEAD * PER_CHARACTER
        if budget < least:
            raise ConfigError(
                f"memory_budget is {budget} bytes, but this model takes {least} for a window of {max_tokens} tokens; "
                f"give at least that, or leave it out"
            )
        ahead = LEAST_LOOK_AHEAD * PER_CHARACTER + (budget - least) // 8
        look_ahead = min(self.look_ahead, ahead // PER_CHARACTER)
        left = budget - FIXED - look_ahead * PER_CHARACTER
        share = left // BUDGET_PARTS - PER_THREAD
        beside_window = left - PER_THREAD - max_tokens * per_token
        workspace = max(LEAST_WORKSPACE, min(WORKSPACE, share // 4, beside_window))
        tokens = max(max_tokens, min(self.batch_tokens, (share - workspace) // per_token))
        threads = min(self.threads, left // (PER_THREAD + workspace + tokens * per_token))
        return Sizes(tokens, max(1, threads), None if workspace == WORKSPACE else workspace, look_ahead)
