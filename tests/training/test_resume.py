from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import relknit.training.loop as loop
from relknit.checkpoint.tensors import read_note, read_tensors, write_tensors
from relknit.config import Config, config_to_dict
from relknit.document.jsonl import write_jsonl
from relknit.errors import CheckpointError, RelknitError
from relknit.training import make_plan, train
from relknit.training.state import STATE_FILE, read_state
from tests.training.tiny_runs import Watcher, contents

Configure = Callable[..., Config]


def records(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def result(folder: Path) -> dict[str, Any]:
    found = json.loads((folder / "result.json").read_text())
    return {k: v for k, v in found.items() if k not in ("seconds", "sha256")}


def assert_same_run(folder: Path, whole: Path) -> None:
    weights, expected = (load_file(path / "model.safetensors") for path in (folder, whole))
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    assert records(folder) == records(whole)
    assert result(folder) == result(whole)
    unequal = {name for name, value in contents(whole).items() if contents(folder).get(name) != value}
    assert unequal <= {"metrics.jsonl", "result.json", "manifest.json", "model.safetensors"}  # compared above, or times
    assert contents(folder).keys() == contents(whole).keys()


def stop_after(steps: int) -> Callable[[], bool]:
    left = iter(range(steps - 1))
    return lambda: next(left, None) is None


def kill_and_compare(config: Config, folder: Path, kills: int, *, seed: int, delays: bool = False) -> None:
    script = Path(__file__).with_name("killed_training.py")
    arguments = [
        json.dumps(config_to_dict(config)),
        str(folder),
        str(kills),
        str(seed),
        *(["delays"] if delays else []),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, str(script), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["killed"] == kills
    for killed in folder.glob("killed-*"):
        assert_same_run(killed, folder / "whole")
    assert len({record["best_epoch"] for record in records(folder / "whole")}) > 1


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


@needs_fork
def test_a_training_killed_five_times_ends_in_the_same_bits(configure: Configure, data: Path, tmp_path: Path) -> None:
    config = configure(epochs=4, rename=0.5, select_by="entities", data={"dev": str(data / "train.jsonl")})
    kill_and_compare(config, tmp_path, 5, seed=11)


@needs_fork
@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["one_cycle", "constant"])
def test_a_training_killed_twenty_times_ends_in_the_same_bits(
    configure: Configure, data: Path, tmp_path: Path, schedule: str
) -> None:
    config = configure(
        epochs=5, schedule=schedule, rename=0.5, select_by="entities", data={"dev": str(data / "train.jsonl")}
    )
    kill_and_compare(config, tmp_path, 20, seed=5, delays=True)


@pytest.fixture
def whole(configure: Configure, tmp_path: Path) -> Path:
    """A run that nobody interrupted."""
    train(make_plan(configure(rename=0.5)), tmp_path / "whole", Watcher())
    return tmp_path / "whole"


def test_a_stopped_training_at_a_constant_rate_without_an_average_goes_on_too(
    configure: Configure, tmp_path: Path
) -> None:
    config = configure(schedule="constant", ema_decay=0.0, shuffle=False)
    train(make_plan(config), tmp_path / "whole", Watcher())
    assert train(make_plan(config), tmp_path / "run", Watcher(), stop=stop_after(5)).interrupted
    train(make_plan(config), tmp_path / "run", Watcher(), resume=True)
    assert_same_run(tmp_path / "run", tmp_path / "whole")


@pytest.mark.parametrize("steps", [1, 3, 4, 5, 7])  # 4 is the last step of the first epoch
def test_a_stopped_training_goes_on_as_if_nothing_had_happened(
    configure: Configure, tmp_path: Path, whole: Path, watcher: Watcher, steps: int
) -> None:
    folder = tmp_path / "run"
    stopped = train(make_plan(configure(rename=0.5)), folder, watcher, stop=stop_after(steps))
    assert stopped.interrupted
    assert (stopped.dev, stopped.test) == ({}, None)
    assert stopped.best_epoch == (1 if steps > 4 else 0)
    assert watcher.steps == list(range(1, steps + 1))
    assert not (folder / "result.json").exists()
    done = train(make_plan(configure(rename=0.5)), folder, watcher, resume=True)
    assert not done.interrupted
    assert watcher.steps == list(range(1, 9)), "no step was taken twice"
    assert_same_run(folder, whole)


def test_a_training_stopped_at_every_step_ends_in_the_same_bits(
    configure: Configure, tmp_path: Path, whole: Path
) -> None:
    plan = make_plan(configure(rename=0.5))
    for _ in range(8):
        assert train(plan, tmp_path / "run", Watcher(), resume=True, stop=lambda: True).interrupted
    assert not train(plan, tmp_path / "run", Watcher(), resume=True, stop=lambda: True).interrupted
    assert_same_run(tmp_path / "run", whole)


def test_saving_after_every_step_changes_nothing(configure: Configure, tmp_path: Path, whole: Path) -> None:
    train(make_plan(configure(rename=0.5)), tmp_path / "run", Watcher(), save_every_seconds=0)
    assert_same_run(tmp_path / "run", whole)


def test_the_state_is_saved_between_epochs_as_often_as_asked(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saves: list[int] = []
    monkeypatch.setattr(loop, "save_state", lambda folder, state, *rest: saves.append(state.step))
    train(make_plan(configure(epochs=1)), tmp_path / "often", Watcher(), save_every_seconds=0)
    assert saves == [0, 1, 2, 3, 4, 4]
    saves.clear()
    train(make_plan(configure(epochs=1)), tmp_path / "seldom", Watcher(), save_every_seconds=3600)
    assert saves == [0, 4]


@pytest.mark.parametrize("function", ["save_state", "write_manifest", "choose_decoding", "write_result"])
def test_a_training_cut_off_at_its_start_or_its_end_can_be_resumed(
    configure: Configure, tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(loop, function, cut_off)
        with pytest.raises(CutOff):
            train(make_plan(configure(rename=0.5)), tmp_path / "run", Watcher())
    train(make_plan(configure(rename=0.5)), tmp_path / "run", Watcher(), resume=True)
    assert_same_run(tmp_path / "run", whole)


class CutOff(BaseException):
    """Represents the end of the process."""


def cut_off(*arguments: Any, **keywords: Any) -> None:
    raise CutOff


def test_a_training_cut_off_between_result_and_clean_up_does_not_touch_test_again(
    configure: Configure, tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        if path.name == STATE_FILE:
            raise CutOff
        remove(path, missing_ok=missing_ok)

    remove = Path.unlink
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        with pytest.raises(CutOff):
            train(make_plan(configure(rename=0.5)), tmp_path / "run", Watcher())
    monkeypatch.setattr(loop, "quick_scores", cut_off)
    train(make_plan(configure(rename=0.5)), tmp_path / "run", Watcher(), resume=True)
    assert_same_run(tmp_path / "run", whole)


def test_metrics_written_after_the_last_saved_state_are_written_once(
    configure: Configure, tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save_and_die(folder: Path, state: Any, *rest: Any) -> None:
        if state.epoch == 2:
            raise CutOff
        save_state(folder, state, *rest)

    save_state = loop.save_state
    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_state", save_and_die)
        with pytest.raises(CutOff):
            train(make_plan(configure(rename=0.5)), tmp_path / "run", Watcher())
    assert len(records(tmp_path / "run")) == 2, "the second line is on disk, the state still in the second epoch"
    train(make_plan(configure(rename=0.5)), tmp_path / "run", Watcher(), resume=True)
    assert_same_run(tmp_path / "run", whole)


def test_resuming_a_finished_run_gives_its_result_and_changes_nothing(
    configure: Configure, whole: Path, monkeypatch: pytest.MonkeyPatch, watcher: Watcher
) -> None:
    before = contents(whole)
    monkeypatch.setattr(loop, "quick_scores", cut_off)
    again = train(make_plan(configure(rename=0.5)), whole, watcher, resume=True)
    assert {"dev": again.dev, "test": again.test, "best_epoch": again.best_epoch}.items() <= result(whole).items()
    assert not again.interrupted
    assert not watcher.steps
    assert contents(whole) == before


def test_resuming_where_there_is_no_run_starts_one(configure: Configure, tmp_path: Path, whole: Path) -> None:
    train(make_plan(configure(rename=0.5)), tmp_path / "new", Watcher(), resume=True)
    assert_same_run(tmp_path / "new", whole)


@pytest.fixture
def stopped(configure: Configure, tmp_path: Path) -> Path:
    """A run interrupted in its second epoch."""
    train(make_plan(configure()), tmp_path / "stopped", Watcher(), stop=stop_after(6))
    return tmp_path / "stopped"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"epochs": 3}, "training.epochs"),
        ({"learning_rate": 0.02}, "training.learning_rate"),
        ({"seed": 2}, "training.seed"),
        ({"encoder": {"hidden": 5}}, "encoder.hidden"),
        ({"model": {"threshold": 0.4}}, "model.threshold"),
    ],
)
def test_a_run_is_not_resumed_with_another_configuration(
    configure: Configure, stopped: Path, changes: dict[str, Any], key: str
) -> None:
    before = contents(stopped)
    with pytest.raises(RelknitError, match=rf"other settings \({key}="):
        train(make_plan(configure(**changes)), stopped, Watcher(), resume=True)
    assert contents(stopped) == before


@pytest.mark.parametrize("split", ["train", "dev"])
def test_a_run_is_not_resumed_with_other_data(configure: Configure, stopped: Path, tmp_path: Path, split: str) -> None:
    plan = make_plan(configure())
    write_jsonl(tmp_path / "other.jsonl", getattr(plan, split)[::-1])
    before = contents(stopped)
    with pytest.raises(RelknitError, match="another configuration or data"):
        train(make_plan(configure(data={split: str(tmp_path / "other.jsonl")})), stopped, Watcher(), resume=True)
    assert contents(stopped) == before


def test_a_finished_run_is_not_taken_for_that_of_another_configuration(configure: Configure, whole: Path) -> None:
    with pytest.raises(RelknitError, match=r"training\.rename="):
        train(make_plan(configure(rename=0.4)), whole, Watcher(), resume=True)


def test_a_run_may_be_resumed_with_another_number_of_threads(configure: Configure, stopped: Path) -> None:
    assert not train(make_plan(configure(threads=2)), stopped, Watcher(), resume=True).interrupted


def test_data_may_be_moved_before_a_run_is_resumed(configure: Configure, stopped: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.jsonl"
    moved.write_bytes(configure().data.train.read_bytes())
    assert not train(make_plan(configure(data={"train": str(moved)})), stopped, Watcher(), resume=True).interrupted


def test_a_run_is_not_started_over(configure: Configure, stopped: Path, whole: Path) -> None:
    for folder, fix in ((stopped, "add --resume"), (whole, "use another --out")):
        before = contents(folder)
        with pytest.raises(RelknitError, match=rf"already holds a run .*; {fix}"):
            train(make_plan(configure()), folder, Watcher())
        assert contents(folder) == before


@pytest.mark.parametrize("resume", [False, True])
def test_a_model_that_no_training_state_belongs_to_is_not_overwritten(
    configure: Configure, whole: Path, resume: bool
) -> None:
    for name in ("result.json", "metrics.jsonl"):
        (whole / name).unlink()
    before = contents(whole)
    with pytest.raises(RelknitError, match=r"model\.safetensors.*use another --out"):
        train(make_plan(configure()), whole, Watcher(), resume=resume)
    assert contents(whole) == before


def test_a_file_is_not_taken_for_a_run_folder(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(RelknitError, match="notes: cannot be created"):
        train(make_plan(configure()), tmp_path / "notes", Watcher())
    assert (tmp_path / "notes").read_text() == "mine"


def test_a_state_of_another_model_is_refused_with_a_fix(configure: Configure, stopped: Path, tmp_path: Path) -> None:
    train(make_plan(configure(encoder={"hidden": 5})), tmp_path / "other", Watcher(), stop=lambda: True)
    tensors, _ = read_tensors(tmp_path / "other" / STATE_FILE)
    write_tensors(stopped / STATE_FILE, tensors, {"state": read_note(stopped / STATE_FILE)["state"]})
    with pytest.raises(CheckpointError, match="does not fit this run"):
        train(make_plan(configure()), stopped, Watcher(), resume=True)


def test_a_damaged_result_is_refused_with_a_fix(configure: Configure, whole: Path) -> None:
    (whole / "result.json").write_text('{"best_epoch": 1}')
    with pytest.raises(CheckpointError, match=r"result\.json: damaged: .*; train again into another folder"):
        train(make_plan(configure(rename=0.5)), whole, Watcher(), resume=True)


def test_what_a_killed_run_was_writing_is_cleared_away_when_it_goes_on(configure: Configure, stopped: Path) -> None:
    (stopped / ".model.safetensors.4711.partial").write_bytes(b"half a model")
    (stopped / "notes.partial").write_text("mine")
    train(make_plan(configure()), stopped, Watcher(), resume=True)
    assert [path.name for path in stopped.glob(".*")] == [".lock"]
    assert (stopped / "notes.partial").read_text() == "mine"


def test_another_kind_of_cpu_or_number_of_threads_is_told(
    configure: Configure, stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = read_state(stopped)
    assert state is not None
    assert (state.cpu, state.threads) == (torch.backends.cpu.get_cpu_capability(), 1)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "OTHER")
    watcher = Watcher()
    train(make_plan(configure(threads=2)), stopped, watcher, resume=True)
    assert any("cpu" in warning and "OTHER" in warning for warning in watcher.warnings)
    assert any("threads = 1" in warning for warning in watcher.warnings)


def test_the_same_machine_is_no_news(configure: Configure, stopped: Path) -> None:
    watcher = Watcher()
    train(make_plan(configure()), stopped, watcher, resume=True)
    assert watcher.warnings == []
