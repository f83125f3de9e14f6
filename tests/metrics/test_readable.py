import pytest

from relknit.document import Document, Span
from relknit.metrics.readable import ReadableTriple, placed

TOKENS = ("Ada", "King", "of", "New", "York", "met", "Bo", ".")
PLAIN = Document("one", TOKENS)


@pytest.mark.parametrize("kind", [None, "place"])
def test_a_triple_reads_as_the_words_and_types_of_its_spans(kind):
    triple = ReadableTriple.of(PLAIN, ((0, 2, None), "in", (3, 5, kind)))
    assert triple == ReadableTriple(Span("Ada King", None, None, 0, 2), "in", Span("New York", None, None, 3, 5, kind))
    words = "New York" + ("" if kind is None else " · place")
    assert str(triple) == f"(Ada King, in, {words})"
    assert placed(triple) == f"(Ada King 0-2, in, {words} 3-5)"


def test_words_are_cut_from_the_text_where_it_is_known():
    text = "Ada King of New-York met Bo."
    offsets = ((0, 3), (4, 8), (9, 11), (12, 15), (16, 20), (21, 24), (25, 27), (27, 28))
    document = Document("two", TOKENS, text=text, offsets=offsets)
    triple = ReadableTriple.of(document, ((0, 2, None), "in", (3, 5, None)))
    assert (triple.tail.text, triple.tail.start, triple.tail.end) == ("New-York", 12, 20)
