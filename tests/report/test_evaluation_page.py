import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics import assertion_score, evaluate_predictions
from relknit.report import evaluation_html
from tests.page.reading import check_alone, read

EVIL = "<script>alert('1')</script>&\"<img src=x>"
ADA, NEW_YORK, BO = Entity(0, 1), Entity(3, 5), Entity(6, 7)
TOKENS = ("Ada", "lives", "in", "New", "York", "with", "Bo", ".")
ENTITIES = (ADA, NEW_YORK, BO)
RIGHT = Document("right one", TOKENS, ENTITIES, (Relation(0, 1, "lives_in"),))
WRONG = Document("wrong one", TOKENS, ENTITIES, (Relation(0, 1, "lives_in"), Relation(0, 2, "knows")))
EMPTY = Document("empty one", ("It", "rained", "."))


def found(*relations, entities=ENTITIES):
    return Prediction(entities, tuple(Relation(*relation) for relation in relations))


def scored(documents, predictions, **options):
    return evaluate_predictions(documents, predictions, rule="last", **({"bootstrap_samples": 0} | options))


def made(documents, predictions, known_names=None, **options):
    report = scored(documents, predictions, known_names=known_names, bootstrap_samples=5)
    return evaluation_html(report, title="test.jsonl", **options)


DOCUMENTS = [EMPTY, RIGHT, WRONG]
PREDICTIONS = [
    Prediction(),
    found((0, 1, "lives_in", 0.9)),
    found((0, 1, "works_in", 0.8), (2, 0, "knows", 0.75), (1, 2, "holds", 0.3)),
]


def test_the_page_is_one_file_that_asks_for_nothing_else():
    reader = check_alone(made(DOCUMENTS, PREDICTIONS, about="model m"))
    assert "Evaluation: test.jsonl" in reader.text
    assert "3 sentences · model m" in reader.text
    assert reader.tags.count("script") == 1


def test_sentences_with_an_error_come_first_and_those_without_a_triple_last():
    html = made(DOCUMENTS, PREDICTIONS)
    assert re.findall(r"<code><bdi>(.*?)</bdi>", html) == ["wrong one", "right one", "empty one"]
    assert "1 sentence with an error, then 2 sentences without." in read(html).text


def test_every_triple_is_a_line_with_its_kind_and_both_relations():
    reader = read(made(DOCUMENTS, PREDICTIONS))
    kinds = ["wrong relation", "wrong direction", "spurious", "correct"]
    assert reader.values("data-kind") == kinds
    assert reader.values("data-relations") == ['["lives_in", "works_in"]', '["knows"]', '["holds"]', '["lives_in"]']


def test_gold_and_predicted_stand_side_by_side_with_the_confidence():
    html = made(DOCUMENTS, PREDICTIONS)
    row = html[html.index('data-kind="wrong relation"') :]
    gold, predicted = re.findall(r"<td data-column.*?</td>", row, re.DOTALL)[:2]
    assert read(gold).text == "Ada —lives_in→ New York"
    assert read(predicted).text == "Ada —works_in→ New York0.8000"
    assert '<span class="off"><bdi>works_in' in predicted


def test_kinds_are_counted_and_link_to_their_sentences():
    reader = read(made(DOCUMENTS, PREDICTIONS))
    assert "kind=wrong+relation" in [address.removeprefix("#") for address in reader.values("href")]
    assert re.search(r"are gold \(3\), .* were predicted \(4\)", reader.text)
    assert "wrong type" not in reader.text


def test_wrong_types_are_a_kind_where_gold_has_types():
    typed = replace(RIGHT, entities=tuple(replace(entity, type="thing") for entity in ENTITIES))
    html = made([typed], [found((0, 1, "lives_in"))])
    assert 'data-kind="wrong type"' in html
    assert "New York</bdi><small> thing</small>" in html
    assert 'data-label="thing"' in html


def test_confused_relations_are_listed_and_their_absence_is_said():
    reader = read(made(DOCUMENTS, PREDICTIONS))
    assert "Confused with another relation" in reader.text
    assert "kind=wrong+relation&relation=lives_in" in [address.removeprefix("#") for address in reader.values("href")]
    assert "No pair was predicted with another relation" in read(made([RIGHT], [RIGHT.prediction])).text


def test_many_confusions_are_folded():
    relations = tuple(Relation(0, 1, f"r{k}") for k in range(25))
    documents = [replace(RIGHT, relations=(relation,)) for relation in relations]
    html = made(documents, [found((0, 1, f"x{k}")) for k in range(25)])
    assert re.findall(r"<summary>(.*?)</summary>", html) == ["5 more", "25 relations"]


def test_plots_are_drawn_where_every_triple_has_a_confidence():
    html = made(DOCUMENTS, PREDICTIONS)
    assert html.count("<svg") == 2
    assert re.search(r"4 in 4 bins of equal mass, calibration error 48\.8 points", read(html).text)
    without = made([RIGHT], [RIGHT.prediction])
    assert "<svg" not in without
    assert "carry no confidence" in read(without).text
    assert "Nothing was predicted." in read(made([RIGHT], [Prediction()])).text


def test_least_confidences_say_what_they_would_cost():
    text = read(made(DOCUMENTS, PREDICTIONS)).text
    assert re.search(r"at least 0\.5\s*33\.3\s*33\.3\s*at least 0\.7\s*33\.3\s*33\.3\s*at least 0\.9\s*100", text)
    assert "at least 0.95" not in text


def test_names_seen_in_training_are_scored_apart_where_they_are_known():
    assert "not known for these predictions" in read(made(DOCUMENTS, PREDICTIONS)).text
    text = read(made(DOCUMENTS, PREDICTIONS, known_names=["ada", "new york"])).text
    assert re.search(r"both names seen in training\s*2 triples", text)
    assert re.search(r"a name not seen in training\s*1 triple(?!s)", text)


def test_a_class_of_which_no_sentence_is_has_no_scores_instead_of_zeros():
    html = made([RIGHT], [RIGHT.prediction])
    cells = {row[0]: row[1:] for row in (re.findall(r"<td>(.*?)</td>", line) for line in html.split("<tr>")) if row}
    assert cells["overlap: EPO"] == ["0 sentences", "–", "–", "–"]
    assert cells["overlap: Normal"] == ["1 sentence", "100.0", "100.0", "<b>100.0</b>"]


def test_where_there_was_nothing_to_score_there_is_no_interval_either():
    line = next(row for row in made([EMPTY], [Prediction()]).split("<tr>") if "<td>strict</td>" in row)
    assert re.findall(r"<td>(.*?)</td>", line)[1:5] == ["–", "–", "–", "–"]


def test_a_kind_that_never_occurs_is_no_link_for_it_would_show_every_sentence():
    addresses = read(made([RIGHT], [RIGHT.prediction])).values("href")
    assert [address for address in addresses if "kind=" in address] == ["#kind=correct"]


def test_one_of_anything_is_told_in_the_singular():
    html = made([RIGHT], [found((0, 1, "lives_in", 0.9))], known_names=["ada", "new york"])
    assert not re.search(r"(?<![\d,.])1 (sentences|triples|relations)\b", read(html).text + html)


def test_scores_stand_with_their_intervals():
    text = read(made([RIGHT], [RIGHT.prediction])).text
    assert re.search(r"strict\s*100\.0\s*100\.0\s*100\.0\s*100\.0 – 100\.0\s*1\s*1\s*1", text)


def test_false_positives_are_counted_or_said_to_be_unknown():
    assert "in 0 of 1 negative sentence (" in read(made(DOCUMENTS, PREDICTIONS)).text
    assert "no false positive rate" in read(made([RIGHT], [RIGHT.prediction])).text


def test_negative_sentences_are_shown_where_a_triple_is_spurious():
    two = Document("quiet", ("All", "quiet"))
    loud = Prediction((Entity(0, 1), Entity(1, 2)), (Relation(0, 1, "is", 0.5),))
    html = made(DOCUMENTS, PREDICTIONS, on_negatives=scored([EMPTY, two], [loud, Prediction()]))
    section = html[html.index('id="negatives"') :]
    assert "1 sentence of 2 with a spurious triple." in read(html).text
    assert re.findall(r"<code><bdi>(.*?)</bdi>", section) == ["empty one"]
    assert '<a href="#negatives">' in html
    assert '"negatives"' not in made(DOCUMENTS, PREDICTIONS)


def test_a_model_that_points_at_words_alone_in_them_is_explained():
    report = scored([RIGHT], [RIGHT.prediction])
    report = replace(report, negatives=replace(report.negatives, sentences=9, with_prediction=2))
    html = evaluation_html(report, title="t", on_negatives=scored([EMPTY], [Prediction()]))
    assert "counts a pair of words without its names" in read(html).text


def test_words_of_the_data_never_become_tags():
    document = Document(EVIL, (EVIL, "b"), (Entity(0, 1, EVIL), Entity(1, 2, EVIL)), (Relation(0, 1, EVIL),))
    wrong = Prediction(document.entities, (Relation(1, 0, EVIL, 0.5), Relation(0, 1, EVIL + "2", 0.5)))
    negative = scored([replace(document, relations=())], [wrong])
    reader = check_alone(evaluation_html(scored([document], [wrong]), title=EVIL, about=EVIL, on_negatives=negative))
    assert reader.tags.count("script") == 1
    assert "img" not in reader.tags
    assert EVIL in "".join(reader.words)


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_any_words_give_a_page_that_reads_well(word, relation, name):
    def page_of(word, relation, name):
        other = "another word"  # two mentions of one word would get their places
        document = Document(name, (word, other), (Entity(0, 1), Entity(1, 2)), (Relation(0, 1, relation),))
        return read(made([document], [Prediction(document.entities, (Relation(1, 0, relation, 0.5),))]))

    assert page_of(word, relation, name).tags == page_of("w", "r", "n").tags


def test_facts_that_are_not_asserted_have_a_row_for_each_construction_where_they_were_measured():
    said = Relation(0, 1, "left", 0.75)
    answers = [("false_belief", False, said), ("false_belief", False, None), (EVIL, True, said)]
    report = replace(scored(DOCUMENTS, PREDICTIONS), not_asserted=assertion_score(answers))
    html = evaluation_html(report, title="test.jsonl")
    text = " ".join(check_alone(html).text.split())
    assert (
        "is predicted in 1 of 2 texts: 50.0 %. In similar texts that assert their fact it is predicted in 1 of 1: 100.0 %"
        in text
    )
    assert re.search(r"false belief\s*2\s*1\s*0\.7500\s*0\s*0\s*–", read(html).text)
    assert "not asserted" not in read(made(DOCUMENTS, PREDICTIONS)).text
