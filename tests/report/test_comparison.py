import re

from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics.versus import OUTCOMES, compare_predictions
from relknit.report import cards, comparison_html
from tests.page.reading import check_alone, read

EVIL = "<script>alert('1')</script>&\"<img src=x>"
TOKENS = ("Ada", "knows", "Bo", "of", "Rome")
ENDS = (Entity(0, 1), Entity(2, 3), Entity(4, 5))
GOLD = Document("one", TOKENS, ENDS, (Relation(0, 1, "knows"), Relation(1, 2, "from")))
SAME = Document("same", TOKENS, ENDS, (Relation(0, 1, "knows"),))


def said(*relations, entities=ENDS):
    return Prediction(entities, tuple(Relation(*relation) for relation in relations))


A = [said((0, 1, "knows"), (2, 1, "from")), said((0, 1, "knows"))]
B = [said((1, 2, "from"), (2, 0, "rules"), entities=ENDS), said((0, 1, "knows"))]


def made(gold=(GOLD, SAME), a=A, b=B):
    versus = compare_predictions(list(gold), a, b, rule="last", bootstrap_samples=20)
    return comparison_html(versus, title="test.jsonl", a="a.jsonl", b="b.jsonl")


def rows(html):
    """kind and cells of every line of a card."""
    lines = [line for line in html.splitlines() if line.startswith("<tr data-kind")]
    return [tuple(read(cell).text for cell in re.findall(r"<td.*?</td>", line)) for line in lines]


def test_the_page_is_one_file_that_asks_for_nothing_else():
    reader = check_alone(made())
    assert "Comparison: test.jsonl" in reader.text
    assert "A is a.jsonl · B is b.jsonl · 2 sentences" in reader.text
    assert made() == made()


def test_only_sentences_in_which_they_differ_are_shown():
    html = made()
    assert re.findall(r"<code><bdi>(.*?)</bdi>", html) == ["one"]
    assert "1 sentence of 2 in which A and B find different triples." in read(html).text


def test_every_triple_stands_with_what_became_of_it_in_each():
    assert rows(made()) == [
        ("only A right", "Ada —knows→ Bo", "right", "missed"),
        ("only B right", "Bo —from→ Rome", "wrong direction Rome —from→ Bo", "right"),
        ("B invents", "–", "–", "invented Rome —rules→ Ada"),
    ]


def test_outcomes_are_counted_over_all_sentences_and_linked_where_they_are_shown():
    html = made()
    reader = read(html)
    for outcome in OUTCOMES:
        assert outcome in reader.text
    assert re.search(r"both right\s*1\s*0\s*only A right\s*1\s*1", reader.text)
    linked = [address for address in reader.values("href") if "kind=" in address]
    assert linked == ["#kind=only+A+right", "#kind=only+B+right", "#kind=B+invents"]


def test_what_is_said_to_be_on_the_page_is_on_the_page(monkeypatch):
    monkeypatch.setattr(cards, "MOST_CARDS", 1)
    html = made([GOLD, SAME, SAME], a=[*A, said()], b=[*B, SAME.prediction])
    assert html.count("<article") == 1
    assert re.search(r"only B right\s*2\s*1\b", read(html).text)


def strict_cells(html):
    line = next(line for line in html.splitlines() if "<td>strict</td>" in line)
    return [read(cell).text for cell in re.findall(r"<td>.*?</td>", line)[-3:]]


def test_differences_stand_with_sign_interval_and_p():
    assert strict_cells(made(a=B, b=B)) == ["+0.0", "+0.0 to +0.0", "1.000"]
    worse = made(a=[said(), said()], b=[GOLD.prediction, SAME.prediction])
    assert strict_cells(worse) == ["−100.0", "−100.0 to −100.0", f"{2 / 21:.3f}"]


def test_relations_in_which_they_are_furthest_apart_come_first():
    gold = [GOLD, SAME, SAME]
    html = made(
        gold,
        [said((0, 1, "knows"), (1, 2, "from")), *[said((0, 1, "knows"))] * 2],
        [said((1, 2, "from")), said(), said()],
    )
    relations = [address for address in read(html).values("href") if address.startswith("#relation=")]
    assert relations == ["#relation=knows", "#relation=from"]


def test_two_systems_that_agree_have_no_sentence_to_show():
    html = made(a=B, b=B)
    assert "<article" not in html
    assert "0 sentences of 2" in read(html).text


def test_a_gold_entity_that_one_of_them_missed_is_marked():
    html = made(a=[A[0], A[1]], b=[said(entities=ENDS[:2]), A[1]])
    gold = re.search(r'<td data-column="gold">(.*?)</td>', html)[1]
    assert re.findall(r'<mark class="(\w+) first last">(\w+)', gold) == [
        ("agreed", "Ada"),
        ("agreed", "Bo"),
        ("alone", "Rome"),
    ]


def test_words_of_the_data_never_become_tags():
    gold = Document(EVIL, (EVIL, "b"), (Entity(0, 1, EVIL), Entity(1, 2)), (Relation(0, 1, EVIL),))
    wrong = Prediction(gold.entities, (Relation(1, 0, EVIL),))
    versus = compare_predictions([gold], [gold.prediction], [wrong], rule="last", bootstrap_samples=1)
    reader = check_alone(comparison_html(versus, title=EVIL, a=EVIL, b=EVIL))
    assert reader.tags.count("script") == 1
    assert "img" not in reader.tags
