from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import Document, Entity, Relation
from relknit.document.document_page import COLOURS, PageWriter, element_html, page_html
from relknit.errors import DataError
from relknit.text.read import read_text
from tests.page.reading import check_alone

EVIL = '<script>alert("1")</script>&amp;\'<img src=x onerror=y>'
VOID = {"meta", "br", "img", "link", "input"}


class Reader(HTMLParser):
    """Reads a page, complains about tags not closed in order, and keeps the words inside the text and inside each mark."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.text, self.marked, self.words = [], [], [""], {}, ""

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.words += " " if tag in ("td", "th") else ""
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("class", "")))
        if dict(attrs).get("class") == "text":
            self.text.append("")

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if any(name == "style" for name, _ in self.open):
            return
        self.words += data
        if ("div", "text") in self.open:
            self.text[-1] += data
        for tag, names in self.open:
            if tag == "mark":
                number = int(names.split()[0][1:])
                self.marked[number] = self.marked.get(number, "") + data

    @property
    def meters(self):
        return [attrs["value"] for tag, attrs in self.elements if tag == "meter"]

    def of_class(self, name):
        return [attrs for _, attrs in self.elements if name in attrs.get("class", "").split()]


def parse(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    reader.text = reader.text[1:]
    return reader


def document(text, *entities, relations=(), **rest):
    return replace(
        read_text(text),
        entities=tuple(Entity(*entity) for entity in entities),
        relations=tuple(Relation(*relation) for relation in relations),
        **rest,
    )


FACTS = document(
    "Ada King lived in New York City.",
    (0, 2, "Person", 0.91),
    (4, 7, "Place", 0.5),
    relations=[(0, 1, "lived in", 0.876)],
    id="notes.txt:12",
)


def test_the_text_is_shown_as_it_is_with_its_entities_marked():
    reader = parse(element_html(FACTS))
    assert reader.text == ["Ada King lived in New York City."]
    assert reader.marked == {1: "Ada King", 2: "New York City"}
    first, second = (attrs for tag, attrs in reader.elements if tag == "mark")
    assert (first["data-label"], second["data-label"]) == ("1 Person", "2 Place")
    assert first["title"] == "entity 1 · Person · characters 0–8 · tokens 0–2 · confidence 0.9100"


def test_triples_are_below_with_numbers_words_places_and_confidence():
    reader = parse(element_html(FACTS))
    words = " ".join(reader.words.split())
    assert words.endswith("head relation tail confidence 1 Ada King 0–8 lived in 2 New York City 18–31 0.8760")
    assert [attrs["class"] for attrs in reader.of_class("number")] == ["number n1 c0", "number n2 c1"]
    assert reader.meters == ["0.8760"]


def test_a_document_without_triples_or_text_is_a_page_too():
    reader = parse(element_html(document("Nothing here.")))
    assert reader.words.split() == ["Nothing", "here.", "no", "triples"]
    assert not [tag for tag, _ in reader.elements if tag == "table"]
    assert parse(page_html([document("")])).text == [""]
    assert parse(page_html([])).words.split() == ["relknit", "relknit"]  # title and heading


def test_nested_entities_are_marked_inside_each_other():
    nested = document("The University of New York City.", (3, 5, "B"), (1, 6, "A"), (4, 6, "C"), (4, 6, "D"))
    reader = parse(element_html(nested))
    assert reader.text == [nested.text]
    assert reader.marked == {1: "New York", 2: "University of New York City", 3: "York City", 4: "York City"}


def test_the_longer_of_two_entities_that_begin_together_is_outside():
    page = element_html(document("New York City.", (0, 1), (0, 3), (0, 2)))
    order = [attrs["class"].split()[0] for tag, attrs in parse(page).elements if tag == "mark"]
    assert order == ["n2", "n3", "n1"]


WORDS = st.lists(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=6), min_size=1, max_size=8
)


@given(WORDS, st.data())
def test_every_character_and_every_entity_is_shown_whatever_crosses_what(words, data):
    text = " ".join(words)
    base = read_text(text)
    ends = st.tuples(st.integers(0, len(base)), st.integers(0, len(base))).filter(lambda pair: pair[0] < pair[1])
    spans = data.draw(st.lists(ends, max_size=6)) if len(base) else []
    reader = parse(element_html(document(text, *spans)))
    assert reader.text == [text]
    expected = {k: base.span(Entity(*span)).text for k, span in enumerate(spans, 1)}
    assert {k: words for k, words in reader.marked.items() if words} == expected


def test_types_have_one_colour_throughout_a_page_and_untyped_entities_one_each():
    other = document("New York, Ada.", (0, 2, "Place"), (3, 4, "Person"))
    untyped = document(" ".join("abcdefghij"), *((k, k + 1) for k in range(10)))
    reader = parse(page_html([FACTS, other, untyped]))
    classes = [attrs["class"] for tag, attrs in reader.elements if tag == "mark"]
    assert classes[:4] == ["n1 c0", "n2 c1", "n1 c1", "n2 c0"]
    assert [name.split()[1] for name in classes[4:]] == [f"c{k % COLOURS}" for k in range(10)]
    style = element_html(FACTS)
    assert all(f".relknit .c{k} {{" in style for k in range(COLOURS))
    assert f".c{COLOURS}" not in style


def test_an_untagged_entity_is_distinguished():
    shown = parse(element_html(document("Ada lived.", (0, 1, None, 0.5, False), (1, 2))))
    assert [attrs["title"] for attrs in shown.of_class("untagged") if "title" in attrs] == [
        "entity 1 · characters 0–3 · tokens 0–1 · confidence 0.5000 · untagged: only part of a triple"
    ]


def test_an_inferred_triple_is_marked_with_the_place_that_states_it():
    known = document("Ada rose. She left Rome.", (0, 1), (3, 4, "reference", None, False), (5, 6))
    stated = replace(known, relations=(Relation(0, 2, "left"),))
    inferred = replace(known, relations=(Relation(0, 2, "left", evidence=((1, 2),), inferred=True),))
    assert "inferred" not in element_html(stated)
    assert '<span class="where" title="stated at She – Rome">inferred</span>' in element_html(inferred)


def test_tokens_without_places_are_shown_as_words():
    entities = (Entity(0, 2, "Person"), Entity(3, 4))
    tokens = ("Ada", "King", "left", "Rome", ".")
    facts = (Relation(0, 1, "left"),)
    half = ((0, 3), None, (9, 13), (14, 18), (18, 19))
    for placeless in (
        Document("1", tokens, entities, facts),
        Document("1", tokens, entities, facts, text="Ada King left Rome."),
        Document("1", tokens, entities, facts, text="Ada King left Rome.", offsets=half),
    ):
        reader = parse(element_html(placeless))
        assert reader.text == ["Ada King left Rome ."]
        assert reader.marked == {1: "Ada King", 2: "Rome"}
        assert [attrs for attrs in reader.of_class("note")]
        assert reader.of_class("where") == []
        assert not any("characters" in attrs.get("title", "") for _, attrs in reader.elements)
    placed = Document("1", tokens, (Entity(2, 4),), text="Ada King left Rome.", offsets=half)
    assert parse(element_html(placed)).marked == {1: "left Rome"}, "only the places of entities are needed"


def test_nothing_in_a_document_becomes_markup():
    evil = document(
        EVIL + " {title} {style} %s", (0, 3, EVIL), (3, 5, "</style>"), relations=[(0, 1, EVIL, 0.5)], id=EVIL
    )
    reader = parse(page_html([evil], title=EVIL))
    assert not {"script", "img"} & {tag for tag, _ in reader.elements}
    assert not {name for _, attrs in reader.elements for name in attrs if name.startswith("on")}
    assert reader.text == [evil.text]
    assert reader.of_class("n1")[0]["data-label"] == f"1 {EVIL}"


def test_newlines_spaces_and_right_to_left_text_are_kept():
    text = "مرحبا Ada\n\n  two  spaces\tand a tab\nעברית 12."
    reader = parse(element_html(document(text, (0, 1))))
    assert reader.text == [text]
    (box,) = reader.of_class("text")
    assert box["dir"] == "auto"
    assert all(attrs["dir"] == "auto" for tag, attrs in reader.elements if tag == "mark")
    assert "white-space: pre-wrap" in element_html(FACTS)


def test_characters_that_no_page_can_contain_are_replaced():
    reader = parse(element_html(document("a\0b \udce9 c", (0, 1))))
    assert reader.text == ["a\ufffdb ? c"]


def test_a_long_text_is_shown_to_its_last_word():
    text = " ".join(f"word{k}" for k in range(20_000))
    long = document(text, *((k, k + 1, "T") for k in range(0, 20_000, 10)))
    reader = parse(element_html(long))
    assert reader.text == [text]
    assert len(reader.marked) == 2000
    assert reader.marked[2000] == "word19990"


def test_entities_light_up_together_with_their_triples():
    style = element_html(FACTS).split("</style>")[0]
    assert re.findall(r":has\(\.n(\d+):hover, tr:hover \.n(\d+)\) \.n(\d+)", style) == [("1",) * 3, ("2",) * 3]
    assert ":hover" not in element_html(document("Nothing."))


def test_a_page_asks_for_nothing_else():
    page = page_html([FACTS], title="Notes")
    reader = parse(page)
    assert page.startswith("<!DOCTYPE html>")
    assert not {"script", "link", "img", "iframe", "object", "form", "a"} & {tag for tag, _ in reader.elements}
    assert not {"src", "href", "action"} & {name for _, attrs in reader.elements for name in attrs}
    assert not re.search(r"https?:|url\(|@import|//", page)
    check_alone(page)
    assert ("meta", {"charset": "utf-8"}) in reader.elements


def test_every_colour_has_a_light_and_a_dark_form():
    style = element_html(FACTS).split("</style>")[0]
    defined = dict(re.findall(r"(--\w+): (light-dark\(#\w{6}, #\w{6}\))", style))
    used = set(re.findall(r"var\((--\w+)\)", style))
    assert used == set(defined)
    assert "color-scheme: light dark" in style


def test_the_style_of_a_notebook_cell_touches_nothing_else_in_the_notebook():
    style = parse_style(FACTS._repr_html_())
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{[^{}]*\}", style) for part in split_selector(rule)]
    assert [s for s in selectors if ".relknit" not in s] == []


def parse_style(page):
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    return re.sub(r"@media [^{]*\{(.*)\}", r"\1", style)


def split_selector(rule):
    return re.split(r",(?![^(]*\))", rule)


def test_a_notebook_shows_an_element_and_to_html_is_a_page():
    assert FACTS._repr_html_() == FACTS.to_html(page=False) == element_html(FACTS)
    assert "<html" not in FACTS._repr_html_()
    assert FACTS.to_html() == page_html([FACTS])
    assert "notes.txt:12" in FACTS.to_html()


def test_a_page_written_bit_by_bit_is_the_page_made_at_once(tmp_path):
    documents = [FACTS, document("New York.\r\nAda", (0, 2, "Place")), document("Zoë 😀")]
    with PageWriter() as writer:
        for each in documents:
            writer.add(each)
        writer.save(tmp_path / "page.html", "Notes")
    assert (tmp_path / "page.html").read_bytes().decode() == page_html(documents, title="Notes")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_that_cannot_be_written_leaves_the_existing_file(tmp_path):
    (tmp_path / "page.html").mkdir()
    with PageWriter() as writer, pytest.raises(DataError, match=r"page\.html: "):
        writer.save(tmp_path / "page.html", "Notes")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_importing_relknit_does_not_load_what_makes_pages():
    code = "import relknit, relknit.document.jsonl, sys, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"jinja2", "torch"} & set(json.loads(done.stdout))
