import pytest

from relknit.document import Document, Entity, Relation
from relknit.document.clean import clean, clean_name, is_blank
from relknit.document.jsonl import parse_document
from relknit.text.align import misplaced_tokens
from relknit.text.coverage import coverage
from relknit.text.read import read_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in Technol-\nogy", "in Technology"),
        ("in Technol-  \r\n  ogy", "in Technology"),
        ("Whee\u00ad\nler", "Wheeler"),
        ("the well-\nknown", "the well-known"),
        ("Jean-\nPaul", "Jean-Paul"),
        ("a co-op by the co-\nop", "a co-op by the co-op"),
        ("the reader of a read-\ner", "the reader of a reader"),
        ("a dash -\nand so on", "a dash -\nand so on"),
        ("1999-\n2001", "1999-\n2001"),
        ("no\n- item", "no\n- item"),
        ("Whee\u00adler,\u200b Te\u2060xas\ufeff", "Wheeler, Texas"),
        ("Zo" + "e\u0308", "Zo\u00eb"),
        ("Sheﬃeld", "Sheffield"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
    ],
)
def test_a_clean_text_has_words_as_one_reads_them(text, expected):
    assert clean(text).text == expected


@pytest.mark.parametrize("text", ["Whee-\nler 😀 \u200b Zoe\u0308 ﬁn", "plain", "", "\u200b", "한국"])
def test_positions_lead_back_to_the_original(text):
    found = clean(text)
    for k, letter in enumerate(found.text):
        start, end = found.original(k, k + 1)
        assert 0 <= start < end <= len(text)
        assert text[start:end] == letter or len(clean(text[start:end]).text) <= 2


def test_a_name_is_clean_and_its_text_is_exact():
    text = "The Acharya  Institute of Technol-\nogy is in\u00a0New\u00a0York\u200b."
    document = read_text(text)
    spans = {"Acharya  Institute of Technol-\nogy": "Acharya Institute of Technology", "New\u00a0York": "New York"}
    entities = []
    for exact in spans:
        start = text.index(exact)
        inside = [k for k, (a, b) in enumerate(document.offsets) if a >= start and b <= start + len(exact) + 1]
        entities.append(Entity(inside[0], inside[-1] + 1))
    document = Document("1", document.tokens, tuple(entities), text=text, offsets=document.offsets)
    assert {e.text: e.name for e in document.entities} == spans
    assert {document.span(e).name for e in document.entities} == set(spans.values())
    record = document.to_dict()
    assert [e["name"] for e in record["entities"]] == list(spans.values())
    assert parse_document(record) == document


def test_a_compound_at_a_line_end_keeps_its_hyphen_in_the_name():
    text = "The Jean-\nPaul Mill"
    document = read_text(text)
    assert document.tokens == ("The", "Jean", "-", "Paul", "Mill")
    found = Document("1", document.tokens, (Entity(1, 5),), text=text, offsets=document.offsets)
    assert (found.entities[0].text, found.entities[0].name) == ("Jean-\nPaul Mill", "Jean-Paul Mill")


def test_names_equal_to_the_eye_are_equal():
    spellings = ["New York", "New\u00a0York", "New\nYork", "New  York", "Ne\u00adw York", "New York\u200b"]
    assert {clean_name(name) for name in spellings} == {"New York"}


def test_joined_words_are_neither_unread_nor_misplaced():
    document = read_text("The \u200b Technol-\nogy of Zoe\u0308\ufeff.")
    assert coverage(document, 64).is_complete
    assert misplaced_tokens(document) == []


def test_only_what_can_be_seen_is_not_blank():
    assert is_blank(" \u200b\u00ad\n")
    assert not is_blank("a")


def test_the_table_of_a_page_shows_clean_names():
    text = "Ada lived in New\u00a0\u200bYork."
    document = read_text(text)
    found = Document(
        "1", document.tokens, (Entity(0, 1), Entity(3, 5)), (Relation(0, 1, "in"),), text, document.offsets
    )
    page = found.to_html()
    assert "<bdi>New York</bdi>" in page
    assert "New\u00a0\u200bYork" in page
