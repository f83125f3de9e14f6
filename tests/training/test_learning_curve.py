from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from relknit.config import Config
from relknit.report.learning_curve_plot import learning_curve_svg
from relknit.training import make_plan, train
from relknit.training.learning_curve import CURVE_FILE, CURVE_FOLDER, learning_curve, part_of, subset
from tests.training.tiny_runs import Watcher

Configure = Callable[..., Config]


def test_larger_subsets_hold_the_smaller_ones(configure: Configure) -> None:
    documents = make_plan(configure()).train
    parts = [subset(documents, fraction, seed=1) for fraction in (0.25, 0.5, 0.75, 1.0)]
    assert [len(part) for part in parts] == [6, 12, 18, 24]
    for smaller, larger in pairwise(parts):
        assert set(smaller) < set(larger)
    assert parts[-1] == documents


def test_subsets_are_drawn_by_the_seed(configure: Configure) -> None:
    documents = make_plan(configure()).train
    assert subset(documents, 0.5, seed=1) == subset(documents, 0.5, seed=1) != subset(documents, 0.5, seed=2)


def test_a_smaller_training_takes_as_many_steps(configure: Configure) -> None:
    part = part_of(make_plan(configure(epochs=4)), 0.5)
    assert part is not None
    assert part.config.training.epochs == 8


def test_a_subset_without_a_triple_is_left_out(configure: Configure) -> None:
    plan = make_plan(configure())
    assert part_of(replace(plan, train=tuple(replace(d, relations=()) for d in plan.train)), 0.5) is None


@pytest.mark.parametrize("folds", [0, 2])
def test_the_curve_of_a_run_ends_in_its_own_score(configure: Configure, tmp_path: Path, folds: int) -> None:
    plan = make_plan(configure(folds=folds, epochs=1))
    result = train(plan, tmp_path, Watcher())
    curve = learning_curve(plan, result, Watcher())
    assert curve is not None
    size = len(plan.train)
    assert [point.sentences for point in curve.points] == [round(size * part) for part in (0.25, 0.5, 0.75, 1)]
    assert curve.points[-1].f1 == result.dev["strict"]
    assert json.loads((tmp_path / CURVE_FILE).read_text()) == curve.to_dict()
    assert not (tmp_path / CURVE_FOLDER).exists()


def test_an_interrupted_curve_is_resumed(configure: Configure, tmp_path: Path) -> None:
    plan = make_plan(configure(epochs=1))
    result = train(plan, tmp_path / "run", Watcher())
    whole = train(make_plan(configure(epochs=1)), tmp_path / "whole", Watcher())
    watcher = Watcher()
    assert learning_curve(plan, result, watcher, stop=lambda: len(watcher.records) > 0) is None
    assert not (result.folder / CURVE_FILE).exists()
    resumed = learning_curve(plan, result, Watcher(), resume=True)
    assert resumed == learning_curve(plan, whole, Watcher())


def test_the_plot_has_a_dot_and_a_tooltip_for_each_point(configure: Configure, tmp_path: Path) -> None:
    plan = make_plan(configure(epochs=1))
    curve = learning_curve(plan, train(plan, tmp_path, Watcher()), Watcher())
    assert curve is not None
    drawn = learning_curve_svg(curve)
    assert drawn.count("<circle") == len(curve.points)
    for point in curve.points:
        assert f"{point.sentences} sentences" in drawn
