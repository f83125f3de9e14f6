from __future__ import annotations

from dataclasses import replace

import pytest

from relknit.document import Document, Entity, Relation
from relknit.metrics.assertion import FoundFacts, assertion_score, predicted_relation
from relknit.text.read import read_text

BARE = read_text("Nobody says that Ada Holm left New York")
ADA, YORK = Entity(3, 5), Entity(6, 8)
TRIPLE = replace(BARE, entities=(ADA, YORK), relations=(Relation(0, 1, "left"),)).triples[0]


def found(*relations, entities=(ADA, YORK)):
    return predicted_relation(TRIPLE, replace(BARE, entities=entities, relations=relations))


def test_a_fact_is_predicted_by_its_relation_between_its_names():
    assert found(Relation(0, 1, "left", 0.9)) == Relation(0, 1, "left", 0.9)


@pytest.mark.parametrize("relation", [Relation(0, 1, "reached"), Relation(1, 0, "left"), Relation(0, 0, "left")])
def test_another_relation_direction_or_pair_is_another_fact(relation):
    assert found(relation) is None
    assert found() is None


def test_a_boundary_error_states_the_fact_and_a_neighbour_does_not():
    assert found(Relation(0, 1, "left"), entities=(Entity(2, 4), Entity(7, 8))) is not None
    assert found(Relation(0, 1, "left"), entities=(Entity(2, 3), Entity(7, 8))) is None


def test_the_document_may_have_other_tokens_than_the_triple():
    text = BARE.text
    pieces = tuple((k, k + 2) for k in range(0, len(text) - 1, 2))
    document = Document("1", tuple(text[a:b] for a, b in pieces), text=text, offsets=pieces)
    entities = (Entity(10, 11), Entity(16, 17))  # "Ho" and "w "
    assert found(Relation(0, 1, "left")) is not None
    stated = replace(document, entities=entities, relations=(Relation(0, 1, "left"),))
    assert predicted_relation(TRIPLE, stated) is not None
    assert predicted_relation(TRIPLE, replace(stated, entities=(Entity(7, 8), Entity(16, 17)))) is None


def test_of_several_relations_that_state_it_the_most_confident_counts():
    entities = (ADA, YORK, Entity(4, 5))
    relations = (Relation(2, 1, "left", 0.4), Relation(0, 1, "left", 0.8), Relation(2, 1, "left", None))
    assert found(*relations, entities=entities) == relations[1]


def test_facts_are_counted_apart_where_they_are_asserted_and_by_family():
    said, silent = Relation(0, 1, "left", 0.5), None
    answers = [
        ("wish", False, said),
        ("wish", False, Relation(0, 1, "left", 0.9)),
        ("denial", False, silent),
        ("denial", True, said),
        ("wish", True, silent),
    ]
    score = assertion_score(answers)
    assert score.total.not_asserted == FoundFacts(3, 2, 0.7)
    assert score.total.look_alikes == FoundFacts(2, 1, 0.5)
    assert list(score.by_family) == ["wish", "denial"]
    assert score.by_family["denial"].not_asserted == FoundFacts(1, 0, None)
    assert score.by_family["wish"].look_alikes.fraction == 0.0


def test_the_mean_confidence_is_unknown_where_one_is():
    answers = [("wish", False, Relation(0, 1, "left", 0.9)), ("wish", False, Relation(0, 1, "left"))]
    assert assertion_score(answers).total.not_asserted == FoundFacts(2, 2, None)


def test_json_holds_counts_fractions_and_families_and_null_without_texts():
    record = assertion_score([("wish", False, Relation(0, 1, "left", 0.123456))]).to_dict()
    assert record["not_asserted"] == {"texts": 1, "found": 1, "fraction": 1.0, "mean_confidence": 0.1235}
    assert record["look_alikes"] == {"texts": 0, "found": 0, "fraction": None, "mean_confidence": None}
    assert record["by_family"]["wish"]["not_asserted"] == record["not_asserted"]
