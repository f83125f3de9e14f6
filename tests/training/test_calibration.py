from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import relknit.training.calibration as confidence
from relknit.calibration.confidence import Calibration
from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable
from relknit.checkpoint import load_model
from relknit.config import Config
from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics import evaluate_predictions
from relknit.models.rin.decoding import Decoding
from relknit.training import Plan, make_plan, train
from relknit.training.calibration import calibration_of, fit_calibration
from tests.training.tiny_runs import Watcher

NAMES = (Entity(0, 1), Entity(2, 3))


def gold(number: int, *relations: Relation) -> Document:
    return Document(str(number), ("Ada", "left", "York"), NAMES, relations)


def said(probability: float, spans: float = 1.0, relation: str = "left") -> Prediction:
    """One triple between both names, each tagged with probability `spans`."""
    entities = tuple(Entity(e.token_start, e.token_end, None, spans) for e in NAMES)
    return Prediction(entities, (Relation(0, 1, relation, probability),))


def half_right(count: int, probability: float = 0.95) -> tuple[list[Document], list[Prediction]]:
    """Half of the sentences state what is predicted in all of them."""
    documents = [gold(k, *([Relation(0, 1, "left")] if (k // 10) % 2 else [])) for k in range(count)]
    return documents, [said(probability) for _ in documents]


def test_an_overconfident_model_learns_how_often_it_is_right() -> None:
    dev, found = half_right(200)
    calibration = calibration_of(dev, found)
    assert calibration(found[0]).relations[0].confidence == pytest.approx(0.5, abs=0.02)
    before, after = (
        evaluate_predictions(dev, predictions, rule="last", bootstrap_samples=0).reliability
        for predictions in (found, [calibration(p) for p in found])
    )
    assert before is not None
    assert after is not None
    assert before.error == pytest.approx(0.45)
    assert after.error < 0.02


def test_a_triple_of_unsure_spans_is_less_sure() -> None:
    dev = [gold(k, *([Relation(0, 1, "left")] if (k // 10) % 4 else [])) for k in range(200)]
    found = [said(0.9, 0.95 if (k // 10) % 4 else 0.5) for k in range(200)]
    calibration = calibration_of(dev, found)
    sure, unsure = (calibration(p).relations[0].confidence or 0.0 for p in (said(0.9, 0.95), said(0.9, 0.5)))
    assert sure > 0.85
    assert unsure < 0.4


def test_the_table_counts_calibrated_triples_of_each_relation() -> None:
    dev, found = half_right(60)
    found[1] = said(0.95, relation="knows")
    calibration = calibration_of(dev, found)
    level = int(1000 * calibration.triples(0.95))
    assert calibration.dev.by_relation == {"knows": {level: (0, 1)}, "left": {level: (30, 59)}}


def test_types_are_compared_where_gold_has_them() -> None:
    typed = Document(
        "1", ("Ada", "left", "York"), (Entity(0, 1, "Person"), Entity(2, 3, "Place")), (Relation(0, 1, "left"),)
    )
    other = tuple(Entity(e.token_start, e.token_end, "Person", 0.9) for e in NAMES)
    wrong = Prediction(other, (Relation(0, 1, "left", 0.9),))
    assert calibration_of([typed], [wrong]).dev.to_json() == {"left": "0.729 0/1"}


def test_types_are_not_asked_of_a_model_that_gives_none() -> None:
    ends = (Entity(0, 1, "Person"), Entity(2, 3, "Place"))
    typed = Document("1", ("Ada", "left", "York"), ends, (Relation(0, 1, "left"),))
    found = calibration_of([typed] * 50, [said(0.9)] * 50)
    assert (
        found.dev.by_relation["left"]
        == PrecisionTable.of([("left", found.triples(0.9), True)] * 50).by_relation["left"]
    )


def test_nothing_predicted_is_a_calibration_that_changes_nothing() -> None:
    calibration = calibration_of([gold(1)], [Prediction()])
    assert calibration == Calibration(PlattScaling(), PlattScaling(), PrecisionTable({}))
    assert calibration_of([], []) == calibration


def test_the_model_is_asked_once_for_its_own_probabilities_and_left_as_it_was(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = plan.saved.model.train()
    model.decoding = Decoding(0.3, keep_untagged=True)
    model.calibration = earlier = Calibration(PlattScaling(3.0), PlattScaling(), PrecisionTable({}))
    asked: list[Any] = []

    def predict(model: Any, documents: Any, **options: Any) -> list[Prediction]:
        asked.append((model.decoding, model.calibration, model.training))
        return [said(0.9) for _ in documents]

    monkeypatch.setattr(confidence, "predict", predict)
    fitted = fit_calibration(model, [gold(k) for k in range(30)], max_tokens=50)
    assert asked == [(Decoding(0.3, keep_untagged=True), None, False)]
    assert model.calibration is earlier
    assert model.training
    assert fitted.dev.to_json() == {"left": f"{int(1000 * fitted.triples(0.9)) / 1000:.3f} 0/30"}


def test_training_ends_with_a_calibration_in_the_model(
    configure: Callable[..., Config], tmp_path: Path, watcher: Watcher
) -> None:
    plan = make_plan(configure(epochs=1, model={"threshold": 0.01}, tune_thresholds=False))
    train(plan, tmp_path / "run", watcher)
    saved = load_model(tmp_path / "run")
    assert saved.model.calibration is not None
    again = fit_calibration(saved.model, plan.dev, max_tokens=saved.trained_on.max_tokens)
    assert saved.model.calibration == again
    stored = json.loads((tmp_path / "run" / "model.json").read_text(encoding="utf-8"))
    assert stored["calibration"] == again.to_json()
    assert stored["version"] == 2
