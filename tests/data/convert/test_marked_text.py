from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.convert import split_at_spaces
from relknit.data.convert.marked_text import WORDS_SPLIT, MarkedSpan, MarkedText, sentence_ranges, trimmed
from relknit.document import Document, Entity, Relation
from relknit.document.clean import INVISIBLE
from relknit.errors import DataError
from relknit.text.read import read_text
from relknit.text.tokenise import tokenise
from tests.data.convert.marks import TEXTS, marked_texts

ADA = MarkedText("Ada saw Bo.", (MarkedSpan(0, 3, "P", 0.5), MarkedSpan(8, 10)), (Relation(0, 1, "saw", 0.25),))


@pytest.mark.parametrize("tokeniser", [tokenise, split_at_spaces])
def test_a_document_keeps_text_spans_and_relations(tokeniser):
    @given(marked_texts())
    def check(marked):
        document = marked.to_document(identity="7", tokeniser=tokeniser)
        assert document.id == "7"
        assert MarkedText.of_document(document) == marked
        assert all(document.text[a:b] == t for t, (a, b) in zip(document.tokens, document.offsets, strict=True))
        assert "".join(document.tokens) == "".join(marked.text.split())

    check()


@given(marked_texts())
def test_a_document_in_clean_tokens_keeps_text_spans_and_relations_too(marked):
    document = marked.to_document(identity="7")
    assert MarkedText.of_document(document) == marked
    assert all(token.split() == [token] for token in document.tokens)


def test_words_are_clean_and_their_characters_those_of_the_text():
    text = "Zoe\u0301 of Kes\u00adtrel joined the Insti-\ntute and a well-\nknown club."
    document = MarkedText(text, (MarkedSpan(0, 4), MarkedSpan(8, 16), MarkedSpan(28, 39))).to_document(identity="1")
    words = ("Zo\u00e9", "of", "Kestrel", "joined", "the", "Institute", "and", "a", "well", "-", "known", "club", ".")
    assert document.tokens == words
    assert [document.span(e).name for e in document.entities] == ["Zo\u00e9", "Kestrel", "Institute"]
    assert document.tokens == read_text(text).tokens


def test_a_broken_word_is_cut_where_an_annotation_ends_in_it():
    document = MarkedText("the Insti-\ntute", (MarkedSpan(4, 9), MarkedSpan(11, 15))).to_document(identity="1")
    assert [document.span(entity).text for entity in document.entities] == ["Insti", "tute"]
    assert document.tokens == ("the", "Insti", "-", "tute")


def test_tokens_are_those_of_the_tokeniser_where_annotations_agree_with_them():
    tally = Counter()
    document = ADA.to_document(identity="1", tally=tally)
    assert document.tokens == ("Ada", "saw", "Bo", ".")
    assert document.entities == (Entity(0, 1, "P", 0.5), Entity(2, 3))
    assert document.relations == (Relation(0, 1, "saw", 0.25),)
    assert not tally


def test_a_word_is_cut_where_an_annotation_ends_inside_it_and_that_is_counted():
    tally = Counter()
    marked = MarkedText("a pro-Russian view", (MarkedSpan(6, 13), MarkedSpan(2, 13), MarkedSpan(7, 8)))
    document = marked.to_document(identity="1", tally=tally)
    assert document.tokens == ("a", "pro", "-", "R", "u", "ssian", "view")
    assert [document.span(e).text for e in document.entities] == ["Russian", "pro-Russian", "u"]
    assert tally == {WORDS_SPLIT: 2}


@pytest.mark.parametrize("span", [(3, 8), (0, 4), (3, 4), (2, 2), (8, 99), (5, 1)])
def test_an_entity_that_does_not_begin_and_end_with_a_word_is_refused(span):
    with pytest.raises(DataError, match=rf"characters {span[0]} to {span[1]} are .*, expected an entity that begins"):
        MarkedText(ADA.text, (MarkedSpan(*span),)).to_document(identity="1")


def test_a_document_without_a_text_gets_its_tokens_joined():
    document = Document("1", ("Ada", "saw", "Bo", "'s", "."), (Entity(2, 4, "X", None, False),))
    assert MarkedText.of_document(document) == MarkedText("Ada saw Bo's.", (MarkedSpan(8, 12, "X", None, False),))


def test_a_text_without_offsets_is_aligned_with_its_tokens():
    document = Document("1", ("Ada", "ran"), (Entity(1, 2),), text="  Ada   ran")
    assert MarkedText.of_document(document) == MarkedText("  Ada   ran", (MarkedSpan(8, 11),))


def test_a_text_that_does_not_place_an_entity_gives_way_to_the_tokens():
    document = Document("1", ("Ada", "ran"), (Entity(0, 1),), text="Bo ran", offsets=(None, (3, 6)))
    assert MarkedText.of_document(document) == MarkedText("Ada ran", (MarkedSpan(0, 3),))
    placed = Document("1", ("Ada", "ran"), (Entity(1, 2),), text="Bo ran", offsets=(None, (3, 6)))
    assert MarkedText.of_document(placed).text == "Bo ran"


def test_a_part_has_what_is_inside_and_counts_from_its_own_beginning():
    marked = MarkedText(
        "Ada ran. Bo saw Cy.",
        (MarkedSpan(0, 3), MarkedSpan(9, 11, "P"), MarkedSpan(16, 18)),
        (Relation(2, 1, "seen"), Relation(0, 1, "r")),
    )
    assert marked.part(9, 19) == MarkedText(
        "Bo saw Cy.", (MarkedSpan(0, 2, "P"), MarkedSpan(7, 9)), (Relation(1, 0, "seen"),)
    )


def test_a_text_falls_into_its_sentences():
    marked = MarkedText("Ada ran.\nBo saw.  Cy fell.\n\n", (MarkedSpan(0, 3), MarkedSpan(9, 11)))
    assert [marked.text[a:b] for a, b in marked.parts(sentence_ranges(marked.text))] == [
        "Ada ran.",
        "Bo saw.",
        "Cy fell.",
    ]
    assert MarkedText(" \n ").parts(sentence_ranges(" \n ")) == []


def test_a_line_ends_a_sentence_unless_the_next_one_begins_with_a_small_letter():
    text = "Ada ran\nBo saw\nher. Cy fell"
    assert [text[a:b] for a, b in sentence_ranges(text)] == ["Ada ran", "Bo saw\nher.", "Cy fell"]


@pytest.mark.parametrize(
    ("mentions", "relations"),
    [
        ((MarkedSpan(0, 3), MarkedSpan(9, 11)), (Relation(0, 1, "r"),)),
        ((MarkedSpan(0, 3), MarkedSpan(9, 11)), (Relation(1, 0, "r"),)),
        ((MarkedSpan(4, 11),), ()),
    ],
)
def test_sentences_stay_together_where_a_relation_or_an_entity_crosses(mentions, relations):
    marked = MarkedText("Ada ran. Bo saw. Cy fell.", mentions, relations)
    assert [marked.text[a:b] for a, b in marked.parts(sentence_ranges(marked.text))] == ["Ada ran. Bo saw.", "Cy fell."]


@given(marked_texts())
def test_parts_together_have_every_word_entity_and_relation_once(marked):
    parts = marked.parts(sentence_ranges(marked.text))
    assert parts == sorted(parts)
    found = [marked.part(*part) for part in parts]
    assert "".join("".join(p.text.split()) for p in found) == "".join(marked.text.split())
    back = [
        (m._replace(start=m.start + start, end=m.end + start))
        for (start, _), p in zip(parts, found, strict=True)
        for m in p.spans
    ]
    assert Counter(back) == Counter(marked.spans)
    assert sum(len(p.relations) for p in found) == len(marked.relations)


@given(marked_texts())
def test_plain_values_contain_everything_and_fit_into_json(marked):
    assert MarkedText.of_plain(marked.text, json.loads(json.dumps(marked.to_plain()))) == marked


def test_plain_values_say_what_they_mark():
    assert ADA.to_plain() == {
        "entities": [
            {"start": 0, "end": 3, "type": "P", "confidence": 0.5, "tagged": True, "text": "Ada"},
            {"start": 8, "end": 10, "type": None, "confidence": None, "tagged": True, "text": "Bo"},
        ],
        "relations": [{"head": 0, "tail": 1, "type": "saw", "confidence": 0.25}],
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "annotations are list"),
        ({"entities": 3}, "entities is 3, expected a list"),
        ({"entities": [{"start": 0, "end": 99, "text": "Ada"}]}, r"entity 0 spans tokens \[0, 99\)"),
        ({"entities": [{"start": 0, "end": 3, "text": "Bob"}]}, "entity 0 marks 'Bob', but the text has 'Ada' there"),
        ({"entities": [{"start": 0, "end": 3}]}, "entity 0 marks None"),
        ({"relations": [{"head": 0, "tail": 0, "type": "r"}]}, "relation 0 points at entity 0"),
        ({"entities": ["Ada"]}, "entity 0 is 'Ada'"),
    ],
)
def test_plain_values_of_something_else_are_refused(value, message):
    with pytest.raises(DataError, match=message):
        MarkedText.of_plain(ADA.text, value)


@given(TEXTS, st.data())
def test_trimming_removes_white_space_and_nothing_else(text, data):
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    left, right = trimmed(text, start, end)
    assert start <= left <= right <= max(end, left)
    ends = " \t\n" + "".join(c for c in text if re.fullmatch(rf"[\s{INVISIBLE}]", c))
    assert text[left:right] == text[start:end].strip(ends)
