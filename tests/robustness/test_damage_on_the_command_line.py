"""Damaged files through the commands: exit status 2, one line on standard error, no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from relknit.checkpoint import load_model
from relknit.cli import main
from relknit.data.corpus import load_corpus
from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl
from relknit.training import make_plan, train
from relknit.training.loop import Run
from relknit.training.start import read_config
from relknit.training.state import STATE_FILE
from tests.robustness.judging import laid_out, unless_refused
from tests.robustness.mutations import BYTES, KINDS, damaged
from tests.robustness.test_damaged_datasets import PLAIN
from tests.robustness.test_damaged_models import ALL_FILES
from tests.training.tiny_runs import Watcher, contents

pytestmark = pytest.mark.usefixtures("one_thread")

Files = dict[str, bytes]
SMALL = """
    encoder.word_dim=8 encoder.char_dim=0 encoder.shape_dim=0 encoder.hidden=8 encoder.num_layers=1 model.pair_hidden=4
    model.num_rounds=1 training.epochs=2 training.batch_size=6 training.threads=1 training.folds=0 training.rename=0
    training.join=0 training.vary_case=0 training.tune_window=false
""".split()  # noqa: SIM905


@pytest.fixture(autouse=True)
def our_own_process_again() -> Iterator[None]:
    """The commands set up the process they believe is theirs."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


def assert_one_line(status: int, error: str, path: Path) -> None:
    assert status == 2
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert error.endswith("\n")
    assert "Traceback" not in error
    assert str(path) in error


def test_a_command_says_in_one_line_what_is_wrong_with_a_dataset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, refused = tmp_path / "data.jsonl", 0
    for kind in KINDS:
        path.write_bytes(damaged(kind, path.name, PLAIN, 1))
        if unless_refused(read_documents, path) is None:
            refused += 1
            assert_one_line(main(["score", str(path), str(path)]), capsys.readouterr().err, path)
    assert refused > 15


def test_a_command_says_in_one_line_what_is_wrong_with_a_model(
    folder: Path, tiny_folder: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = 0
    for seed, kind in enumerate(KINDS):
        name = ALL_FILES[seed % len(ALL_FILES)]
        (folder / name).write_bytes(damaged(kind, name, tiny_folder[name], seed))
        if unless_refused(load_model, folder) is None:
            refused += 1
            status = main(["extract", "Ada left York.", "--model", str(folder)])
            captured = capsys.readouterr()
            assert_one_line(status, captured.err, folder)
            assert not captured.out
        (folder / name).write_bytes(tiny_folder[name])
    assert refused > 15


def test_resuming_says_in_one_line_what_is_wrong_with_the_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, run, steps = tmp_path / "data", tmp_path / "run", iter(range(2))
    data.mkdir()
    write_jsonl(data / "train.jsonl", [d for d in load_corpus("train") if d.relations][:12])
    write_jsonl(data / "dev.jsonl", load_corpus("dev")[:4])
    plan = make_plan(read_config(data, SMALL))
    assert train(plan, run, Watcher(), stop=lambda: next(steps, None) is None).interrupted
    stopped = contents(run)
    assert Run(plan, run, Watcher()).resume()
    for kind in BYTES:
        laid_out(stopped | {STATE_FILE: damaged(kind, STATE_FILE, stopped[STATE_FILE], 1)}, run)
        before = contents(run)
        if before[STATE_FILE] == stopped[STATE_FILE]:
            continue
        status = main(["train", str(data), "--out", str(run), "--resume", "--set", *SMALL])
        lines = capsys.readouterr().err.splitlines(keepends=True)
        assert all(line.startswith("note: ") for line in lines[:-1])
        assert_one_line(status, lines[-1], run)
        assert contents(run) == before


def test_a_process_of_its_own_ends_with_status_2_and_one_line(folder: Path, tiny_folder: Files) -> None:
    (folder / "model.json").write_bytes(damaged("deep nesting", "model.json", tiny_folder["model.json"], 4))
    command = [sys.executable, "-m", "relknit", "extract", "Ada left York.", "--model", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert_one_line(done.returncode, done.stderr, folder)
