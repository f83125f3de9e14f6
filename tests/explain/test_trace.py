from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import Document, Entity, Relation
from relknit.explain import Course, Explanation

TEXT = Document(
    "1", ("Ada", "left", "New", "York"), text="Ada left New York", offsets=((0, 3), (4, 8), (9, 12), (13, 17))
)
ADA, YORK = Entity(0, 1, None, 0.6), Entity(3, 4, None, 0.5)


def stage(entities: tuple[Entity, ...] = (), *relations: Relation) -> Document:
    return replace(TEXT, entities=entities, relations=relations)


def sure(entity: Entity, confidence: float) -> Entity:
    return replace(entity, confidence=confidence)


STAGES = [
    stage((ADA, YORK)),
    stage((sure(ADA, 0.9), Entity(2, 4, None, 0.7)), Relation(0, 1, "left", 0.55)),
    stage((sure(ADA, 0.8), Entity(2, 4, None, 0.7)), Relation(0, 1, "left", 0.95), Relation(1, 0, "knows", 0.6)),
]


def test_what_appears_vanishes_rises_and_falls_is_named_round_by_round():
    explanation = Explanation.of(STAGES)
    assert explanation.rounds == 2
    assert [(e.span.text, e.course.confidences, e.course.changes) for e in explanation.entities] == [
        ("Ada", (0.6, 0.9, 0.8), ("rose", "fell")),
        ("New York", (None, 0.7, 0.7), ("appeared", "stayed")),
        ("York", (0.5, None, None), ("vanished", "absent")),
    ]
    assert [(t.head.text, t.relation, t.tail.text, t.course.changes) for t in explanation.triples] == [
        ("Ada", "left", "New York", ("appeared", "rose")),
        ("New York", "knows", "Ada", ("absent", "appeared")),
    ]
    assert explanation.document == STAGES[-1]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (None, None, "absent"),
        (None, 0.1, "appeared"),
        (0.1, None, "vanished"),
        (0.5, 0.5049, "stayed"),
        (0.5, 0.4951, "stayed"),
        (0.5, 0.506, "rose"),
        (0.5, 0.494, "fell"),
        (0.0, 0.0, "stayed"),
    ],
)
def test_a_change_that_two_digits_do_not_show_is_none(before, after, change):
    assert Course((before, after)).changes == (change,)


def test_a_single_stage_has_confidences_and_no_changes():
    explanation = Explanation.of(STAGES[:1])
    assert explanation.rounds == 0
    assert [e.course.changes for e in explanation.entities] == [(), ()]


def test_without_a_stage_there_is_nothing_to_explain():
    with pytest.raises(ValueError, match="at least one round"):
        Explanation.of([])


def test_the_same_span_with_another_type_is_another_entity():
    explanation = Explanation.of([stage((Entity(0, 1, "Person", 0.6),)), stage((Entity(0, 1, "Place", 0.7),))])
    assert [(e.span.type, e.course.changes) for e in explanation.entities] == [
        ("Person", ("vanished",)),
        ("Place", ("appeared",)),
    ]
    typed_and_not = Explanation.of([stage((Entity(0, 1, "Person", 0.6),)), stage((Entity(0, 1, None, 0.7),))])
    assert [e.span.type for e in typed_and_not.entities] == [None, "Person"]


def test_a_stand_in_is_no_entity_and_may_end_a_triple():
    word = Entity(1, 2, None, 0.6, tagged=False)
    explanation = Explanation.of([stage((ADA, word), Relation(0, 1, "left", 0.6))])
    assert [e.span.text for e in explanation.entities] == ["Ada"]
    assert [t.tail.text for t in explanation.triples] == ["left"]


def test_two_mentions_of_one_name_keep_their_own_lines():
    twice = Document("1", ("York", "and", "York"))
    first = replace(twice, entities=(Entity(0, 1, None, 0.9), Entity(2, 3, None, 0.5)))
    explanation = Explanation.of([first, replace(first, entities=first.entities[1:])])
    assert [e.course.changes for e in explanation.entities] == [("vanished",), ("stayed",)]
    assert [e.span.start for e in explanation.entities] == [None, None]


def test_something_without_confidence_counts_as_sure():
    explanation = Explanation.of([stage((Entity(0, 1), Entity(3, 4)), Relation(0, 1, "left"))])
    assert explanation.triples[0].course.confidences == (1.0,)


def test_the_dictionary_holds_all_of_it_and_survives_json():
    record = Explanation.of(STAGES).to_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["rounds"] == 2
    assert record["entities"][2] == {
        "text": "York",
        "name": "York",
        "type": None,
        "start": 13,
        "end": 17,
        "token_start": 3,
        "token_end": 4,
        "confidence": [0.5, None, None],
        "changes": ["vanished", "absent"],
    }
    assert record["triples"][0]["head"]["text"] == "Ada"
    assert record["triples"][0]["confidence"] == [None, 0.55, 0.95]


CONFIDENCES = st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=6)


@given(CONFIDENCES)
def test_the_changes_follow_the_confidences(confidences):
    course = Course(tuple(confidences))
    assert len(course.changes) == len(confidences) - 1
    there = confidences[0] is not None
    for change, after in zip(course.changes, confidences[1:], strict=True):
        assert (change in ("appeared", "absent")) == (not there)
        there = change not in ("vanished", "absent")
        assert there == (after is not None)


@given(st.lists(CONFIDENCES, min_size=1, max_size=4).filter(lambda rows: len({len(r) for r in rows}) == 1))
def test_an_explanation_has_a_line_for_everything_that_was_ever_there(rows):
    stages = [
        stage(tuple(Entity(k, k + 1, None, row[at]) for k, row in enumerate(rows) if row[at] is not None))
        for at in range(len(rows[0]))
    ]
    explanation = Explanation.of(stages)
    expected = [tuple(row) for row in rows if any(confidence is not None for confidence in row)]
    assert [e.course.confidences for e in explanation.entities] == expected
