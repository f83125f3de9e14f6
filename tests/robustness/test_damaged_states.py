"""Mutations of everything an interrupted run has left: `--resume` goes on from exactly there, or says what is damaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from relknit.checkpoint.tensors import read_tensors, write_tensors
from relknit.config import build_config
from relknit.data.corpus import load_corpus
from relknit.document.jsonl import write_jsonl
from relknit.errors import CheckpointError, RelknitError
from relknit.training import Plan, make_plan, train
from relknit.training.loop import Run
from relknit.training.result import TrainingResult, read_result, write_result
from relknit.training.state import STATE_FILE, read_state, save_state
from tests.robustness.judging import assert_one_line
from tests.robustness.mutations import BYTES, JSON, in_bytes, in_header, in_json, in_line
from tests.training.tiny_runs import TINY, Watcher, contents

pytestmark = pytest.mark.usefixtures("one_thread")

Files = dict[str, bytes]
MODEL_FILES = ("model.json", "model.safetensors", "training_data.json", "vocabulary.json")
# What people read of a run and no run reads again: damage there is not looked for, and does no harm.
RECORDS = ("config.json", "manifest.json", "metrics.jsonl")
EACH = 10  # of the state, for each kind: 15 of bytes and 11 of JSON make 260


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


@pytest.fixture(scope="module")
def whole(plan: Plan, stopped: Files, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the run goes on with while nothing is damaged."""
    folder = laid_out(stopped, tmp_path_factory.mktemp("whole") / "run")
    with torch.random.fork_rng(devices=[]):
        found = resumed(plan, folder)
    assert found is not None
    return found


@pytest.fixture
def folder(stopped: Files, tmp_path: Path) -> Path:
    return laid_out(stopped, tmp_path / "run")


def laid_out(files: Files, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(autouse=True)
def own_random_state() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        yield


def resumed(plan: Plan, folder: Path) -> dict[str, Any] | None:
    """Everything a run goes on with, None where it refuses in one line that names a file of the folder."""
    run = Run(plan, folder, Watcher(), threads=1)
    try:
        assert run.resume()
    except RelknitError as error:
        assert_one_line(error, Path(str(error).partition(": ")[0]))
        assert str(error).startswith(str(folder))
        return None
    moments = {
        f"{number} {key}": value.numpy().tobytes()
        for number, parameter in enumerate(p for group in run.optimiser.param_groups for p in group["params"])
        for key, value in run.optimiser.state[parameter].items()
    }
    assert run.average is not None
    return {
        "state": run.state,
        "weights": {name: value.numpy().tobytes() for name, value in run.model.state_dict().items()},
        "average": {name: value.numpy().tobytes() for name, value in run.average.weights.items()},
        "average steps": run.average.steps,
        "moments": moments,
        "random": torch.get_rng_state().numpy().tobytes(),
    }


def damaged(kind: str, name: str, content: bytes, seed: int) -> bytes:
    if kind in BYTES:
        return in_bytes(kind, content, seed)
    if name.endswith(".safetensors"):
        return in_header(kind, content, seed)
    return (in_line if name.endswith(".jsonl") else in_json)(kind, content, seed)


def test_the_run_to_damage_is_in_its_second_epoch(plan: Plan, folder: Path, whole: dict[str, Any]) -> None:
    assert (whole["state"].epoch, whole["state"].best_epoch) == (1, 0)
    assert whole["moments"]
    assert whole["average steps"] == whole["state"].step
    assert resumed(plan, folder) == whole


@pytest.mark.parametrize("kind", [*BYTES, *JSON])
def test_a_damaged_state_is_refused_or_goes_on_from_exactly_there(
    kind: str, plan: Plan, folder: Path, stopped: Files, whole: dict[str, Any]
) -> None:
    refused = 0
    for seed in range(EACH):
        (folder / STATE_FILE).write_bytes(damaged(kind, STATE_FILE, stopped[STATE_FILE], seed))
        before = contents(folder)
        found = resumed(plan, folder)
        if found is None:
            assert contents(folder) == before  # a refusal changes nothing
        else:
            assert found == whole
        refused += found is None
    assert refused > 0


@pytest.mark.parametrize("name", [*MODEL_FILES, *RECORDS])
def test_damage_elsewhere_in_the_folder_is_refused_or_does_no_harm(
    name: str, plan: Plan, folder: Path, stopped: Files, whole: dict[str, Any]
) -> None:
    refused = 0
    for kind in (*BYTES, *JSON) if name in MODEL_FILES else ("cut off", "a digit or letter changed", "deep nesting"):
        laid_out(stopped, folder)
        (folder / name).write_bytes(damaged(kind, name, stopped[name], 1))
        found = resumed(plan, folder)
        assert found in (None, whole)
        refused += found is None
    if name in MODEL_FILES:
        assert refused > 15
    else:
        assert refused == 0 or name == "metrics.jsonl"  # which has to have the length that the state counts on


def test_a_best_model_that_is_damaged_is_named_before_training_goes_on(plan: Plan, folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x11")
    before = contents(folder)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: is not as it was saved"):
        train(plan, folder, Watcher(), resume=True)
    assert contents(folder) == before


def test_lost_records_of_earlier_epochs_are_named_before_training_goes_on(plan: Plan, folder: Path) -> None:
    (folder / "metrics.jsonl").unlink()
    with pytest.raises(CheckpointError, match=r"metrics\.jsonl: has 0 bytes, the run has written \d+"):
        train(plan, folder, Watcher(), resume=True)


@pytest.mark.parametrize("value", [None, "3", 1.5, True, [1], {}])
@pytest.mark.parametrize("key", ["epoch", "metrics_bytes", "losses"])
def test_a_state_of_wrong_types_is_named(key: str, value: Any, folder: Path) -> None:
    if key == "losses" and value == {}:
        return
    tensors, note = read_tensors(folder / STATE_FILE)
    write_tensors(folder / STATE_FILE, tensors, {"state": note["state"] | {key: value}})
    with pytest.raises(CheckpointError, match=rf"{STATE_FILE}: damaged: {key}"):
        read_state(folder)


def test_every_part_of_a_state_is_in_its_checksum(plan: Plan, folder: Path, stopped: Files) -> None:
    run = Run(plan, folder, Watcher(), threads=1)
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
        content = (folder / STATE_FILE).read_bytes()
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        digests.add(json.loads(header["__metadata__"]["relknit"])["sha256"])
    assert len(digests) == 4


# The result of a finished run, which `--resume` gives again


def written_result(folder: Path) -> TrainingResult:
    dev, test = {"exact": 0.5, "partial": 0.75}, {"exact": 0.25, "partial": 0.5}
    result = TrainingResult(folder, 2, dev, test, 3.5, negatives={"dev": 0.125})
    write_result(result, run="0123456789abcdef")
    return result


@pytest.mark.parametrize("kind", [*BYTES, *JSON])
def test_a_damaged_result_is_refused_or_the_very_same(kind: str, tmp_path: Path) -> None:
    whole, refused = written_result(tmp_path), 0
    path = tmp_path / "result.json"
    content = path.read_bytes()
    for seed in range(EACH):
        path.write_bytes(damaged(kind, "result.json", content, seed))
        try:
            assert read_result(tmp_path) == (whole, "0123456789abcdef")
        except CheckpointError as error:
            assert_one_line(error, path)
            refused += 1
    assert refused > 0 or kind in ("lines joined", "an item moved")  # spaces alone; it has no lists


@pytest.mark.parametrize("kind", JSON)
def test_a_result_of_an_older_version_has_values_of_the_right_types_or_is_refused(kind: str, tmp_path: Path) -> None:
    written_result(tmp_path)
    path = tmp_path / "result.json"
    whole = json.loads(path.read_text())
    del whole["sha256"]
    for seed in range(EACH):
        path.write_bytes(damaged(kind, "result.json", json.dumps(whole).encode(), seed))
        try:
            found = read_result(tmp_path)
        except CheckpointError as error:
            assert_one_line(error, path)
            continue
        assert found is not None
        result, run = found
        assert isinstance(run, str)
        figures = [result.best_epoch, result.seconds, *result.dev.values(), *(result.test or {}).values()]
        assert all(type(figure) in (int, float) for figure in (*figures, *result.negatives.values()))
