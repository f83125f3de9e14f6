"""Measured processes that take turns: one for each implementation and number of threads. No torch."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from relknit.errors import RelknitError

Answers = dict[tuple[str, int], list[dict[str, Any]]]


class Child:
    """A process that answers "step" with what one step took; close it, or use it as a context manager.

    worker: its script, beside this file.
    """

    gpu = "none"

    def __init__(self, settings: dict[str, Any], worker: str = "worker.py") -> None:
        self.name = f"{settings['impl']} with {settings['threads']} threads"
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name(worker)), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.sizes: dict[str, Any] = {}

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait_ready(self) -> None:
        """Wait until the model is built; `sizes` then says what it works on, `gpu` on which device ("none": the CPU)."""
        self.sizes = self._read()
        self.gpu = self.sizes.pop("gpu", "none")

    def step(self) -> dict[str, Any]:
        """Ask for one step: its seconds, what it computed, and the process's peak_mb so far. Raises RelknitError."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died; the read below says how
            self._process.stdin.write("step\n")
            self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise RelknitError(f"{self.name}: its process ended with code {code}; -9 usually means too little memory")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RelknitError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process and wait for it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        with suppress(BrokenPipeError):  # it has died already
            self._process.stdin.close()
        self._process.wait()


class Turns:
    """What a run of all processes gave: the answers, the first of each the warm-up; sizes of the last; its device."""

    def __init__(self, answers: Answers, sizes: dict[str, Any], gpu: str = "none") -> None:
        self.answers, self.sizes, self.gpu = answers, sizes, gpu


def take_turns(
    settings: Mapping[str, Any], impls: Sequence[str], threads: Sequence[int], steps: int, worker: str = "worker.py"
) -> Turns:
    """Start a process for every implementation and number of threads; let each do a step in turn, `steps` + 1 times."""
    with ExitStack() as stack:
        children = {
            (impl, count): stack.enter_context(
                Child({**settings, "impl": impl, "threads": count, "steps": steps}, worker)
            )
            for impl in impls
            for count in sorted(set(threads))
        }
        for child in children.values():
            child.wait_ready()
        answers: Answers = {key: [] for key in children}
        for number in range(steps + 1):
            for key, child in children.items():
                answers[key].append(child.step())
            print(f"{settings['task']}: {number} of {steps}", file=sys.stderr)
        return Turns(answers, child.sizes, child.gpu)


def largest_difference(answers: Answers, name: str) -> float:
    """The largest relative difference of a number that two processes computed in the same step; inf for a NaN."""
    steps = list(zip(*([float(answer[name]) for answer in row] for row in answers.values()), strict=True))
    if not all(math.isfinite(value) for values in steps for value in values):
        return math.inf
    return max((max(values) - min(values)) / max(max(map(abs, values)), 1e-30) for values in steps)


def set_difference(answers: Answers, name: str) -> float:
    """The largest fraction of what two processes found in the same step that only one of them found."""
    rows = list(answers.values())
    worst = 0.0
    for row in rows[1:]:
        for first, other in zip(rows[0], row, strict=True):
            a, b = set(first[name]), set(other[name])
            worst = max(worst, len(a ^ b) / max(1, len(a | b)))
    return worst
