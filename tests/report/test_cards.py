import json
import re

import pytest

from relknit.document import Document, Entity, Prediction, Relation, Span
from relknit.metrics import evaluate_predictions
from relknit.metrics.readable import ReadableTriple
from relknit.metrics.verdicts import Verdict
from relknit.report import cards as module
from relknit.report import evaluation_html
from relknit.report.cards import Card, CardLine, cards_to_show, marked_text
from tests.page.reading import read

TOKENS = ("Ada", "King", "of", "New", "York", ".", "Ada", "King")
ADA, NEW_YORK, AGAIN = Entity(0, 2), Entity(3, 5), Entity(6, 8)
TRIPLE = ReadableTriple(Span("Ada King", None, None, 0, 2), "of", Span("New York", None, None, 3, 5))


def card(*kinds, name="s1"):
    lines = (CardLine(kind, (name,), TRIPLE, (Verdict("missing", None, TRIPLE),)) for kind in kinds)
    return Card(name, (("gold text", ()), ("found text", ())), tuple(lines))


def page(relations, predicted, entities=(ADA, NEW_YORK, AGAIN)):
    gold = Document("s1", TOKENS, entities, tuple(Relation(*relation) for relation in relations))
    found = Prediction(entities, tuple(Relation(*relation) for relation in predicted))
    return evaluation_html(evaluate_predictions([gold], [found], rule="last", bootstrap_samples=0), title="t")


def cells(html):
    row = re.search(r"<tr data-kind.*?</tr>", html, re.DOTALL)[0]
    return re.findall(r"<td data-column.*?</td>", row, re.DOTALL)


def test_sentences_beyond_the_most_are_only_counted(monkeypatch):
    monkeypatch.setattr(module, "MOST_CARDS", 2)
    shown = cards_to_show([card("correct", name=name) for name in "abc"], ["correct", "missing"])
    assert ([one.id for one in shown.shown], shown.total, shown.relations) == (["a", "b"], 3, ("a", "b"))


def test_the_filters_count_what_is_shown_and_offer_every_kind_that_there_is(monkeypatch):
    monkeypatch.setattr(module, "MOST_CARDS", 2)
    cards = [card("missing", "missing"), card("spurious"), card("correct")]
    kinds = cards_to_show(cards, ["correct", "boundary error", "missing", "spurious"]).kinds
    assert list(kinds.items()) == [("correct", 0), ("missing", 2), ("spurious", 1)]


def test_a_page_says_how_many_sentences_are_left_out(monkeypatch):
    gold = [Document(str(k), TOKENS, (ADA, NEW_YORK), (Relation(0, 1, "of"),)) for k in range(3)]
    report = evaluate_predictions(gold, [one.prediction for one in gold], rule="last", bootstrap_samples=0)
    assert "only counted" not in evaluation_html(report, title="t")
    monkeypatch.setattr(module, "MOST_CARDS", 2)
    html = evaluation_html(report, title="t")
    assert html.count("<article") == 2
    assert "The first 2 are on this page; 1 more are only counted." in read(html).text


@pytest.mark.parametrize(
    ("predicted", "off"),
    [
        ((0, 1, "from"), ["from"]),
        ((1, 0, "of"), ["New York", "Ada King"]),
        ((2, 1, "of"), ["Ada King"]),
    ],
)
def test_what_differs_from_gold_is_marked(predicted, off):
    gold, found = cells(page([(0, 1, "of")], [predicted]))
    assert "off" not in gold
    assert re.findall(r'<span class="off">\s*<bdi>(.*?)</bdi>', found) == off


def test_names_at_two_places_say_at_which_word():
    gold, found = cells(page([(0, 1, "of")], [(2, 1, "of")]))
    assert read(gold).text == "Ada King at 1 —of→ New York"
    assert read(found).text == "Ada King at 7 —of→ New York"
    assert " at " not in read(page([(0, 1, "of")], [(0, 1, "of")])).text.split("Sentences")[-1]


@pytest.mark.parametrize("name", [" lives in ", "lives  in", "lives\nin", "lives\r\nin", 'a"b', "a'b<i>&amp;"])
def test_a_relation_keeps_its_name_letter_for_letter_for_the_script(name):
    html = page([(0, 1, name)], [(0, 1, name)])
    values = re.findall(r'(?:data-relations|<option value)=(["\'])(.*?)\1', html)
    assert len(values) == 3
    assert not {"\r", "\n"} & set("".join(value for _, value in values))  # a browser would change them
    reader = read(html)
    assert json.loads(reader.values("data-relations")[0]) == [name]
    assert name in reader.values("value")


def test_what_both_have_is_agreed_and_untagged_entities_are_called_so():
    document = Document("1", TOKENS)
    gold = [Entity(0, 2), Entity(3, 5)]
    found = [Entity(0, 2), Entity(4, 5), Entity(5, 6, tagged=False), Entity(3, 5, tagged=False)]
    assert [mark.style for mark in marked_text(document, found, gold, typed=False)[1]] == [
        "agreed",
        "alone",
        "untagged",
        "untagged",
    ]
    assert [mark.style for mark in marked_text(document, gold, found, typed=False)[1]] == ["agreed", "alone"]


@pytest.mark.parametrize(("typed", "style"), [(True, "alone"), (False, "agreed")])
def test_types_matter_only_where_they_are_compared(typed, style):
    _, (mark,) = marked_text(Document("1", TOKENS), [Entity(0, 1, "a")], [Entity(0, 1, "b")], typed=typed)
    assert (mark.style, mark.label) == (style, "a" if typed else None)


def test_the_text_is_shown_as_it_was_written_where_entities_are_placed_in_it():
    offsets = ((0, 3), (4, 8), (10, 12), (14, 17), (18, 22), (23, 24), None, None)
    document = Document("1", TOKENS, text="Ada King  of “New-York”.", offsets=offsets)
    text, (mark,) = marked_text(document, [NEW_YORK], [], typed=False)
    assert (text, mark.start, mark.end) == (document.text, 14, 22)
    assert marked_text(document, [AGAIN], [], typed=False)[0] == " ".join(TOKENS)
