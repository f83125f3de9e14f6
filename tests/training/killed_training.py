"""Trains whole once, then again with the process killed at random moments and resumed; `test_resume.py` compares.

    python killed_training.py CONFIG_JSON FOLDER KILLS SEED [delays]

A moment is the n-th line that Python runs in the modules which train and save, n drawn by lot, so that many fall into
the middle of saving. With "delays" every other kill comes from outside instead, after a random time. Prints as JSON how
many lives were really cut off.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relknit import checkpoint
from relknit.checkpoint import load_model
from relknit.config import build_config
from relknit.training import loop, make_plan, manifest, result, state, train

TRACED = {str(module.__file__) for module in (loop, state, result, manifest, checkpoint)}


class Silent:
    def batch(self, place: Any, batches: int, loss: float) -> None: ...

    def epoch(self, record: dict[str, Any]) -> None: ...

    def warn(self, message: str) -> None: ...


def run(values: dict[str, Any], folder: Path) -> None:
    """One life: everything from reading the data on, as a new process would do it."""
    train(make_plan(build_config(values)), folder, Silent(), resume=True, save_every_seconds=0)


def count_lines(at_line: Callable[[int], None]) -> None:
    """Call `at_line` with 1, 2, 3 ... as this process runs lines of the traced modules."""
    number = 0

    def local(frame: Any, event: str, argument: Any) -> Any:
        nonlocal number
        if event == "line":
            number += 1
            at_line(number)
        return local

    def entered(frame: Any, event: str, argument: Any) -> Any:
        code = frame.f_code
        # comprehensions run thousands of lines where nothing happens
        return local if code.co_filename in TRACED and not code.co_name.startswith("<") else None

    sys.settrace(entered)


def life(values: dict[str, Any], folder: Path, *, last_line: int | None, delay: float | None) -> bool:
    """Train in a child process that dies at a line or after a delay (seconds); returns whether it was killed."""
    child = os.fork()
    if child == 0:
        if last_line is not None:
            count_lines(lambda number: os.kill(os.getpid(), signal.SIGKILL) if number >= last_line else None)
        run(values, folder)
        os._exit(0)
    if delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status) != 0:
        raise SystemExit("a life ended with an error")
    return os.WIFSIGNALED(status)


def main() -> None:
    values, folder, kills, seed = json.loads(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    lines = 0

    def note(number: int) -> None:
        nonlocal lines
        lines = number

    started = time.monotonic()
    count_lines(note)
    run(values, folder / "whole")
    sys.settrace(None)
    seconds = time.monotonic() - started

    draw = random.Random(seed)
    killed, cut = 0, 0  # lives cut off, and runs that were; a run that is done early is followed by another one
    while killed < kills:
        run_folder = folder / f"killed-{cut}"
        share = draw.uniform(0.02, 0.5)
        from_outside = "delays" in sys.argv and killed % 2 == 1
        was_killed = life(
            values,
            run_folder,
            last_line=None if from_outside else max(1, round(share * lines)),
            delay=share * seconds / 2 if from_outside else None,
        )
        killed, cut = killed + was_killed, cut + (not was_killed)
        if (run_folder / "model.safetensors").exists():
            load_model(run_folder)  # at every moment the folder holds a model that can be used, or none yet
    if life(values, folder / f"killed-{cut}", last_line=None, delay=None):
        raise SystemExit("the last life was killed by somebody else")
    print(json.dumps({"killed": killed}))


if __name__ == "__main__":
    main()
