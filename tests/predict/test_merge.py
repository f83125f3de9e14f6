from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relknit.document import AnchorTriple, Entity, Prediction, Relation
from relknit.predict import merge


def test_a_single_window_is_left_as_it_is() -> None:
    prediction = Prediction((Entity(3, 4), Entity(1, 2)), (Relation(1, 0, "r"),), None)
    assert merge([(0, prediction)]) is prediction


def test_windows_without_findings_merge_to_nothing() -> None:
    assert merge([(0, Prediction((), (), ())), (5, Prediction((), (), ()))]) == Prediction((), (), ())


def test_a_later_window_is_moved_to_where_it_stands() -> None:
    later = Prediction((Entity(0, 2, "P", 0.9),), (Relation(0, 0, "r", 0.8),), (AnchorTriple(1, "r", 1, 0.8),))
    assert merge([(0, Prediction((), (), ())), (10, later)]) == Prediction(
        (Entity(10, 12, "P", 0.9),), (Relation(0, 0, "r", 0.8),), (AnchorTriple(11, "r", 11, 0.8),)
    )


def test_a_triple_of_two_windows_is_kept_once_at_its_highest_confidence() -> None:
    first = Prediction(
        (Entity(4, 5, None, 0.6), Entity(6, 8, None, 0.9)),
        (Relation(0, 1, "r", 0.55),),
        (AnchorTriple(4, "r", 7, 0.55),),
    )
    second = Prediction(
        (Entity(0, 1, None, 0.8), Entity(2, 4, None, 0.7)),
        (Relation(0, 1, "r", 0.75), Relation(1, 0, "r", 0.5)),
        (AnchorTriple(0, "r", 3, 0.75), AnchorTriple(3, "r", 0, 0.5)),
    )
    for parts in ([(0, first), (4, second)], [(4, second), (0, first)]):
        assert merge(parts) == Prediction(
            (Entity(4, 5, None, 0.8), Entity(6, 8, None, 0.9)),
            (Relation(0, 1, "r", 0.75), Relation(1, 0, "r", 0.5)),
            (AnchorTriple(4, "r", 7, 0.75), AnchorTriple(7, "r", 4, 0.5)),
        )


def test_of_two_entities_that_cross_the_surer_stays_and_takes_over_the_triples() -> None:
    first = Prediction((Entity(0, 1, "P", 0.9), Entity(4, 6, "P", 0.5)), (Relation(0, 1, "r", 0.8),), ())
    second = Prediction((Entity(0, 3, "P", 0.7), Entity(4, 5, "P", 0.9)), (Relation(0, 1, "s", 0.6),), ())
    merged = merge([(0, first), (5, second)])
    assert merged.entities == (Entity(0, 1, "P", 0.9), Entity(5, 8, "P", 0.7), Entity(9, 10, "P", 0.9))
    assert merged.relations == (Relation(0, 1, "r", 0.8), Relation(1, 2, "s", 0.6))


def test_one_span_under_two_types_keeps_the_surer_type() -> None:
    parts = [(0, Prediction((Entity(5, 6, "City", 0.4),))), (5, Prediction((Entity(0, 1, "Person", 0.6),)))]
    assert merge(parts).entities == (Entity(5, 6, "Person", 0.6),)


def test_a_tagged_entity_outranks_a_word_that_only_stands_in() -> None:
    stand_in = Prediction((Entity(5, 6, None, 0.99, tagged=False),), (Relation(0, 0, "r", 0.9),), ())
    merged = merge([(0, stand_in), (4, Prediction((Entity(0, 2, None, 0.2),)))])
    assert merged.entities == (Entity(4, 6, None, 0.2),)
    assert merged.relations == (Relation(0, 0, "r", 0.9),)


def test_an_entity_that_crosses_two_surer_ones_hands_its_triples_to_the_right_one() -> None:
    first = Prediction((Entity(4, 6, None, 0.9), Entity(7, 9, None, 0.9)))
    second = Prediction((Entity(1, 4, None, 0.5), Entity(6, 7, None, 0.8)), (Relation(0, 1, "r", 0.7),))
    merged = merge([(0, first), (4, second)])
    assert merged.entities == (Entity(4, 6, None, 0.9), Entity(7, 9, None, 0.9), Entity(10, 11, None, 0.8))
    assert merged.relations == (Relation(1, 2, "r", 0.7),)


def test_of_equally_sure_entities_the_earlier_window_decides() -> None:
    parts = [(0, Prediction((Entity(4, 6, None, 0.5),))), (5, Prediction((Entity(0, 2, None, 0.5),)))]
    assert merge(parts).entities == (Entity(4, 6, None, 0.5),)


def test_unknown_confidences_stay_unknown_and_give_way_to_known_ones() -> None:
    first = Prediction((Entity(4, 5), Entity(5, 6)), (Relation(0, 1, "r"), Relation(1, 0, "s")))
    second = Prediction((Entity(0, 1), Entity(1, 2)), (Relation(0, 1, "r", 0.3), Relation(1, 0, "s")))
    for parts in ([(0, first), (4, second)], [(4, second), (0, first)]):
        assert merge(parts).relations == (Relation(0, 1, "r", 0.3), Relation(1, 0, "s"))


def test_a_system_without_anchors_has_none_after_merging_either() -> None:
    entities = (Entity(0, 1), Entity(1, 2))
    part = Prediction(entities, (Relation(0, 1, "r"),), None)
    assert merge([(0, part), (5, part)]).anchors is None
    assert merge([(0, part), (5, Prediction((), (), ()))]).anchors == ()


ENTITIES = st.lists(
    st.builds(
        lambda start, length, p, tagged: Entity(start, start + length, None, p, tagged),
        st.integers(0, 12),
        st.integers(1, 4),
        st.floats(0, 1),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@st.composite
def parts(draw: st.DrawFn) -> list[tuple[int, Prediction]]:
    drawn = []
    for start in range(0, 4 * draw(st.integers(2, 4)), 4):
        entities = draw(ENTITIES)
        ends = st.integers(0, len(entities) - 1)
        relations = draw(st.lists(st.builds(Relation, ends, ends, st.sampled_from("rs"), st.floats(0, 1)), max_size=4))
        drawn.append((start, Prediction(tuple(entities), tuple(relations), ())))
    return drawn


@given(parts())
def test_merged_entities_never_cross_and_every_triple_survives(drawn: list[tuple[int, Prediction]]) -> None:
    merged = merge(drawn)
    covered = [i for e in merged.entities for i in range(e.token_start, e.token_end)]
    assert covered == sorted(set(covered))
    given_spans = {(e.token_start + start, e.token_end + start) for start, part in drawn for e in part.entities}
    assert {(e.token_start, e.token_end) for e in merged.entities} <= given_spans
    best = max(entity.confidence or 0 for _, part in drawn for entity in part.entities)
    assert best in {e.confidence for e in merged.entities} or any(e.tagged for e in merged.entities)
    triples = [(r.head, r.type, r.tail) for r in merged.relations]
    assert len(triples) == len(set(triples))
    assert {r.type for _, part in drawn for r in part.relations} == {r.type for r in merged.relations}
    for relation in merged.relations:
        head, tail = merged.entities[relation.head], merged.entities[relation.tail]
        assert any(
            relation.confidence == r.confidence
            and touches(part.entities[r.head], start, head)
            and touches(part.entities[r.tail], start, tail)
            for start, part in drawn
            for r in part.relations
        )


def touches(entity: Entity, start: int, other: Entity) -> bool:
    return entity.token_start + start < other.token_end and other.token_start < entity.token_end + start
