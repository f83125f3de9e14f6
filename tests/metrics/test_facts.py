import pytest

from relknit.document import Document
from relknit.metrics.facts import Fact, Mention

TOKENS = ("Ada", "King", "of", "New", "York", "met", "Bo", ".")
PLAIN = Document("one", TOKENS)


@pytest.mark.parametrize("kind", [None, "place"])
def test_a_mention_reads_as_its_words_and_type(kind):
    mention = Mention.of(PLAIN, (3, 5, kind))
    assert mention == Mention("New York", 3, 5, kind)
    assert str(mention) == "New York" + ("" if kind is None else " · place")
    assert mention.placed == f"{mention} 3-5"


def test_words_are_cut_from_the_text_where_it_is_known():
    text = "Ada King of New-York met Bo."
    offsets = ((0, 3), (4, 8), (9, 11), (12, 15), (16, 20), (21, 24), (25, 27), (27, 28))
    document = Document("two", TOKENS, text=text, offsets=offsets)
    assert Mention.of(document, (3, 5, None)).text == "New-York"


def test_a_fact_and_its_parts_give_back_what_they_were_made_of():
    item = ((0, 2, "person"), "lives_in", (3, 5, None))
    fact = Fact.of(PLAIN, item)
    assert fact.item == item
    assert fact.head.item == item[0]
    assert str(fact) == "(Ada King · person, lives_in, New York)"
    assert fact.placed == "(Ada King · person 0-2, lives_in, New York 3-5)"
