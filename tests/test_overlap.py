from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.overlap import CLASSES, NONE, overlap_classes

TRIPLES = st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abc"), st.integers(0, 4)), max_size=6)


@pytest.mark.parametrize(
    ("triples", "expected"),
    [
        ([], {"None"}),
        ([(0, "a", 1)], {"Normal"}),
        ([(0, "a", 1), (2, "a", 3)], {"Normal"}),
        ([(0, "a", 1), (0, "b", 1)], {"EPO"}),
        ([(0, "a", 1), (0, "b", 2)], {"SEO"}),
        ([(0, "a", 1), (2, "b", 1)], {"SEO"}),
        ([(0, "a", 1), (1, "b", 2)], {"SEO"}),
        ([(0, "a", 1), (0, "b", 1), (0, "c", 2)], {"EPO", "SEO"}),
        ([(0, "a", 1), (0, "b", 1), (2, "c", 3)], {"EPO"}),
    ],
)
def test_each_class_is_recognised(triples, expected):
    assert overlap_classes(triples) == expected


def test_opposite_directions_share_entities_but_are_two_pairs():
    assert overlap_classes([(0, "a", 1), (1, "b", 0)]) == {"SEO"}


def test_an_entity_paired_with_itself_is_shared():
    assert overlap_classes([(3, "a", 3)]) == {"SEO"}


def test_a_triple_given_twice_counts_once():
    assert overlap_classes([(0, "a", 1), (0, "a", 1)]) == {"Normal"}


def test_spans_tell_nested_entities_apart_where_an_anchor_would_not():
    inner, outer = (1, 2), (0, 2)
    assert overlap_classes([(inner, "a", (4, 5)), (outer, "a", (6, 7))]) == {"Normal"}


def copyre_classes(triples):
    """CopyRE's is_normal_triple, is_multi_label and is_over_lapping, said again over a flat list of ids."""
    flat = [part for triple in dict.fromkeys(triples) for part in triple]
    entities = {part for i, part in enumerate(flat) if i % 3 != 1}
    count = len(flat) // 3
    if not count:
        return {"None"}
    if len(entities) == 2 * count:
        return {"Normal"}
    pairs = [(flat[3 * i], flat[3 * i + 2]) for i in range(count)]
    classes = {"EPO"} if len(pairs) != len(set(pairs)) else set()
    if len({entity for pair in set(pairs) for entity in pair}) != 2 * len(set(pairs)):
        classes.add("SEO")
    return classes


@given(TRIPLES)
def test_the_classes_are_those_of_copyre(triples):
    assert overlap_classes(triples) == copyre_classes(triples)


@given(TRIPLES)
def test_normal_excludes_the_others_and_no_sentence_is_without_a_class(triples):
    classes = overlap_classes(triples)
    assert classes
    assert classes <= {*CLASSES, NONE}
    if "Normal" in classes or NONE in classes:
        assert len(classes) == 1


@given(TRIPLES, st.randoms())
def test_the_order_of_triples_does_not_matter(triples, random):
    shuffled = list(triples)
    random.shuffle(shuffled)
    assert overlap_classes(shuffled) == overlap_classes(triples)
