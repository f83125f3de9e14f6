from __future__ import annotations

from dataclasses import replace

from relknit.document import Document, Entity, Relation
from relknit.training.diagnosis import FEW_EXAMPLES, cause_of_no_triple


def sentence(number: int, relation: str = "likes") -> Document:
    return Document(f"s{number}", ("Ann", "likes", "Bo"), (Entity(0, 1), Entity(2, 3)), (Relation(0, 1, relation),))


FEW = [sentence(0), *(sentence(k, "knows") for k in range(1, 4))]
MANY = [sentence(k) for k in range(FEW_EXAMPLES)]
FOUND = {"strict": 0.0, "entities": 0.8}


def test_sentences_without_a_triple_can_only_score_0() -> None:
    cause = cause_of_no_triple(FOUND, MANY, [replace(document, relations=()) for document in MANY])
    assert "no sentence that is scored has a triple" in cause


def test_entities_that_are_not_found_come_first() -> None:
    assert "10 F1" in cause_of_no_triple(FOUND | {"entities": 0.1}, FEW, FEW)


def test_the_relation_with_the_fewest_examples_is_named_with_their_number() -> None:
    cause = cause_of_no_triple(FOUND, FEW, FEW)
    assert "1 of 'likes'" in cause
    assert "add sentences" in cause


def test_with_enough_examples_training_was_too_short() -> None:
    assert "train longer" in cause_of_no_triple(FOUND, MANY, MANY)
