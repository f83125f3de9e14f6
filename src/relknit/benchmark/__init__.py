"""Scores of any model, and of any system's predictions, on texts that relknit ships for this purpose."""

from relknit.benchmark.everyday_benchmark import benchmark_everyday, score_everyday
from relknit.benchmark.everyday_report import EverydayReport

__all__ = ["EverydayReport", "benchmark_everyday", "score_everyday"]
