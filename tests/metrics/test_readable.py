import pytest

from relknit.document import Document
from relknit.metrics.readable import ReadableSpan

TOKENS = ("Ada", "King", "of", "New", "York", "met", "Bo", ".")
PLAIN = Document("one", TOKENS)


@pytest.mark.parametrize("kind", [None, "place"])
def test_a_span_reads_as_its_words_and_type(kind):
    span = ReadableSpan.of(PLAIN, (3, 5, kind))
    assert span == ReadableSpan("New York", 3, 5, kind)
    assert str(span) == "New York" + ("" if kind is None else " · place")
    assert span.placed == f"{span} 3-5"


def test_words_are_cut_from_the_text_where_it_is_known():
    text = "Ada King of New-York met Bo."
    offsets = ((0, 3), (4, 8), (9, 11), (12, 15), (16, 20), (21, 24), (25, 27), (27, 28))
    document = Document("two", TOKENS, text=text, offsets=offsets)
    assert ReadableSpan.of(document, (3, 5, None)).text == "New-York"
