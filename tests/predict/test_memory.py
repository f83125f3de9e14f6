"""What a process really takes, with the shipped model."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("resource", reason="there is no getrusage there")

MEASURE = """
import resource, sys
from relknit.data.corpus import load_corpus
from relknit import Runtime, load

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

extractor = load("webnlg", runtime=Runtime(threads=2, memory_budget=int(sys.argv[1]) or None))
before = resident()
texts = [document.text for document in load_corpus("train")] * 4
found = sum(len(document.triples) for document in extractor.batch(texts))
print(found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before)
"""


def measured(budget: int) -> tuple[int, int]:
    """Triples found and the peak in bytes above the loaded model."""
    done = subprocess.run([sys.executable, "-c", MEASURE, str(budget)], capture_output=True, text=True, check=True)
    triples, peak = map(int, done.stdout.split())
    return triples, peak


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_smaller_budget_takes_less_memory_keeps_to_it_and_finds_the_same():
    budgets = (40_000_000, 60_000_000, 120_000_000)
    results = [measured(budget) for budget in budgets]
    assert len({triples for triples, _ in results}) == 1
    assert results[0][0] > 100
    peaks = [peak for _, peak in results]
    assert all(peak <= budget for peak, budget in zip(peaks, budgets, strict=True)), peaks
    assert peaks[0] < 0.8 * peaks[2], peaks
