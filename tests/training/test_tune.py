from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import relknit.training.tune as tune
from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.models.rin.decoding import Decoding
from relknit.training import Plan
from relknit.training.tune import choose_decoding, selection_score

NAMES = (Entity(0, 1), Entity(2, 4))
GOLD = Document("1", ("Ada", "left", "New", "York", "today"), NAMES, (Relation(0, 1, "left"),))
RIGHT = AnchorTriple(0, "left", 3, 0.9)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """What the model finds in GOLD, its tagged entities and pairs; gives the decodings that it was asked under."""

    def install(entities: tuple[Entity, ...], *anchors: AnchorTriple) -> list[Any]:
        asked = []

        def predict(model: Any, documents: Any, **options: Any) -> list[Prediction]:
            asked.append(model.decoding)
            return [Prediction(entities, (), anchors) for _ in documents]

        monkeypatch.setattr(tune, "predict", predict)
        return asked

    return install


def choose(plan: Plan, select_by: str = "partial+exact") -> Decoding:
    return choose_decoding(plan.saved.model, [GOLD], select_by=select_by, max_tokens=50)


def test_a_decoding_that_gains_nothing_is_left_as_it_was(plan: Plan, found: Callable[..., Any]) -> None:
    found(NAMES, RIGHT)
    assert choose(plan) == Decoding()


def test_a_wrong_pair_outside_the_entities_asks_for_the_lowest_threshold_that_is_above_it(
    plan: Plan, found: Callable[..., Any]
) -> None:
    found(NAMES, RIGHT, AnchorTriple(0, "left", 4, 0.75))
    assert choose(plan) == Decoding(untagged_threshold=0.8)
    found(NAMES, RIGHT, AnchorTriple(0, "left", 4, 0.99))
    assert choose(plan).untagged_threshold == 1.0


def test_a_right_pair_outside_the_entities_stays(plan: Plan, found: Callable[..., Any]) -> None:
    found((NAMES[0],), AnchorTriple(0, "left", 3, 0.65), AnchorTriple(0, "left", 4, 0.55))
    assert choose(plan, "partial") == Decoding(untagged_threshold=0.6)


def test_a_wrong_pair_inside_the_entities_asks_for_a_higher_threshold_and_a_right_one_for_a_lower(
    plan: Plan, found: Callable[..., Any]
) -> None:
    found(NAMES, RIGHT, AnchorTriple(3, "left", 0, 0.65))
    assert choose(plan) == Decoding(0.7)
    found(NAMES, AnchorTriple(0, "left", 3, 0.45))
    assert choose(plan) == Decoding(0.4)


def test_a_pair_that_gold_has_at_an_earlier_mention_asks_for_first_mentions(
    plan: Plan, found: Callable[..., Any]
) -> None:
    tokens = ("Ada", "left", "New", "York", "as", "Ada", "wished")
    gold = Document("1", tokens, (Entity(0, 1), Entity(2, 4)), (Relation(0, 1, "left"),))
    found((Entity(0, 1), Entity(2, 4), Entity(5, 6)), AnchorTriple(5, "left", 3, 0.9))
    chosen = choose_decoding(plan.saved.model, [gold], select_by="partial", max_tokens=50)
    assert chosen == Decoding(mentions="name")
    found((Entity(2, 4), Entity(5, 6)), AnchorTriple(5, "left", 3, 0.9))
    chosen = choose_decoding(plan.saved.model, [gold], select_by="partial", max_tokens=50)
    assert chosen == Decoding(keep_untagged=True, mentions="word")


def test_untuned_the_threshold_is_the_models_own_for_all_pairs(plan: Plan, found: Callable[..., Any]) -> None:
    asked = found(NAMES, RIGHT, AnchorTriple(0, "left", 4, 0.75))
    chosen = choose_decoding(plan.saved.model, [GOLD], select_by="partial", tune=False, max_tokens=50)
    assert asked == [chosen] == [Decoding(0.5)]


def test_the_score_that_chose_the_epoch_chooses_first(plan: Plan, found: Callable[..., Any]) -> None:
    """A pair of a word inside an entity is wrong as an anchor, and right once it stands for the whole entity."""
    found(NAMES, AnchorTriple(0, "left", 2, 0.9))
    assert choose(plan, "strict") == Decoding()
    found(NAMES, RIGHT, AnchorTriple(0, "left", 2, 0.95))
    assert choose(plan, "partial") == Decoding(untagged_threshold=1.0)


def test_words_outside_are_kept_where_strict_f1_gains_from_it(plan: Plan, found: Callable[..., Any]) -> None:
    gold = Document("1", GOLD.tokens, (Entity(0, 1), Entity(3, 4)), (Relation(0, 1, "left"),))
    found((Entity(0, 1),), RIGHT)
    assert choose_decoding(plan.saved.model, [gold], select_by="partial", max_tokens=50).keep_untagged
    found((Entity(0, 1),))
    assert not choose_decoding(plan.saved.model, [gold], select_by="partial", max_tokens=50).keep_untagged


def test_dev_is_predicted_once_and_the_model_stays_as_it_was(plan: Plan, found: Callable[..., Any]) -> None:
    asked = found(NAMES, RIGHT, AnchorTriple(0, "left", 4, 0.75))
    model = plan.saved.model.train()
    model.decoding = Decoding(0.2, keep_untagged=True, untagged_threshold=0.7)
    choose(plan)
    assert asked == [Decoding(0.2)]
    assert model.decoding == Decoding(0.2, keep_untagged=True, untagged_threshold=0.7)
    assert model.training


def places(prediction: Prediction) -> tuple[Any, ...]:
    """A prediction without its confidences, whose last bit depends on how many pairs are selected at once."""
    return (
        [(entity.token_start, entity.token_end, entity.type, entity.tagged) for entity in prediction.entities],
        [(relation.head, relation.type, relation.tail) for relation in prediction.relations],
        [(anchor.head, anchor.type, anchor.tail) for anchor in prediction.anchors or ()],
    )


def test_decoding_again_equals_predicting_again(plan: Plan) -> None:
    from relknit.predict import predict

    model = plan.saved.model.eval()
    model.decoding = Decoding(0.002)
    plain = predict(model, plan.dev, max_tokens=64)
    assert any(prediction.anchors for prediction in plain)
    for decoding in (
        Decoding(0.002, keep_untagged=True),
        Decoding(0.002, untagged_threshold=0.0026),
        Decoding(0.002, mentions="name"),
        Decoding(0.002, mentions="word"),
        Decoding(0.0026),
    ):
        model.decoding = decoding
        again = predict(model, plan.dev, max_tokens=64)
        redecoded = [
            model.redecode(document, prediction, decoding) for prediction, document in zip(plain, plan.dev, strict=True)
        ]
        assert [places(prediction) for prediction in again] == [places(prediction) for prediction in redecoded]


def test_several_scores_are_averaged() -> None:
    assert selection_score({"exact": 0.3, "partial": 0.6, "strict": 0.1}, "exact") == 0.3
    assert selection_score({"exact": 0.3, "partial": 0.6, "strict": 0.1}, "partial+exact") == pytest.approx(0.45)
