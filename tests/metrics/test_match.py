from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.errors import DataError
from relknit.metrics.match import match_predictions


def document(identity: str, *words: str) -> Document:
    return Document(identity, words or (f"word-{identity}",))


def predicted(identity: str, *words: str) -> Document:
    """The same sentence with an entity whose confidence tells whose prediction it is."""
    bare = document(identity, *words)
    return Document(identity, bare.tokens, (Entity(0, 1, confidence=len(identity) / 10),))


def whose(predictions: list[Prediction]) -> list[float | None]:
    return [p.entities[0].confidence for p in predictions]


GOLD = [document("a"), document("bb"), document("ccc")]


def test_other_ids_with_the_same_tokens_are_paired_by_position():
    renumbered = [Document(str(k), d.tokens, (Entity(0, 1, confidence=k / 10),)) for k, d in enumerate(GOLD)]
    assert whose(match_predictions(GOLD, renumbered)) == [0.0, 0.1, 0.2]


def test_repeated_ids_with_the_same_tokens_are_paired_by_position():
    gold = [document("x", "one"), document("x", "two")]
    found = match_predictions(gold, [Document("x", d.tokens, (Entity(0, 1, type=d.tokens[0]),)) for d in gold])
    assert [p.entities[0].type for p in found] == ["one", "two"]


def test_entities_relations_and_anchors_all_come_along():
    full = Document("a", ("x", "y"), (Entity(0, 1),), (Relation(0, 0, "r"),), anchors=(AnchorTriple(0, "r", 1, 0.5),))
    assert match_predictions([document("a", "x", "y")], [full]) == [full.prediction]


def refusal(gold: list[Document], predictions: list[Document]) -> str:
    with pytest.raises(DataError) as caught:
        match_predictions(gold, predictions)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_first_missing_id_is_named():
    message = refusal(GOLD, [predicted("a")])
    assert "3 gold sentences, 1 predictions" in message
    assert "id 'bb' has no prediction" in message
    assert "'ccc'" not in message


def test_first_extra_id_is_named():
    assert "id 'zz' is not in gold" in refusal(GOLD, [*map(predicted, ("a", "bb", "ccc", "zz", "q"))])


def test_missing_and_extra_id_are_named_together():
    message = refusal(GOLD, [predicted("a"), predicted("zz"), predicted("ccc")])
    assert "id 'bb' has no prediction and id 'zz' is not in gold" in message
    assert "by position, sentence 2" in message


@pytest.mark.parametrize("side", ["gold", "predictions"])
def test_id_given_twice_is_named_with_its_side(side):
    twice = [document("a"), document("bb"), document("bb")]
    message = refusal(twice, GOLD[:2]) if side == "gold" else refusal(GOLD[:2], twice)
    assert f"{side}: id 'bb'" in message


def test_sentence_whose_tokens_differ_is_named_with_the_first_difference():
    message = refusal(
        [*GOLD, document("d", "same", "Holm")], [*map(predicted, ("a", "bb", "ccc")), document("d", "same", "Hulm")]
    )
    assert re.search(r"sentence 4 \(id 'd'\) differs at token 1: gold has 'Holm', the prediction 'Hulm'", message)
    assert "by position" not in message


def test_sentence_that_ends_early_is_named():
    message = refusal([document("a", "one", "two")], [document("a", "one")])
    assert "differs at token 1: gold has 'two', the prediction the end of the sentence" in message


def test_ids_as_line_numbers_in_another_order_are_refused_rather_than_mixed():
    gold = [document("1", "one"), document("2", "two")]
    assert "sentence 1" in refusal(gold, [document("1", "two"), document("2", "one")])


@given(st.permutations(range(6)))
def test_any_order_is_found_by_id(order):
    gold = [document(str(k)) for k in range(6)]
    shuffled = [Document(gold[k].id, gold[k].tokens, (Entity(0, 1, confidence=k / 10),)) for k in order]
    assert whose(match_predictions(gold, shuffled)) == [k / 10 for k in range(6)]
