"""From tags and anchors to entities and triples, by hand and by property."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.checkpoint.json_files import parse_json
from relknit.document import AnchorTriple, Entity, Relation
from relknit.errors import CheckpointError, ConfigError
from relknit.models.rin.decoding import Decoding, at_first_mentions, complete, decode, first_equal, tagged_entities

ADA, NEW_YORK = Entity(0, 1, "Person", 0.9), Entity(2, 4, "Place", 0.8)


def test_tagged_words_become_entities_with_their_types():
    tags = ["S-Person", "O", "B-Place", "I-Place", "E-Place"]
    assert tagged_entities(tags, [0.9, 1.0, 0.8, 0.8, 0.8]) == (
        Entity(0, 1, "Person", 0.9),
        Entity(2, 5, "Place", 0.8),
    )


def test_untyped_tags_become_entities_without_a_type():
    assert tagged_entities(["B", "E", "S", "O"], [0.5, 0.6, 0.7, 0.8]) == (
        Entity(0, 2, None, 0.5),
        Entity(2, 3, None, 0.7),
    )


@pytest.mark.parametrize("weakest", [0, 1, 2])
def test_an_entity_is_as_sure_as_its_least_sure_tag(weakest):
    probabilities = [0.1, 0.9, 0.9, 0.9, 0.2]  # the neighbours outside do not count
    probabilities[1 + weakest] = 0.6
    (entity,) = tagged_entities(["O", "B", "I", "E", "O"], probabilities)
    assert entity.confidence == 0.6


def test_tags_that_spell_nothing_out_become_no_entity():
    assert tagged_entities(["B-Person", "E-Place", "I-Person", "E-Person", "B-Place"], [0.9] * 5) == ()
    assert tagged_entities([], []) == ()


@pytest.mark.parametrize("token", [2, 3])
def test_york_becomes_new_york(token):
    found = complete([ADA, NEW_YORK], [AnchorTriple(0, "left", token, 0.7)], keep_untagged=False)
    assert found.entities == (ADA, NEW_YORK)
    assert found.relations == (Relation(0, 1, "left", 0.7),)


def test_an_anchor_outside_any_entity_drops_its_triple():
    found = complete([ADA], [AnchorTriple(0, "left", 3, 0.7), AnchorTriple(3, "needs", 0, 0.6)], keep_untagged=False)
    assert found.entities == (ADA,)
    assert found.relations == ()


def test_an_anchor_outside_any_entity_is_kept_as_one_word_that_was_not_tagged():
    found = complete([ADA], [AnchorTriple(0, "left", 3, 0.7)], keep_untagged=True)
    assert found.entities == (ADA, Entity(3, 4, None, 0.7, tagged=False))
    assert found.relations == (Relation(0, 1, "left", 0.7),)


def test_a_word_that_stands_in_for_several_triples_is_one_entity():
    anchors = [AnchorTriple(0, "left", 3, 0.7), AnchorTriple(3, "needs", 0, 0.6), AnchorTriple(3, "knows", 3, 0.5)]
    found = complete([ADA], anchors, keep_untagged=True)
    assert len(found.entities) == 2
    assert found.relations == (Relation(0, 1, "left", 0.7), Relation(1, 0, "needs", 0.6), Relation(1, 1, "knows", 0.5))


def test_two_anchors_in_one_entity_are_a_self_pair():
    found = complete([ADA, NEW_YORK], [AnchorTriple(2, "near", 3, 0.9)], keep_untagged=False)
    assert found.relations == (Relation(1, 1, "near", 0.9),)


@pytest.mark.parametrize("confidences", [(0.6, 0.9, 0.7), (0.9, 0.6, 0.7), (0.6, 0.7, 0.9)])
def test_of_triples_that_become_the_same_the_highest_confidence_stays(confidences):
    anchors = [AnchorTriple(0, "left", 2, confidences[0]), AnchorTriple(0, "left", 3, confidences[1])]
    anchors.append(AnchorTriple(0, "left", 2, confidences[2]))
    found = complete([ADA, NEW_YORK], anchors, keep_untagged=False)
    assert found.relations == (Relation(0, 1, "left", 0.9),)


def test_direction_and_relation_keep_triples_apart():
    anchors = [AnchorTriple(0, "left", 3, 0.6), AnchorTriple(3, "left", 0, 0.7), AnchorTriple(0, "needs", 3, 0.8)]
    assert len(complete([ADA, NEW_YORK], anchors, keep_untagged=False).relations) == 3


def test_the_raw_anchors_stay_whatever_becomes_of_them():
    anchors = (AnchorTriple(0, "left", 3, 0.6), AnchorTriple(5, "left", 9, 0.7))
    for keep in (False, True):
        assert complete([ADA], anchors, keep_untagged=keep).anchors == anchors


def test_nothing_found_is_an_empty_prediction():
    found = complete([], [], keep_untagged=True)
    assert (found.entities, found.relations, found.anchors) == ((), (), ())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("threshold", value) for value in (0.0, 1.0, -0.1, 1.5, float("nan"), float("inf"))),
        *(("untagged_threshold", value) for value in (0.0, 1.5, float("nan"))),
        ("loose_threshold", -0.5),  # its name in version 0.1.0
        ("mentions", "some"),
    ],
)
def test_a_stored_decoding_with_an_invalid_value_is_refused(key, value):
    with pytest.raises(CheckpointError, match=key.replace("loose", "(loose|untagged)")):
        parse_json(Decoding, json.dumps({key: value}).encode(), Path("model.json"))


TAGS = st.lists(st.sampled_from(["O", "B-P", "I-P", "E-P", "S-P", "S-Q"]), max_size=8)
ANCHORS = st.lists(
    st.builds(AnchorTriple, st.integers(0, 7), st.sampled_from("rs"), st.integers(0, 7), st.floats(0.5, 1)), max_size=9
)


@given(TAGS, ANCHORS, st.booleans())
def test_every_triple_holds_an_anchor_and_every_anchor_is_kept_or_dropped(tags, anchors, keep):
    anchors = [a for a in anchors if max(a.head, a.tail) < len(tags)]
    entities = tagged_entities(tags, [0.9] * len(tags))
    found = complete(entities, anchors, keep_untagged=keep)

    def spelled(relation):
        head, tail = found.entities[relation.head], found.entities[relation.tail]
        return {
            (i, relation.type, j)
            for i in range(head.token_start, head.token_end)
            for j in range(tail.token_start, tail.token_end)
        }

    covered = [spelled(relation) for relation in found.relations]
    given_anchors = {(a.head, a.type, a.tail): a for a in anchors}
    assert all(pairs & given_anchors.keys() for pairs in covered)
    tagged = {i for e in entities for i in range(e.token_start, e.token_end)}
    for (head, label, tail), _ in given_anchors.items():
        expected = keep or {head, tail} <= tagged
        assert any((head, label, tail) in pairs for pairs in covered) == expected
    assert len({(r.head, r.type, r.tail) for r in found.relations}) == len(found.relations)
    for relation, pairs in zip(found.relations, covered, strict=True):
        assert relation.confidence == max(a.confidence for a in anchors if (a.head, a.type, a.tail) in pairs)
    assert found.entities[: len(entities)] == entities
    assert all(
        not entity.tagged and entity.token_end == entity.token_start + 1 for entity in found.entities[len(entities) :]
    )


BOTH = AnchorTriple(0, "left", 3, 0.6)
INSIDE = AnchorTriple(0, "left", 2, 0.7)  # of New York, but not its last word
OUTSIDE = AnchorTriple(5, "left", 3, 0.9)


@pytest.mark.parametrize(
    ("least", "kept"),
    [
        (None, {BOTH, INSIDE, OUTSIDE}),
        (0.5, {BOTH, INSIDE, OUTSIDE}),
        (0.7, {BOTH, INSIDE, OUTSIDE}),
        (0.8, {BOTH, OUTSIDE}),
        (1.0, {BOTH}),
    ],
)
def test_a_pair_that_no_two_entities_have_for_anchors_has_to_be_sure(least, kept):
    found = decode(
        [ADA, NEW_YORK], [BOTH, INSIDE, OUTSIDE], Decoding(untagged_threshold=least), rule="last", first=range(9)
    )
    assert set(found.anchors) == kept


def test_which_word_is_the_anchor_is_the_datasets_rule():
    found = decode([ADA, NEW_YORK], [BOTH, INSIDE], Decoding(untagged_threshold=1.0), rule="first", first=range(9))
    assert found.anchors == (INSIDE,)
    assert found.relations == (Relation(0, 1, "left", 0.7),)


def test_a_threshold_of_one_means_never_even_for_a_probability_of_one():
    sure = AnchorTriple(5, "left", 3, 1.0)
    assert decode([NEW_YORK], [sure], Decoding(untagged_threshold=1.0), rule="last", first=range(9)).anchors == ()


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1, 1.5, float("nan"), float("inf")])
def test_a_threshold_that_is_no_probability_is_refused(threshold):
    with pytest.raises(ConfigError, match="threshold"):
        Decoding(threshold=threshold)


@pytest.mark.parametrize("least", [0.0, -0.5, 1.5, float("nan")])
def test_an_untagged_threshold_that_is_no_probability_is_refused(least):
    with pytest.raises(ConfigError, match="untagged_threshold"):
        Decoding(untagged_threshold=least)


def test_mentions_that_are_no_rule_are_refused():
    with pytest.raises(ConfigError, match="expected one of all, name, word"):
        Decoding(mentions="last")


def test_a_pair_that_is_dropped_leaves_no_untagged_entity():
    found = decode([ADA], [AnchorTriple(0, "left", 3, 0.7)], Decoding(0.5, True, 0.8), rule="last", first=range(9))
    assert (found.entities, found.relations) == ((ADA,), ())


# Ada met Ada Holm in New York ; Holm left York
#   0   1   2    3  4   5    6 7    8    9   10
WORDS = ["Ada", "met", "Ada", "Holm", "in", "New", "York", ";", "Holm", "left", "York"]
PEOPLE = [Entity(0, 1), Entity(2, 4), Entity(5, 7), Entity(8, 9), Entity(10, 11)]


def test_the_first_equal_word_is_the_same_text_letter_for_letter():
    assert first_equal(["Ada", "met", "ada", "Ada", "met"]) == (0, 1, 2, 0, 1)
    assert first_equal([]) == ()


def test_every_word_of_a_pair_moves_to_where_it_stands_first():
    found = at_first_mentions([AnchorTriple(8, "left", 10, 0.7)], PEOPLE, first_equal(WORDS), names=False)
    assert found == [AnchorTriple(3, "left", 6, 0.7)]


def test_by_names_a_word_moves_with_its_whole_entity_or_not_at_all():
    first = first_equal(WORDS)
    assert at_first_mentions([AnchorTriple(8, "left", 10, 0.7)], PEOPLE, first, names=True) == [
        AnchorTriple(8, "left", 10, 0.7)  # "Holm" is not "Ada Holm", and "York" not "New York"
    ]
    twice = [*PEOPLE[:4], Entity(2, 4)]
    again = [Entity(0, 1), Entity(2, 3)]
    assert at_first_mentions([AnchorTriple(2, "met", 6, 0.7)], again, first, names=True) == [
        AnchorTriple(0, "met", 6, 0.7)
    ]
    assert at_first_mentions([AnchorTriple(3, "met", 6, 0.7)], twice, first, names=True)[0].head == 3


def test_a_word_outside_any_entity_moves_to_its_first_mention_by_names_too():
    found = at_first_mentions([AnchorTriple(8, "left", 0, 0.7)], [Entity(2, 4)], first_equal(WORDS), names=True)
    assert found == [AnchorTriple(3, "left", 0, 0.7)]


@pytest.mark.parametrize("order", [(0.6, 0.9), (0.9, 0.6)])
def test_of_pairs_that_meet_the_more_probable_stays(order):
    pairs = [AnchorTriple(3, "left", 6, order[0]), AnchorTriple(8, "left", 10, order[1])]
    found = at_first_mentions(pairs, [], first_equal(WORDS), names=False)
    assert found == [AnchorTriple(3, "left", 6, 0.9)]


def test_a_pair_of_two_mentions_does_not_become_a_pair_with_itself():
    pairs = [AnchorTriple(0, "is", 2, 0.8), AnchorTriple(2, "is", 2, 0.7)]
    found = at_first_mentions(pairs, [], first_equal(WORDS), names=False)
    assert found == [AnchorTriple(0, "is", 2, 0.8), AnchorTriple(2, "is", 2, 0.7)]


@pytest.mark.parametrize(("mentions", "head"), [("all", 2), ("name", 0), ("word", 0)])
def test_where_a_pair_stands_is_the_decodings_choice(mentions, head):
    entities = [Entity(0, 1), Entity(2, 3), Entity(5, 7)]
    found = decode(
        entities, [AnchorTriple(2, "left", 6, 0.7)], Decoding(mentions=mentions), rule="last", first=first_equal(WORDS)
    )
    assert [anchor.head for anchor in found.anchors] == [head]
    assert [found.entities[relation.head].token_start for relation in found.relations] == [head]


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=8), st.data(), st.booleans())
def test_moving_twice_changes_nothing_more_and_never_the_words(words, data, names):
    number = st.integers(0, len(words) - 1)
    pairs = data.draw(
        st.lists(st.builds(AnchorTriple, number, st.sampled_from("rs"), number, st.floats(0.5, 1)), max_size=6)
    )
    first = first_equal(words)
    once = at_first_mentions(pairs, [], first, names=names)

    def spoken(anchors):
        return {(words[a.head], a.type, words[a.tail]) for a in anchors}

    assert spoken(once) == spoken(pairs)
    assert set(at_first_mentions(once, [], first, names=names)) == set(once)


def test_among_decodings_as_good_on_dev_the_present_one_is_preferred():
    present = Decoding(0.7, False, 1.0, "name")
    options = list(present.alternatives(thresholds=True))
    assert options[0] == present
    assert len(set(options)) == len(options)
    assert set(options) >= set(Decoding().alternatives(thresholds=True))
