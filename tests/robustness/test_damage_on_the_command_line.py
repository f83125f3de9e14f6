"""A few dozen damaged files through the commands: exit status 2, one line on standard error, no traceback."""

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
from relknit.errors import CheckpointError, DataError
from relknit.training import make_plan, train
from relknit.training.loop import Run
from relknit.training.start import read_config
from relknit.training.state import STATE_FILE
from tests.robustness.mutations import BYTES, JSON, in_bytes, in_json, in_line
from tests.robustness.test_damaged_datasets import PLAIN
from tests.robustness.test_damaged_models import ALL_FILES, damaged
from tests.training.tiny_runs import Watcher, contents

pytestmark = pytest.mark.usefixtures("one_thread")

Files = dict[str, bytes]
SMALL = """
    encoder.word_dim=8 encoder.char_dim=0 encoder.shape_dim=0 encoder.hidden=8 encoder.num_layers=1 model.pair_hidden=4
    model.num_rounds=1 training.epochs=2 training.batch_size=6 training.threads=1
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


@pytest.mark.parametrize("kind", [*BYTES, *JSON])
def test_a_command_says_in_one_line_what_is_wrong_with_a_dataset(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data.jsonl"
    for seed in range(12):
        path.write_bytes(in_bytes(kind, PLAIN, seed) if kind in BYTES else in_line(kind, PLAIN, seed))
        try:
            read_documents(path)
        except DataError:
            break
    else:
        pytest.skip("harmless damage")
    status = main(["score", str(path), str(path)])
    assert_one_line(status, capsys.readouterr().err, path)


@pytest.mark.parametrize("kind", [*BYTES, *JSON])
def test_a_command_says_in_one_line_what_is_wrong_with_a_model(
    kind: str, folder: Path, tiny_folder: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = 0
    for seed in range(len(ALL_FILES)):
        name, content = damaged(kind, tiny_folder, seed)
        (folder / name).write_bytes(content)
        try:
            load_model(folder)
        except CheckpointError:
            refused += 1
            status = main(["extract", "Ada left York.", "--model", str(folder)])
            captured = capsys.readouterr()
            assert_one_line(status, captured.err, folder)
            assert not captured.out
        (folder / name).write_bytes(tiny_folder[name])
    assert refused > 0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_jsonl(folder / "train.jsonl", [d for d in load_corpus("train") if d.relations][:12])
    write_jsonl(folder / "dev.jsonl", load_corpus("dev")[:4])
    return folder


@pytest.fixture(scope="module")
def stopped(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """What a training through the command line leaves when it is stopped in its second epoch."""
    folder = tmp_path_factory.mktemp("stopped") / "run"
    steps = iter(range(2))
    plan = make_plan(read_config(data, SMALL))
    assert train(plan, folder, Watcher(), stop=lambda: next(steps, None) is None).interrupted
    return contents(folder)


@pytest.mark.parametrize("kind", BYTES)
def test_resuming_says_in_one_line_what_is_wrong_with_the_state(
    kind: str, data: Path, stopped: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name, content in stopped.items():
        (run / name).write_bytes(content)
    (run / STATE_FILE).write_bytes(in_bytes(kind, stopped[STATE_FILE], 1))
    before = contents(run)
    if before[STATE_FILE] == stopped[STATE_FILE]:
        pytest.skip("harmless damage")
    status = main(["train", str(data), "--out", str(run), "--resume", "--set", *SMALL])
    lines = capsys.readouterr().err.splitlines(keepends=True)
    assert all(line.startswith("note: ") for line in lines[:-1])
    assert_one_line(status, lines[-1], run)
    assert contents(run) == before


def test_the_run_that_is_damaged_above_could_have_gone_on(data: Path, stopped: Files, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name, content in stopped.items():
        (run / name).write_bytes(content)
    with torch.random.fork_rng(devices=[]):
        assert Run(make_plan(read_config(data, SMALL)), run, Watcher(), threads=1).resume()


def test_a_process_of_its_own_ends_with_status_2_and_one_line(folder: Path, tiny_folder: Files) -> None:
    (folder / "model.json").write_bytes(in_json("deep nesting", tiny_folder["model.json"], 4))
    command = [sys.executable, "-m", "relknit", "extract", "Ada left York.", "--model", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert_one_line(done.returncode, done.stderr, folder)
