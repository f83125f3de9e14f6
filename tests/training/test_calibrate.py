from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import relknit.training.calibrate as calibrate
from relknit.models import Decoding, JointModel
from relknit.training import Plan
from relknit.training.calibrate import choose_decoding


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Strict F1 on dev without and with anchors outside any entity; all other scores say the opposite."""

    def install(dropped: float, kept: float) -> None:
        def scores(model: JointModel, documents: Any, **options: Any) -> dict[str, float]:
            strict = kept if model.decoding.keep_untagged else dropped
            return {"strict": strict, "partial": -strict, "exact": -strict}

        monkeypatch.setattr(calibrate, "quick_scores", scores)

    return install


@pytest.mark.parametrize(("dropped", "kept", "keep"), [(0.4, 0.5, True), (0.5, 0.4, False), (0.5, 0.5, False)])
def test_the_better_of_two_ways_by_strict_f1_is_chosen_and_dropping_on_a_tie(
    plan: Plan, scripted: Callable[[float, float], None], dropped: float, kept: float, keep: bool
) -> None:
    scripted(dropped, kept)
    assert choose_decoding(plan.saved.model, plan.dev, max_tokens=50).keep_untagged is keep


def test_the_threshold_and_the_model_stay_as_they_were(plan: Plan, scripted: Callable[[float, float], None]) -> None:
    scripted(0.0, 1.0)
    model = plan.saved.model
    model.decoding = Decoding(threshold=0.3)
    assert choose_decoding(model, plan.dev, max_tokens=50) == Decoding(threshold=0.3, keep_untagged=True)
    assert model.decoding == Decoding(threshold=0.3)
