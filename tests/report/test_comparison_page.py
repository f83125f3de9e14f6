import re

from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics import compare_predictions
from relknit.report import cards, comparison_html
from tests.page.reading import check_alone, read

EVIL = "<script>alert('1')</script>&\"<img src=x>"
TOKENS = ("Ada", "knows", "Bo", "of", "Rome")
ENDS = (Entity(0, 1), Entity(2, 3), Entity(4, 5))
GOLD = Document("one", TOKENS, ENDS, (Relation(0, 1, "knows"), Relation(1, 2, "from")))
SAME = Document("same", TOKENS, ENDS, (Relation(0, 1, "knows"),))


def found(*relations, entities=ENDS):
    return Prediction(entities, tuple(Relation(*relation) for relation in relations))


A = [found((0, 1, "knows"), (2, 1, "from")), found((0, 1, "knows"))]
B = [found((1, 2, "from"), (2, 0, "rules"), entities=ENDS), found((0, 1, "knows"))]


def made(gold=(GOLD, SAME), a=A, b=B, ids=(), **more):
    systems = {"A": a, "B": b, **more}
    comparison = compare_predictions(list(gold), systems, rule="last", bootstrap_samples=20)
    about = {name: f"{name.lower()}.jsonl" for name in systems}
    return comparison_html(comparison, title="test.jsonl", about=about, ids=ids)


def rows(html):
    """kind and cells of every line of a card."""
    lines = re.findall(r"<tr data-kind.*?</tr>", html, re.DOTALL)
    return [tuple(read(cell).text for cell in re.findall(r"<td.*?</td>", line, re.DOTALL)) for line in lines]


def test_the_page_is_one_file_that_asks_for_nothing_else():
    reader = check_alone(made())
    assert "Comparison: test.jsonl" in reader.text
    assert "A is a.jsonl · B is b.jsonl · 2 sentences" in reader.text


def test_only_sentences_in_which_they_differ_are_shown():
    html = made()
    assert re.findall(r"<code><bdi>(.*?)</bdi>", html) == ["one"]
    assert "1 sentence of 2 in which systems predict different triples." in read(html).text


def test_every_triple_is_beside_its_verdict_in_each():
    assert rows(made()) == [
        ("only A correct", "Ada —knows→ Bo", "correct", "missing"),
        ("only B correct", "Bo —from→ Rome", "wrong direction Rome —from→ Bo", "correct"),
        ("only B spurious", "–", "–", "spurious Rome —rules→ Ada"),
    ]


def test_three_systems_are_side_by_side_and_compared_with_the_first():
    html = made(C=A)
    assert rows(html)[0] == ("only A, C correct", "Ada —knows→ Bo", "correct", "missing", "correct")
    assert "A is a.jsonl · B is b.jsonl · C is c.jsonl · 2 sentences" in read(html).text
    assert len(re.findall("<b>[+−]", html)) == 10  # five scores of two systems


def test_sentences_asked_for_are_shown_whether_they_differ_or_not():
    html = made(ids=("same",))
    assert re.findall(r"<code><bdi>(.*?)</bdi>", html) == ["same"]
    assert "1 sentence of 2, as asked for." in read(html).text


def test_outcomes_are_counted_over_all_sentences_and_linked_where_they_are_shown():
    reader = read(made())
    assert re.search(r"all correct\s*1\s*0\s*only A correct\s*1\s*1", reader.text)
    linked = [address for address in reader.values("href") if "kind=" in address]
    assert linked == ["#kind=only+A+correct", "#kind=only+B+correct", "#kind=only+B+spurious"]


def test_what_is_said_to_be_on_the_page_is_on_the_page(monkeypatch):
    monkeypatch.setattr(cards, "MOST_CARDS", 1)
    html = made([GOLD, SAME, SAME], a=[*A, found()], b=[*B, SAME.prediction])
    assert html.count("<article") == 1
    assert re.search(r"only B correct\s*2\s*1\b", read(html).text)


def strict_cells(html):
    row = html.split("<tr><td>strict</td>")[1].split("<tr>")[1]
    return [read(cell).text for cell in re.findall(r"<td>.*?</td>", row)[-3:]]


def test_differences_have_sign_interval_and_p():
    assert strict_cells(made(a=B, b=B)) == ["+0.0", "+0.0 to +0.0", "1.000"]
    worse = made(a=[found(), found()], b=[GOLD.prediction, SAME.prediction])
    assert strict_cells(worse) == ["−100.0", "−100.0 to −100.0", f"{2 / 21:.3f}"]


def test_relations_in_which_they_are_furthest_apart_come_first():
    gold = [GOLD, SAME, SAME]
    html = made(
        gold,
        [found((0, 1, "knows"), (1, 2, "from")), *[found((0, 1, "knows"))] * 2],
        [found((1, 2, "from")), found(), found()],
    )
    relations = [address for address in read(html).values("href") if address.startswith("#relation=")]
    assert relations == ["#relation=knows", "#relation=from"]


def test_two_systems_that_agree_have_no_sentence_to_show():
    html = made(a=B, b=B)
    assert "<article" not in html
    assert "0 sentences of 2" in read(html).text


def test_a_gold_entity_that_one_of_them_misses_is_marked():
    html = made(a=[A[0], A[1]], b=[found(entities=ENDS[:2]), A[1]])
    gold = re.search(r'<td data-column="gold">(.*?)</td>', html)[1]
    assert re.findall(r'<mark class="(\w+)"[^>]*>(\w+)', gold) == [
        ("agreed", "Ada"),
        ("agreed", "Bo"),
        ("alone", "Rome"),
    ]


def test_words_of_the_data_never_become_tags():
    gold = Document(EVIL, (EVIL, "b"), (Entity(0, 1, EVIL), Entity(1, 2)), (Relation(0, 1, EVIL),))
    wrong = Prediction(gold.entities, (Relation(1, 0, EVIL),))
    systems = {"A": [gold.prediction], "B": [wrong]}
    comparison = compare_predictions([gold], systems, rule="last", bootstrap_samples=1)
    reader = check_alone(comparison_html(comparison, title=EVIL, about={"A": EVIL, "B": EVIL}))
    assert reader.tags.count("script") == 1
    assert "img" not in reader.tags
