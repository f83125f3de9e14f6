from __future__ import annotations

import json
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from relknit.data.stats import dataset_stats
from relknit.document import Document, Entity, Relation


def document(length, entities=(), relations=()):
    return Document(
        "1",
        tuple(f"w{i}" for i in range(length)),
        tuple(Entity(*entity) for entity in entities),
        tuple(Relation(*relation) for relation in relations),
    )


SPANS = [(0, 1), (2, 4), (5, 6), (7, 8)]
NORMAL = document(4, SPANS[:2], [(0, 1, "a")])
EPO = document(6, SPANS[:2], [(0, 1, "a"), (0, 1, "b")])
SEO = document(8, SPANS, [(0, 1, "a"), (0, 2, "a"), (3, 3, "b")])
EMPTY = document(2)


def test_everything_is_counted():
    stats = dataset_stats([NORMAL, EPO, SEO, EMPTY])
    assert (stats.sentences, stats.tokens, stats.tokens_mean, stats.tokens_max) == (4, 20, 5.0, 8)
    assert (stats.triples, stats.relation_types) == (6, {"a": 4, "b": 2})
    assert stats.overlap == {"Normal": 1, "EPO": 1, "SEO": 1, "None": 1}
    assert stats.self_pairs == 1
    assert stats.sentences_without_triple == 1
    assert stats.triples_per_sentence == {"0": 1, "1": 1, "2": 1, "3": 1, "4": 0, ">=5": 0}
    assert (stats.entities, stats.entity_tokens_mean, stats.entity_tokens_max) == (8, 11 / 8, 2)
    assert stats.entity_types == {}
    assert stats.sentences_with_nested_entities == 0


def test_nothing_at_all_counts_as_zero():
    stats = dataset_stats([])
    assert (stats.sentences, stats.tokens_mean, stats.tokens_max, stats.entity_tokens_mean) == (0, 0.0, 0, 0.0)


def test_relation_types_come_most_frequent_first():
    assert list(dataset_stats([document(4, SPANS[:2], [(0, 1, "z"), (1, 0, "z"), (0, 1, "a")])]).relation_types) == [
        "z",
        "a",
    ]


def test_a_triple_stated_twice_in_a_sentence_counts_once_and_in_two_sentences_twice():
    twice = document(4, SPANS[:2], [(0, 1, "a"), (0, 1, "a")])
    assert dataset_stats([twice]).triples == 1
    assert dataset_stats([twice]).overlap["Normal"] == 1
    assert dataset_stats([twice, twice]).triples == 2


def test_entity_types_are_counted_and_untyped_entities_are_in_none():
    stats = dataset_stats([document(6, [(0, 1, "Loc"), (2, 3, "Loc"), (4, 5, "Org"), (5, 6)])])
    assert (stats.entities, stats.entity_types) == (4, {"Loc": 2, "Org": 1})


def test_five_triples_and_more_share_a_class():
    many = document(8, SPANS, [(0, 1, label) for label in "abcdefg"])
    assert dataset_stats([many]).triples_per_sentence[">=5"] == 1


def test_sentences_with_nested_or_crossing_entities_are_counted_once():
    nested = document(8, [(0, 4), (1, 2), (2, 3)])
    crossing = document(8, [(0, 3), (2, 5)])
    same = document(8, [(0, 3), (0, 3)])
    side = document(8, [(0, 3), (3, 5)])
    late = document(8, [(5, 6), (0, 8)])
    assert dataset_stats([nested, crossing, same, side, late]).sentences_with_nested_entities == 3


def test_nested_entities_that_share_an_anchor_are_two_entities():
    stats = dataset_stats([document(8, [(0, 2), (1, 2), (4, 5), (6, 7)], [(0, 2, "a"), (1, 3, "a")])])
    assert stats.overlap == {"Normal": 1, "EPO": 0, "SEO": 0, "None": 0}


def test_the_counts_are_ready_for_json():
    stats = dataset_stats([SEO])
    assert json.loads(json.dumps(asdict(stats)))["relation_types"] == {"a": 2, "b": 1}


@given(st.lists(st.sampled_from([NORMAL, EPO, SEO, EMPTY])))
def test_the_parts_add_up_to_the_whole(documents):
    stats = dataset_stats(documents)
    assert sum(stats.triples_per_sentence.values()) == stats.sentences == len(documents)
    assert sum(stats.relation_types.values()) == stats.triples
    assert stats.overlap["None"] == stats.sentences_without_triple == stats.triples_per_sentence["0"]
