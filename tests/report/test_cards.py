import json
import re

import pytest

from relknit.metrics.errors import KINDS
from relknit.metrics.facts import Fact, Mention
from relknit.metrics.versus import OUTCOMES
from relknit.report import cards as module
from relknit.report.cards import (
    Card,
    Line,
    card_html,
    filters_html,
    names_in_two_places,
    sentences_html,
    style_of,
    triple_cell,
)
from tests.page.reading import read

EVIL = "<script>alert('1')</script>&\"\n<img src=x>"
ADA, YORK, NEW_YORK = Mention("Ada", 0, 1), Mention("York", 4, 5), Mention("New York", 3, 5)
FACT = Fact(ADA, "lives_in", NEW_YORK)


def test_a_triple_reads_from_head_to_tail():
    assert read(triple_cell(FACT, None)).text == "Ada —lives_in→ New York"
    assert "off" not in triple_cell(FACT, FACT)
    assert read(triple_cell(None, FACT)).text == "–"


@pytest.mark.parametrize(
    ("other", "off"),
    [
        (Fact(ADA, "lives_in", YORK), ["New York"]),
        (Fact(ADA, "left", NEW_YORK), ["lives_in"]),
        (Fact(NEW_YORK, "lives_in", ADA), ["Ada", "New York"]),
    ],
)
def test_what_differs_from_gold_is_marked(other, off):
    assert re.findall(r'<span class="off"><bdi>(.*?)</bdi>', triple_cell(FACT, other)) == off


def test_names_that_stand_twice_say_at_which_word():
    other = Fact(ADA, "left", Mention("New York", 7, 9))
    unclear = names_in_two_places([FACT, other, None, FACT])
    assert unclear == {"New York"}
    assert read(triple_cell(other, None, unclear=unclear)).text == "Ada —left→ New York at 8"
    assert names_in_two_places([FACT, FACT]) == frozenset()


def test_types_and_notes_stand_behind():
    fact = Fact(ADA, "knows", Mention("Bo", 5, 6, "person"))
    assert read(triple_cell(fact, None, " <i>0.97</i>")).text == "Ada —knows→ Bo person 0.97"


def test_every_kind_and_outcome_has_a_style():
    assert {style_of(kind) for kind in KINDS} == {"right", "near", "missed", "invented"}
    assert {style_of(outcome) for outcome in OUTCOMES} == {"right", "near", "other", "missed", "invented"}


def card(*lines, name="s1"):
    return Card(
        name, ("gold text", "found text"), tuple(Line(kind, relations, ("g", "f")) for kind, relations in lines)
    )


COLUMNS = ("gold", "predicted")


def test_a_card_has_the_sentence_once_for_each_column_and_a_row_for_each_triple():
    reader = read(card_html(card(("right", ("a",)), ("missed", ("b",)), ("missed", ("c", "d"))), COLUMNS))
    assert reader.text.startswith("s1 right 1 missed 2")
    assert "gold text" in reader.words
    assert reader.values("data-kind") == ["right", "missed", "missed"]
    assert reader.values("data-relations") == ['["a"]', '["b"]', '["c", "d"]']
    assert reader.values("data-column") == ["gold", "predicted"] * 4


def test_words_of_the_data_never_become_tags():
    html = card_html(card((EVIL, (EVIL,)), name=EVIL), COLUMNS) + filters_html([(EVIL, 3)], [EVIL])
    html += triple_cell(Fact(Mention(EVIL, 0, 1, EVIL), EVIL, ADA), FACT, unclear=[EVIL])
    reader = read(html)
    assert not {"script", "img"} & set(reader.tags)
    assert list(map(json.loads, reader.values("data-relations"))) == [[EVIL]]
    assert "<script" not in html


def test_the_form_offers_the_kinds_that_there_are_and_every_relation_in_order():
    html = filters_html([("right", 1200), ("invented", 2)], {"b", "a"})
    reader = read(html)
    assert reader.values("value") == ["right", "invented", "", "a", "b"]
    assert re.findall("<option[^>]*>(.*?)</option>", html) == ["any", "a", "b"]
    assert "right 1,200" in reader.text
    assert "hidden" in dict(reader.attributes)


def test_sentences_beyond_the_most_are_counted_and_not_shown(monkeypatch):
    monkeypatch.setattr(module, "MOST_CARDS", 2)
    cards = [card(("right", (name,)), name=name) for name in "abc"]
    html = sentences_html(cards, COLUMNS, ["right", "missed"], note="All.")
    assert html.count("<article") == 2
    assert "All. The first 2 are on this page; 1 more are counted only." in read(html).text
    assert "c" not in read(html).values("value")
    assert "counted only" not in sentences_html(cards[:2], COLUMNS, ["right"], note="All.")


def test_the_filters_count_what_is_on_the_page_and_offer_every_kind_that_there_is(monkeypatch):
    monkeypatch.setattr(module, "MOST_CARDS", 2)
    cards = [card(("missed", ("a",)), ("missed", ("a",))), card(("invented", ("a",))), card(("right", ("a",)))]
    html = sentences_html(cards, COLUMNS, ["right", "wrong span", "missed", "invented"], note="")
    assert re.findall(r'value="(\w+)">\w+ <b>(\d+)</b>', html) == [("right", "0"), ("missed", "2"), ("invented", "1")]


@pytest.mark.parametrize("name", [" lives in ", "lives  in", "lives\nin", "lives\r\nin", 'a"b'])
def test_a_relation_keeps_its_name_letter_for_letter_for_the_script(name):
    html = card_html(card(("right", (name, "b"))), COLUMNS) + filters_html([], [name])
    values = re.findall(r'(?:data-relations|value)="([^"]*)"', html)
    assert not {"\r", "\n"} & set("".join(values))  # a browser would change them
    reader = read(html)
    assert json.loads(reader.values("data-relations")[0]) == [name, "b"]
    assert name in reader.values("value")
