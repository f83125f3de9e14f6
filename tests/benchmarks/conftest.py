"""The benchmark scripts are not part of the package: their folder goes on the path here."""

import csv
import json
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


def python(*arguments):
    """The finished process of this Python with the sources and the benchmarks on its path, its output as text."""
    path = os.pathsep.join([str(ROOT / "src"), str(BENCHMARKS), os.environ.get("PYTHONPATH", "")])
    command, environment = [sys.executable, *map(str, arguments)], {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def run_script():
    """Run a benchmark as a person would."""
    return lambda script, *arguments: python(BENCHMARKS / script, *arguments)


@pytest.fixture(scope="session")
def run_python():
    """Run a line of Python with the benchmarks on its path."""
    return lambda code: python("-c", code)


@pytest.fixture(scope="session")
def measured(run_script, tmp_path_factory):
    """Run a benchmark on a few sentences; returns its report and the rows of its CSV file."""
    from relknit.document.jsonl import write_jsonl
    from sentences import tiled

    def run(script, *options, sentences=0, data=("--data",)):
        folder = tmp_path_factory.mktemp("measured")
        write_jsonl(folder / "tiny.jsonl", tiled(sentences, num_relations=5))
        named = [part for flag in data for part in (flag, folder / "tiny.jsonl")] if sentences else []
        done = run_script(script, "--threads", 1, *options, *named, "--csv", folder / "rows.csv", "--json", "-")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert report["machine"]["cores"] >= 1
        for impl in report["impls"].values():
            assert 0 < impl["seconds_p20"] <= impl["seconds_p50"] <= impl["seconds_p80"]
        with (folder / "rows.csv").open(newline="", encoding="utf-8") as file:
            return report, list(csv.DictReader(file))

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
        return [{"seconds": value, "peak_mb": 10.0, "peak_mb_with_model": 30.0} | more for value in seconds]

    return answers
