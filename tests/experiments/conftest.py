"""A small experiment, laid out for each test, and run once for all that only look at its runs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from relknit.experiments import RowResult, RunOptions, find_rows, run_rows
from tests.experiments.tiny_experiment import lay_out, unseen


@dataclass
class Ran:
    """An experiment with two seeds of every row, and what became of them."""

    folder: Path
    out: Path
    outcomes: list[RowResult]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


@pytest.fixture(scope="session")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    root = tmp_path_factory.mktemp("experiment")
    folder, out = lay_out(root), root / "runs"
    return Ran(folder, out, list(run_rows(find_rows([folder]), RunOptions(), seeds=2, out=out, watch=unseen)))


@pytest.fixture
def ran(ran_once: Ran, tmp_path: Path) -> Ran:
    """A copy of the finished experiment that a test may change."""
    root = tmp_path / "copy"
    shutil.copytree(ran_once.folder.parent, root)
    return Ran(root / "paper", root / "runs", ran_once.outcomes)
