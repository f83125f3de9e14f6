"""The benchmark scripts are not part of the package: their folder goes on the path here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"

# the source distribution carries the tests without the benchmarks
collect_ignore_glob = [] if BENCHMARKS.is_dir() else ["test_*.py"]
sys.path.append(str(BENCHMARKS))


@pytest.fixture(scope="session")
def run_script():
    """Run a benchmark as a person would; returns the finished process with its output as text."""

    def run(script, *arguments):
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]),
        }
        command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def run_python(run_script):
    """Run a line of Python with the benchmarks on its path."""

    def run(code):
        path = os.pathsep.join([str(ROOT / "src"), str(BENCHMARKS)])
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def torch_settings():
    """torch as it was before a test that sets this process up as a measured one."""
    import torch

    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)
    torch.random.set_rng_state(state)


@pytest.fixture(scope="session")
def answers_of():
    """Answers of one process, the warm-up first, from its seconds and what every answer holds besides."""

    def answers(seconds, **more):
        return [{"seconds": value, "peak_mb": 10.0, "peak_mb_with_model": 30.0, **more} for value in seconds]

    return answers
