from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO

import pytest
from rich.console import Console

from relknit.cli.explanation import show_explanation
from relknit.document import Document, Entity, Relation
from relknit.explain import Explanation

EVIL = "<script>alert('&')</script>"
WORDS = Document("1", (EVIL, "left", "York"), text=f"{EVIL} left York", offsets=((0, 27), (28, 32), (33, 37)))


def stage(first: float, second: float | None, relation: float | None) -> Document:
    entities = (Entity(0, 1, "<b>", first), *([] if second is None else [Entity(2, 3, None, second)]))
    relations = () if relation is None else (Relation(0, 1, "<i>left</i>", relation),)
    return replace(WORDS, entities=entities, relations=relations)


EXPLANATION = Explanation.of([stage(0.6, 0.5, None), stage(0.9, 0.4, 0.7), stage(0.9, 0.8, 0.65)])


class Reader(HTMLParser):
    """The text of every cell, the elements that were opened, and whether all of them are closed in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.rows: list[list[str]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


@pytest.fixture(params=["page", "notebook"])
def html(request: pytest.FixtureRequest) -> str:
    return EXPLANATION.to_html() if request.param == "page" else EXPLANATION._repr_html_()


def test_every_round_has_its_column_and_every_change_its_sign(html: str) -> None:
    rows = [[" ".join(cell.split()) for cell in row] for row in Reader(html).rows]
    assert rows == [
        ["triple", "encoder alone", "round 1", "round 2"],
        [f"{EVIL} <b> 0–27 <i>left</i> York 33–37", "–", "+ 0.7000", "▼ 0.6500"],
        ["entity", "encoder alone", "round 1", "round 2"],
        [f"{EVIL} <b> 0–27", "0.6000", "▲ 0.9000", "0.9000"],
        ["York 33–37", "0.5000", "▼ 0.4000", "▲ 0.8000"],
    ]


def test_a_model_without_rounds_has_one_column_and_no_legend() -> None:
    plain = Explanation.of([stage(0.9, 0.8, 0.65)])
    assert Reader(plain.to_html()).rows[0] == ["triple", "confidence"]
    assert "round" not in re.sub(r"<style>.*?</style>", "", plain._repr_html_(), flags=re.DOTALL)
    console = Console(file=StringIO(), width=200)
    show_explanation(console, plain)
    shown = console.file.getvalue()
    assert "confidence" in shown
    assert "encoder" not in shown
    assert "appeared" not in shown


def test_what_vanished_and_what_is_not_yet_there_differ() -> None:
    gone = Explanation.of([stage(0.6, 0.5, None), stage(0.6, None, None), stage(0.6, None, None)])
    cells = [" ".join(cell.split()) for cell in Reader(gone.to_html()).rows[-1]]
    assert cells == ["York 33–37", "0.5000", "× –", "–"]
    assert 'class="vanished"' in gone.to_html()


def test_words_of_the_text_are_escaped_everywhere(html: str) -> None:
    assert "<script" not in html
    assert "<i>" not in html
    assert "script" not in Reader(html).names
    assert "&lt;script&gt;" in html


def test_a_page_loads_nothing(html: str) -> None:
    assert not re.search(r"https?:|//[a-z]|url\(|@import|src=|href=", html)


def test_a_page_forbids_everything_but_its_own_style() -> None:
    assert "default-src &#x27;none&#x27;" in EXPLANATION.to_html() or "default-src 'none'" in EXPLANATION.to_html()


def test_a_page_counts_rounds_and_the_triples_of_the_end() -> None:
    assert "<b>2</b> rounds of interaction · <b>1</b> triple in the end" in EXPLANATION.to_html()
    gone = Explanation.of([stage(0.9, 0.4, 0.7), stage(0.9, 0.4, None)])
    assert "<b>1</b> round of interaction · <b>0</b> triples in the end" in gone.to_html()


def test_nothing_found_is_said_and_an_empty_text_too() -> None:
    empty = Explanation.of([Document("1", (), text="")]).to_html()
    assert empty.count("<p>None.</p>") == 2
    assert "an empty text" in empty


def test_a_long_text_is_shortened_in_the_heading_alone() -> None:
    words = ("word",) * 60
    html = Explanation.of([Document("1", words)]).to_html()
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", html)
    assert heading is not None
    assert len(heading[1]) == 80
    assert " ".join(words) in html


def test_the_style_of_a_notebook_cell_touches_nothing_else_in_the_notebook() -> None:
    style = EXPLANATION._repr_html_().split("<style>")[1].split("</style>")[0]
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{[^{}]*\}", style) for part in rule.split(",")]
    assert selectors
    assert [selector for selector in selectors if ".relknit-explain" not in selector] == []


def test_what_no_page_can_hold_is_replaced_in_a_notebook_too() -> None:
    words = Document(
        "1", ("Ada\0", "\ud800"), (Entity(0, 2, None, 0.5),), text="Ada\0 \ud800", offsets=((0, 4), (5, 6))
    )
    shown = Explanation.of([words])
    for html in (shown._repr_html_(), shown.to_html(), shown.tables_html()):
        html.encode()
        assert "\0" not in html


def test_the_tables_stand_alone_below_a_text_that_is_there_already() -> None:
    below = EXPLANATION.tables_html()
    assert Reader(below).rows == Reader(EXPLANATION.to_html()).rows
    assert 'class="words"' not in below
    assert "<style" not in below
