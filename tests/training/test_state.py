from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from relknit.checkpoint.tensors import write_tensors
from relknit.errors import CheckpointError
from relknit.training import Plan, TrainingState
from relknit.training.result import TrainingResult, read_result, write_result
from relknit.training.schedule import MovingAverage
from relknit.training.state import append_record, cut_back, read_state, remove_partial_files, restore_state, save_state
from tests.building import total
from tests.training.tiny_runs import contents

PLACE = TrainingState(3, 2, 14, {"entity": 1.25, "relation": 0.1 + 0.2}, 0.625, 1, 321, 7.5, "abc")


def adam(plan: Plan) -> torch.optim.Adam:
    return torch.optim.Adam(plan.saved.model.parameters(), lr=0.1, fused=True)


def step(plan: Plan, optimiser: torch.optim.Optimizer, average: MovingAverage) -> None:
    model = plan.saved.model
    model.train()
    optimiser.zero_grad()
    total(model.loss(model.collate([model.prepare(d, labelled=True) for d in plan.train[:4]]))).backward()
    optimiser.step()
    average.update(model)


def test_a_restored_state_takes_the_same_next_step(plan: Plan, tmp_path: Path) -> None:
    model = plan.saved.model
    with torch.random.fork_rng(devices=[]):
        optimiser, average = adam(plan), MovingAverage(model, 0.9)
        step(plan, optimiser, average)
        save_state(tmp_path, PLACE, model, optimiser, average)
        outcomes = []
        for _ in range(2):
            step(plan, optimiser, average)
            outcomes.append((model.tagger.weight.clone(), average.weights["tagger.weight"].clone(), average.steps))
            optimiser, average = adam(plan), MovingAverage(model, 0.9)
            restore_state(tmp_path, model, optimiser, average)
    assert torch.equal(outcomes[0][0], outcomes[1][0])
    assert torch.equal(outcomes[0][1], outcomes[1][1])
    assert outcomes[0][2] == outcomes[1][2] == 2


def test_a_place_comes_back_to_the_last_bit(plan: Plan, tmp_path: Path) -> None:
    save_state(tmp_path, PLACE, plan.saved.model, adam(plan), None)
    assert read_state(tmp_path) == PLACE


def test_a_folder_without_a_state_has_no_place(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None


def test_a_state_of_version_0_1_0_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    write_tensors(tmp_path / "state.safetensors", {}, {"place": {"epoch": 1, "batch": 2}})
    with pytest.raises(CheckpointError, match="another version"):
        read_state(tmp_path)


def test_a_state_can_be_saved_before_the_first_step_and_without_an_average(plan: Plan, tmp_path: Path) -> None:
    optimiser = adam(plan)
    save_state(tmp_path, TrainingState(), plan.saved.model, optimiser, None)
    weight = plan.saved.model.tagger.weight.clone()
    with torch.no_grad():
        plan.saved.model.tagger.weight.zero_()
    with torch.random.fork_rng(devices=[]):
        restore_state(tmp_path, plan.saved.model, optimiser, None)
    assert torch.equal(plan.saved.model.tagger.weight, weight)
    assert not optimiser.state


def test_a_state_without_an_average_does_not_fit_a_run_with_one(plan: Plan, tmp_path: Path) -> None:
    save_state(tmp_path, TrainingState(), plan.saved.model, adam(plan), None)
    average = MovingAverage(plan.saved.model, 0.9)
    with torch.random.fork_rng(devices=[]), pytest.raises(CheckpointError, match="does not fit this run"):
        restore_state(tmp_path, plan.saved.model, adam(plan), average)


def test_the_state_file_is_replaced_whole(plan: Plan, tmp_path: Path) -> None:
    for epoch in (1, 2):
        save_state(tmp_path, TrainingState(epoch=epoch), plan.saved.model, adam(plan), None)
    assert list(contents(tmp_path)) == ["state.safetensors"]
    assert read_state(tmp_path) == TrainingState(epoch=2)


def test_records_are_appended_behind_the_bytes_that_belong_to_the_run(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    first = append_record(path, {"epoch": 1}, 0)
    append_record(path, {"epoch": "never saved"}, first)
    second = append_record(path, {"epoch": 2}, first)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"epoch": 1}, {"epoch": 2}]
    assert second == path.stat().st_size


def test_cutting_back_never_lengthens_and_needs_no_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    cut_back(path, 5)
    assert not path.exists()
    path.write_text("1234567")
    for size in (9, 7, 3):
        cut_back(path, size)
        assert path.read_text() == "1234567"[:size]


def test_only_partial_files_are_removed(tmp_path: Path) -> None:
    for name in (".a.json.12.partial", ".mine.partial", ".b.json.12.partial", ".hidden", "b.partial", "a.json"):
        (tmp_path / name).write_text("x")
    remove_partial_files(tmp_path, ["a.json"])
    assert sorted(contents(tmp_path)) == [".b.json.12.partial", ".hidden", ".mine.partial", "a.json", "b.partial"]


@pytest.mark.parametrize("test", [None, {"exact": 0.25}])
def test_a_result_comes_back_as_it_was_written(tmp_path: Path, test: dict[str, float] | None) -> None:
    result = TrainingResult(tmp_path, 4, {"exact": 0.5}, test, 12.5)
    write_result(result, run="abc")
    assert read_result(tmp_path) == (result, "abc")


def test_a_folder_without_a_result_has_none(tmp_path: Path) -> None:
    assert read_result(tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "3", "{", '{"best_epoch": 1, "dev": {}, "test": null, "seconds": 1}'])
def test_a_damaged_result_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "result.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"result\.json: "):
        read_result(tmp_path)
