"""Which weights learn how fast, and which decay."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from relknit.config import TrainingConfig
from relknit.training.optimiser import build_optimiser


def model() -> Any:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.before = nn.Linear(2, 2)
            self.encoder = nn.Linear(3, 3)
            self.after = nn.Linear(2, 1)

    return Two()


def groups(model: Any, **settings: Any) -> list[SimpleNamespace]:
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    optimiser = build_optimiser(model, TrainingConfig(**settings))
    return [
        SimpleNamespace(
            names=[names[id(p)] for p in group["params"]], **{k: v for k, v in group.items() if k != "params"}
        )
        for group in optimiser.param_groups
    ]


def test_with_one_rate_there_is_one_group_in_the_models_order() -> None:
    two = model()
    (group,) = groups(two, learning_rate=0.01)
    assert group.names == [name for name, _ in two.named_parameters()]
    assert (group.lr, group.factor, group.weight_decay) == (0.01, 1.0, 0.0)


def test_the_encoder_learns_at_its_own_rate() -> None:
    first, second = groups(model(), learning_rate=0.01, encoder_learning_rate=0.002)
    assert first.names == ["before.weight", "before.bias", "after.weight", "after.bias"]
    assert second.names == ["encoder.weight", "encoder.bias"]
    assert (first.lr, first.factor) == (0.01, 1.0)
    assert second.lr == pytest.approx(0.002)
    assert second.factor == pytest.approx(0.2)


def test_decay_spares_what_has_one_dimension() -> None:
    found = groups(model(), weight_decay=0.1, encoder_learning_rate=1e-4)
    assert {name: group.weight_decay for group in found for name in group.names} == {
        f"{part}.{kind}": (0.1 if kind == "weight" else 0.0)
        for part in ("before", "encoder", "after")
        for kind in ("weight", "bias")
    }
    assert len(found) == 4


def test_decay_shrinks_weights_by_the_rate_times_itself() -> None:
    two = model()
    before = {name: value.detach().clone() for name, value in two.named_parameters()}
    optimiser = build_optimiser(two, TrainingConfig(learning_rate=0.1, weight_decay=0.5, encoder_learning_rate=0.02))
    for parameter in two.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    for name, value in two.named_parameters():
        rate = 0.02 if name.startswith("encoder") else 0.1
        torch.testing.assert_close(value.detach(), before[name] * (1 - rate * 0.5 if name.endswith("weight") else 1))


def test_a_step_moves_each_group_by_its_own_rate() -> None:
    two = model()
    before = {name: value.detach().clone() for name, value in two.named_parameters()}
    optimiser = build_optimiser(two, TrainingConfig(learning_rate=0.1, encoder_learning_rate=0.001))
    for parameter in two.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    for name, value in two.named_parameters():
        moved = before[name] - value.detach()  # Adam's first step is the rate itself
        torch.testing.assert_close(
            moved, torch.full_like(moved, 0.001 if name.startswith("encoder") else 0.1), rtol=1e-3, atol=1e-6
        )


def test_what_does_not_learn_is_in_no_group() -> None:
    two = model()
    two.encoder.requires_grad_(False)
    (group,) = groups(two, encoder_learning_rate=1e-5)
    assert group.names == ["before.weight", "before.bias", "after.weight", "after.bias"]


def test_without_decay_it_is_plain_adam() -> None:
    assert type(build_optimiser(model(), TrainingConfig())) is torch.optim.Adam
    assert type(build_optimiser(model(), TrainingConfig(weight_decay=0.1))) is torch.optim.AdamW
