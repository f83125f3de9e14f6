from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.sentence_keys import near_key
from relknit.data.split import parse_percentages, split_documents
from relknit.document import Document, Entity, Relation
from relknit.errors import ConfigError, DataError

UNREADABLE = " | 80 | 80/10/5/5 | 80:20 | 80/-20/40 | 0.8/0.2 | 80/x | 80//20 | ８０/20"
THREE = {"train": 80, "dev": 10, "test": 10}
TWO = {"train": 80, "test": 20}
PERCENTAGES = st.sampled_from(["80/10/10", "80/20", "60/20/20", "50/50", "34/33/33", "10/45/45"]).map(parse_percentages)


def document(number, words=None, *relations):
    """A sentence of its own unless words are given, with these relations from its first word to itself."""
    tokens = tuple((words or f"sentence number {number} of many").split(" "))
    found = tuple(Relation(0, 0, name) for name in relations)
    return Document(id=str(number), tokens=tokens, entities=(Entity(0, 1),) * bool(found), relations=found)


def documents(count):
    return [document(k) for k in range(count)]


def split_of(splits, identity):
    (name,) = (name for name, held in splits.items() if any(d.id == str(identity) for d in held))
    return name


def sizes(splits):
    return {name: len(held) for name, held in splits.items()}


def muddle(count, seed):
    """Documents of which some share words, and some the text they come from (the letter before the colon)."""
    chance = random.Random(seed)
    made = []
    for k in range(count):
        words = chance.choice(["It rained .", "it  RAINED.", "Café", "Cafe", "a", "b c", *[None] * 10])
        own = document(k, words, *chance.choices("rstu", (60, 20, 4, 1), k=chance.randrange(4)))
        made.append(replace(own, id=f"{chance.choice('ABCD') if chance.random() < 0.2 else k}:{k}"))
    return made


MUDDLES = st.builds(muddle, st.integers(30, 60), st.integers(0, 1_000))


def text_of(identity):
    return identity.partition(":")[0]


@pytest.mark.parametrize(
    ("text", "percentages"),
    [
        ("80/10/10", THREE),
        ("80/20", TWO),
        (" 70 / 15 / 15 ", {"train": 70, "dev": 15, "test": 15}),
        ("1/98/1", {"train": 1, "dev": 98, "test": 1}),
    ],
)
def test_two_shares_are_train_and_test_and_three_have_dev_between(text, percentages):
    assert parse_percentages(text) == percentages
    assert list(parse_percentages(text)) == list(percentages)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *((text, "expected two or three whole percentages, such as 80/10/10") for text in UNREADABLE.split(" | ")),
        ("80/10", "add up to 90, expected 100"),
        ("80/20/20", "add up to 120, expected 100"),
        ("100/0", "a split of 0 % would be empty"),
        ("80/0/20", "a split of 0 % would be empty"),
    ],
)
def test_other_percentages_are_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_percentages(text)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (10, {"train": 8, "dev": 1, "test": 1}),
        (100, {"train": 80, "dev": 10, "test": 10}),
        (142, {"train": 114, "dev": 14, "test": 14}),
    ],
)
def test_the_shares_are_met_where_no_documents_belong_together(count, expected):
    assert sizes(split_documents(documents(count), THREE)) == expected


@given(MUDDLES, PERCENTAGES, st.integers(0, 5))
def test_every_document_is_in_one_split_and_the_order_stays(given_, percentages, seed):
    splits = split_documents(given_, percentages, seed=seed)
    assert list(splits) == list(percentages)
    assert Counter(d.id for held in splits.values() for d in held) == Counter(d.id for d in given_)
    places = {d.id: k for k, d in enumerate(given_)}
    for held in splits.values():
        assert [places[d.id] for d in held] == sorted(places[d.id] for d in held)


@given(MUDDLES, PERCENTAGES, st.integers(0, 5))
def test_what_belongs_together_is_in_one_split(given_, percentages, seed):
    splits = split_documents(given_, percentages, seed=seed, origin=text_of)
    for key in (near_key, lambda d: text_of(d.id), lambda d: "".join(d.tokens).casefold()):
        held = [{key(d) for d in documents_} for documents_ in splits.values()]
        assert sum(map(len, held)) == len(set().union(*held))
    assert all(splits.values())


@given(MUDDLES, PERCENTAGES, st.integers(0, 5))
def test_a_relation_as_frequent_as_there_are_splits_is_in_train(given_, percentages, seed):
    splits = split_documents(given_, percentages, seed=seed)
    counts = Counter(r.type for d in given_ for r in d.relations)
    learned = {r.type for d in splits["train"] for r in d.relations}
    assert {name for name, count in counts.items() if count >= len(percentages)} <= learned


@given(MUDDLES, PERCENTAGES)
def test_dev_and_test_get_less_than_a_group_above_their_share(given_, percentages):
    splits = split_documents(given_, percentages)
    largest = max(Counter(near_key(d) for d in given_).values())
    for name, held in splits.items():
        if name != "train":
            assert len(held) < percentages[name] * len(given_) / 100 + largest


def test_the_same_seed_deals_alike_and_another_one_otherwise():
    given_ = documents(40)
    assert split_documents(given_, THREE, seed=3) == split_documents(given_, THREE, seed=3)
    dealt = {tuple(d.id for d in split_documents(given_, THREE, seed=seed)["test"]) for seed in range(10)}
    assert len(dealt) > 5


def test_the_deal_of_a_seed_is_the_same_on_every_machine():
    splits = split_documents(documents(20), THREE)
    assert [[d.id for d in splits[name]] for name in ("dev", "test")] == [["13", "15"], ["8", "12"]]


def together(one, other):
    """Whether two documents are in the same split, for each of ten seeds."""
    given_ = [one, *documents(10), other]
    dealt = [split_documents(given_, {"train": 50, "test": 50}, seed=seed) for seed in range(10)]
    return {any({one, other} <= set(held) for held in splits.values()) for splits in dealt}


@pytest.mark.parametrize(
    ("words", "copy"),
    [
        ("Zoë saw the river Isk .", "Zoë saw the river Isk ."),
        ("Zoë saw the river Isk .", "ZOË SAW THE RIVER ISK ."),
        ("Zoë saw the river Isk .", "zoë saw the riverIsk."),
        ("Zoë saw the river Isk .", "Zoe saw the river Isk"),
        ("Zoë saw the river Isk .", "ZoÃ« saw the river Isk ."),
        ("? !", "? !"),
        ("? !", "?\u00a0 !"),
    ],
)
def test_copies_of_a_sentence_are_in_the_same_split(words, copy):
    assert together(document("first", words), document("last", copy)) == {True}


def test_documents_with_one_id_are_in_the_same_split():
    assert together(document("same", "One."), document("same", "Two.")) == {True}


@pytest.mark.parametrize(("words", "other"), [("Zoë saw the river .", "Zoë saw a river ."), ("? !", ". ."), ("", "")])
def test_other_sentences_and_empty_ones_are_dealt_one_by_one(words, other):
    one, last = document("first", words or "x"), document("last", other or "x")
    if not words:
        one, last = replace(one, tokens=()), replace(last, tokens=())
    assert together(one, last) == {True, False}


def test_documents_are_joined_over_several_links():
    given_ = [document("a:1", "One."), document("a:2", "Two."), document("b:1", "TWO ."), document("b:2", "Three.")]
    for seed in range(10):
        percentages = {"train": 50, "test": 50}
        splits = split_documents([*given_, *documents(10)], percentages, seed=seed, origin=text_of)
        assert len({split_of(splits, d.id) for d in given_}) == 1


def test_a_text_is_not_cut_and_no_split_stays_empty():
    given_ = [document(f"{text}:{k}", f"{text} {k}") for text in "abc" for k in range(60 if text == "a" else 20)]
    for seed in range(6):
        splits = split_documents(given_, THREE, seed=seed, origin=text_of)
        assert all(len({text_of(d.id) for d in held}) == 1 for held in splits.values())


def test_large_texts_meet_the_shares_as_well_as_they_can():
    given_ = [document(f"{text}:{k}", f"{text} {k}") for text in "abcdefghij" for k in range(50)]
    assert sizes(split_documents(given_, THREE, origin=text_of)) == {"train": 400, "dev": 50, "test": 50}


@pytest.mark.parametrize("seed", range(8))
def test_a_relation_of_two_sentences_is_learned_before_it_is_tested(seed):
    given_ = [*documents(28), document("one", None, "rare"), document("other", None, "rare")]
    assert "train" in {split_of(split_documents(given_, TWO, seed=seed), name) for name in ("one", "other")}


def test_a_relation_that_is_rarer_than_there_are_splits_is_left_to_chance():
    given_ = [*documents(28), document("one", None, "rare"), document("other", None, "rare")]
    percentages = {"train": 34, "dev": 33, "test": 33}
    dealt = [split_documents(given_, percentages, seed=seed) for seed in range(20)]
    assert any({split_of(splits, "one"), split_of(splits, "other")} <= {"dev", "test"} for splits in dealt)


def test_train_gets_more_than_its_share_where_its_relations_need_it():
    given_ = [document(k, None, f"r{k // 2}") for k in range(10)]
    splits = split_documents(given_, {"train": 20, "test": 80})
    assert {r.type for d in splits["train"] for r in d.relations} == {f"r{k}" for k in range(5)}
    assert sizes(splits) == {"train": 5, "test": 5}


@pytest.mark.parametrize("seed", range(8))
def test_a_sentence_with_a_rare_relation_also_serves_for_its_frequent_one(seed):
    given_ = [document(k, None, "frequent", *["rare"] * (k < 2)) for k in range(10)]
    assert sizes(split_documents(given_, {"train": 10, "test": 90}, seed=seed)) == {"train": 1, "test": 9}


def test_relations_that_only_all_documents_have_leave_the_other_splits_something():
    given_ = [document(k, None, f"r{k}", f"r{k}", f"r{k}") for k in range(10)]
    assert sizes(split_documents(given_, THREE)) == {"train": 8, "dev": 1, "test": 1}


def test_a_share_of_less_than_one_document_names_how_many_it_takes():
    with pytest.raises(DataError, match=r"9 documents are too few for a split of 10 %, expected at least 10; add"):
        split_documents(documents(9), THREE)
    with pytest.raises(DataError, match="expected at least 34"):
        split_documents(documents(33), {"train": 97, "test": 3})
    assert sizes(split_documents(documents(34), {"train": 97, "test": 3})) == {"train": 33, "test": 1}


def test_too_few_groups_are_refused_with_the_reason():
    given_ = [document(k, "It rained ." if k % 2 else "It snowed .") for k in range(20)]
    with pytest.raises(DataError, match=r"20 documents cannot fill 3 splits: copies .* which leaves 2 groups"):
        split_documents(given_, THREE)
    assert sizes(split_documents(given_, TWO)) == {"train": 10, "test": 10}
