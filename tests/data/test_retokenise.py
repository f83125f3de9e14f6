"""Documents of other tokens get a readable text and relknit's tokens."""

from __future__ import annotations

from collections import Counter

import pytest

from relknit.data.retokenise import readable, retokenised
from relknit.document import Document, Entity, Relation


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ('the German - born " poet " ( 1840 – 1902 ) ,', 'the German-born "poet" (1840–1902),'),
        ("LP / CD , Chile – Peru and Jesus ' cousin 's", "LP/CD, Chile – Peru and Jesus' cousin's"),
        ("the word — a noun — and Ada ’s son", "the word—a noun—and Ada’s son"),
    ],
)
def test_tokens_become_the_text_that_a_person_would_write(tokens, text):
    words = tokens.split()
    found, offsets = readable(words)
    assert found == text
    assert [found[start:end] for start, end in offsets] == words


def test_white_space_that_is_a_token_becomes_one_space():
    text, offsets = readable(["71", "\xa0", "million"])
    assert text == "71 million"
    assert offsets == ((0, 2), (2, 3), (3, 10))


def test_entities_and_relations_stay_at_their_words():
    entities = (Entity(0, 2, "PER"), Entity(5, 6, "LOC"))
    document = Document("x", ("Ada", "Bo", "(;", "born", "in", "German-ruled", ")"), entities, (Relation(0, 1, "r"),))
    found = retokenised(document)
    assert found.tokens == ("Ada", "Bo", "(", "born", "in", "German", "-", "ruled", ")")
    assert [(e.text, e.type) for e in found.entities] == [("Ada Bo", "PER"), ("German-ruled", "LOC")]
    assert found.relations == document.relations


def test_a_word_in_which_an_entity_ends_is_split_and_counted():
    tally = Counter()
    document = Document(
        "x", ("the", "mid", "1970s"), (Entity(1, 2),), text="the mid1970s", offsets=((0, 3), (4, 7), (7, 12))
    )
    assert retokenised(document, tally=tally).tokens == ("the", "mid", "1970s")
    assert tally.total() == 1


def test_white_space_at_the_end_of_an_entity_is_left_outside():
    document = Document("x", ("Best", "Design", "\xa0", "of", "2001"), (Entity(0, 3, "MISC"),))
    assert [entity.text for entity in retokenised(document).entities] == ["Best Design"]
