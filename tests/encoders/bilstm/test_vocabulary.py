"""Vocabularies: order, special names, look-up forms, shapes, labels."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import Document
from relknit.encoders.bilstm.vocabulary import (
    PAD,
    UNKNOWN,
    Vocabulary,
    character_vocabulary,
    look_up_form,
    pos_vocabulary,
    shape_vocabulary,
    word_counts,
    word_shape,
    word_vocabulary,
)

WORDS = st.text(min_size=1, max_size=12)


def documents(*texts):
    return [Document(str(k), tuple(text.split())) for k, text in enumerate(texts)]


def test_padding_is_0_and_unknown_is_1_in_every_vocabulary():
    vocabulary = Vocabulary.of(["a", "b"])
    assert vocabulary.names == ("<pad>", "<unk>", "a", "b")
    assert (vocabulary["<pad>"], vocabulary["<unk>"]) == (PAD, UNKNOWN) == (0, 1)
    assert [vocabulary[name] for name in ("a", "b", "c", "")] == [2, 3, UNKNOWN, UNKNOWN]
    assert len(vocabulary) == 4


def test_a_name_is_in_a_vocabulary_only_if_it_was_given():
    vocabulary = Vocabulary.of(["a"])
    assert "a" in vocabulary
    assert "b" not in vocabulary


@given(st.lists(WORDS))
def test_every_name_has_one_number_and_numbers_follow_the_order(names):
    vocabulary = Vocabulary.of(names)
    assert sorted(vocabulary[name] for name in vocabulary.names) == list(range(len(vocabulary)))
    assert [name for name in dict.fromkeys(names) if name not in ("<pad>", "<unk>")] == list(vocabulary.names[2:])


@given(st.lists(WORDS))
def test_a_vocabulary_is_rebuilt_from_its_own_names(names):
    vocabulary = Vocabulary.of(names)
    assert Vocabulary.of(vocabulary.names[2:]) == vocabulary


def test_words_are_counted_in_their_look_up_form():
    texts = documents("StÃ¶ger met Stöger", "`` Stöger ''")
    assert word_counts(texts, repair=True) == {"Stöger": 3, "met": 1, '"': 2}
    assert word_counts(texts, repair=False) == {"StÃ¶ger": 1, "Stöger": 2, "met": 1, "``": 1, "''": 1}


@pytest.mark.parametrize(
    ("token", "form"), [("StÃ¶ger", "Stöger"), ("-LRB-", "("), ("``", '"'), ("Stöger", "Stöger"), ("it’s", "it's")]
)
def test_double_encoded_treebank_and_typed_words_have_one_look_up_form(token, form):
    assert look_up_form(token, repair=True) == form
    assert look_up_form(form, repair=True) == form
    assert look_up_form(token, repair=False) == token


def test_train_words_come_by_falling_count_then_by_name_and_extra_words_after_them():
    counts = Counter({"rare": 1, "b": 2, "a": 2, "often": 5})
    vocabulary = word_vocabulary(counts, min_count=2, extra=["z", "often", "rare", "y"])
    assert vocabulary.names[2:] == ("often", "a", "b", "z", "rare", "y")
    assert word_vocabulary(counts, min_count=1).names[2:] == ("often", "a", "b", "rare")


@given(st.dictionaries(WORDS, st.integers(1, 4)), st.randoms())
def test_the_order_in_which_words_were_counted_does_not_matter(counts, random):
    shuffled = list(counts.items())
    random.shuffle(shuffled)
    for build in (lambda c: word_vocabulary(c, min_count=2), character_vocabulary, shape_vocabulary):
        assert build(Counter(counts)) == build(Counter(dict(shuffled)))


def test_only_words_of_the_given_documents_are_in_a_vocabulary():
    train, dev = documents("Ada left York"), documents("Ada saw Lisbon")
    vocabulary = word_vocabulary(word_counts(train, repair=True), min_count=1)
    assert {name for name in vocabulary.names[2:]} == {"Ada", "left", "York"}
    assert [vocabulary[token] for token in dev[0].tokens if token != "Ada"] == [UNKNOWN, UNKNOWN]


def test_characters_are_weighed_by_how_often_their_words_occur():
    counts = Counter({"abb": 1, "c": 9})
    assert character_vocabulary(counts).names[2:] == ("c", "b", "a")
    assert character_vocabulary(counts, most=2).names[2:] == ("c", "b")


def test_shapes_are_weighed_by_how_often_their_words_occur():
    counts = Counter({"Ada": 1, "Bob": 1, "x": 5, "1932": 3})
    assert shape_vocabulary(counts).names[2:] == ("x", "dd", "Xxx")
    assert shape_vocabulary(counts, most=1).names[2:] == ("x",)


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("McDonald's", "XxXxx'x"),
        ("1932", "dd"),
        ("U.S.", "X.X."),
        ("NASA", "XX"),
        ("iPhone", "xXxx"),
        ("...", ".."),
        ("Émile", "Xxx"),
        ("日本", "aa"),
        ("ß1", "xd"),
        ("—", "?"),
        ("😀😀😀", "??"),
        ("aBcDeFgHiJkLmN", "xXxXxXxXxX"),
        ("", ""),
    ],
)
def test_the_shape_of_a_word(word, shape):
    assert word_shape(word) == shape


@given(st.text(max_size=60))
def test_a_shape_has_at_most_ten_ascii_signs_and_no_run_of_three(word):
    shape = word_shape(word)
    assert len(shape) <= 10
    assert shape.isascii()
    assert not any(shape[k] == shape[k + 1] == shape[k + 2] for k in range(len(shape) - 2))


def test_part_of_speech_tags_are_sorted_and_sentences_without_any_are_passed_over():
    tagged = [Document("1", ("a", "b"), pos=("VBD", "NN")), Document("2", ("c",)), Document("3", ("d",), pos=("NN",))]
    assert pos_vocabulary(tagged).names[2:] == ("NN", "VBD")
