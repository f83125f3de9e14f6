"""1,000 mutations of what a run has left: `--resume` goes on from exactly there, or names what is damaged."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from relknit.checkpoint.tensors import read_note, read_tensors, write_tensors
from relknit.config import build_config
from relknit.data.corpus import load_corpus
from relknit.document.jsonl import write_jsonl
from relknit.errors import CheckpointError
from relknit.training import Plan, make_plan, train
from relknit.training.loop import Run
from relknit.training.result import TrainingResult, read_result, write_result
from relknit.training.state import STATE_FILE, read_state, save_state
from tests.robustness.judging import laid_out, unless_refused
from tests.robustness.mutations import JSON, KINDS, damaged
from tests.training.tiny_runs import TINY, Watcher, contents

pytestmark = pytest.mark.usefixtures("one_thread")

Files = dict[str, bytes]
MODEL_FILES = ("model.json", "model.safetensors", "training_data.json", "vocabulary.json")
# What people read of a run and no run reads again: damage there is not looked for, and does no harm.
RECORDS = ("config.json", "manifest.json", "metrics.jsonl")
EACH = 10


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("data")
    write_jsonl(folder / "train.jsonl", [d for d in load_corpus("train") if d.relations][:12])
    write_jsonl(folder / "dev.jsonl", load_corpus("dev")[:4])
    splits = {split: str(folder / f"{split}.jsonl") for split in ("train", "dev")}
    return make_plan(build_config({"data": splits, **{name: dict(section) for name, section in TINY.items()}}))


@pytest.fixture(scope="module")
def stopped(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The folder of a run that was stopped in its second epoch, with the model of the first."""
    folder = tmp_path_factory.mktemp("stopped") / "run"
    steps = iter(range(2))
    assert train(plan, folder, Watcher(), stop=lambda: next(steps, None) is None).interrupted
    files = contents(folder)
    assert {STATE_FILE, *MODEL_FILES, *RECORDS} <= files.keys()
    return files


@pytest.fixture
def folder(stopped: Files, tmp_path: Path) -> Path:
    return laid_out(stopped, tmp_path / "run")


@pytest.fixture
def resumed(plan: Plan) -> Callable[[Path], Any]:
    """Everything that a run goes on with, None where it refuses."""

    def resume(folder: Path) -> dict[str, Any]:
        run = Run(plan, folder, Watcher())
        assert run.resume()
        assert run.average is not None
        moments = {
            f"{number} {key}": value.numpy().tobytes()
            for number, parameter in enumerate(p for group in run.optimiser.param_groups for p in group["params"])
            for key, value in run.optimiser.state[parameter].items()
        }
        return {
            "state": run.state,
            "weights": {name: value.numpy().tobytes() for name, value in run.model.state_dict().items()},
            "average": {name: value.numpy().tobytes() for name, value in run.average.weights.items()},
            "average steps": run.average.steps,
            "moments": moments,
            "random": torch.get_rng_state().numpy().tobytes(),
        }

    return lambda folder: unless_refused(resume, folder)


def test_a_damaged_state_is_refused_or_goes_on_from_exactly_there(
    folder: Path, stopped: Files, resumed: Callable[[Path], Any]
) -> None:
    whole = resumed(folder)
    assert (whole["state"].epoch, whole["state"].best_epoch) == (1, 0)
    assert whole["moments"]
    assert whole["average steps"] == whole["state"].step
    refused = dict.fromkeys(KINDS, 0)
    for kind, seed in itertools.product(KINDS, range(EACH)):
        (folder / STATE_FILE).write_bytes(damaged(kind, STATE_FILE, stopped[STATE_FILE], seed))
        before = contents(folder)
        found = resumed(folder)
        if found is None:
            assert contents(folder) == before  # a refusal changes nothing
        else:
            assert found == whole
        refused[kind] += found is None
    assert min(refused.values()) > 0, refused


@pytest.mark.parametrize("name", [*MODEL_FILES, *RECORDS])
def test_damage_elsewhere_in_the_folder_is_refused_or_does_no_harm(
    name: str, folder: Path, stopped: Files, resumed: Callable[[Path], Any]
) -> None:
    whole, refused = resumed(folder), 0
    for kind in KINDS if name in MODEL_FILES else ("cut off", "a digit or letter changed", "deep nesting"):
        laid_out(stopped, folder)
        (folder / name).write_bytes(damaged(kind, name, stopped[name], 1))
        found = resumed(folder)
        assert found in (None, whole)
        refused += found is None
    if name in MODEL_FILES:
        assert refused > 15
    else:
        assert refused == 0 or name == "metrics.jsonl"  # which has to have the length that the state counts on


def test_what_is_damaged_is_named_before_training_goes_on(plan: Plan, folder: Path, stopped: Files) -> None:
    for name, content in (("model.safetensors", stopped["model.safetensors"][:-1] + b"\x11"), ("metrics.jsonl", b"")):
        laid_out(stopped, folder)
        (folder / name).write_bytes(content)
        with pytest.raises(CheckpointError, match=f"{name}: "):
            train(plan, folder, Watcher(), resume=True)
        assert contents(folder) == stopped | {name: content, ".lock": b""}


@pytest.mark.parametrize("value", [None, "3", 1.5, True, [1]])
@pytest.mark.parametrize("key", ["epoch", "metrics_bytes", "losses"])
def test_a_state_of_wrong_types_is_named(key: str, value: Any, folder: Path) -> None:
    tensors, note = read_tensors(folder / STATE_FILE)
    write_tensors(folder / STATE_FILE, tensors, {"state": note["state"] | {key: value}})
    with pytest.raises(CheckpointError, match=rf"{STATE_FILE}: damaged: {key}"):
        read_state(folder)


def test_every_part_of_a_state_is_in_its_checksum(plan: Plan, folder: Path) -> None:
    run = Run(plan, folder, Watcher())
    assert run.resume()
    digests = set()
    for changed in ("nothing", "state", "weights", "random"):
        if changed == "state":
            run.state = replace(run.state, step=run.state.step + 1)
        elif changed == "weights":
            with torch.no_grad():
                run.model.tagger.bias[0] += 1e-3
        elif changed == "random":
            torch.rand(1)
        save_state(folder, run.state, run.model, run.optimiser, run.average)
        digests.add(read_note(folder / STATE_FILE)["sha256"])
    assert len(digests) == 4


def test_a_damaged_result_is_refused_or_the_very_same(tmp_path: Path) -> None:
    scores = {"exact": 0.5, "partial": 0.75}
    whole = TrainingResult(tmp_path, 2, scores, scores, 3.5, negatives={"dev": 0.125})
    write_result(whole, run="0123456789abcdef")
    content = (tmp_path / "result.json").read_bytes()
    without_checksum = json.loads(content)
    del without_checksum["sha256"]
    refused = 0
    for kind, seed in itertools.product(KINDS, range(EACH)):
        (tmp_path / "result.json").write_bytes(damaged(kind, "result.json", content, seed))
        found = unless_refused(read_result, tmp_path)
        assert found in (None, (whole, "0123456789abcdef"))
        refused += found is None
    assert refused > 150
    for kind, seed in itertools.product(JSON, range(EACH)):  # of an older version: at least the types are right
        older = damaged(kind, "result.json", json.dumps(without_checksum).encode(), seed)
        (tmp_path / "result.json").write_bytes(older)
        found = unless_refused(read_result, tmp_path)
        if found is not None:
            result, run = found
            assert isinstance(run, str)
            figures = (result.best_epoch, result.seconds, *result.dev.values(), *(result.test or {}).values())
            assert all(type(figure) in (int, float) for figure in (*figures, *result.negatives.values()))
