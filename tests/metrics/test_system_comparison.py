import json

import pytest
from hypothesis import given, settings

from relknit.document import Document, Entity, Prediction, Relation
from relknit.errors import ConfigError, DataError
from relknit.metrics import (
    SCORES,
    compare_predictions,
    counts,
    evaluate_predictions,
    paired_bootstrap,
    verdicts,
)
from tests.metrics.test_verdicts import WORDS, extractions

ENDS = (Entity(0, 1), Entity(2, 3), Entity(4, 5))
TOKENS = ("Ada", "knows", "Bo", "of", "Rome")
GOLD = Document("1", TOKENS, ENDS, (Relation(0, 1, "knows"), Relation(1, 2, "from"), Relation(0, 2, "from")))
KNOWS, FROM, ALSO_FROM = (0, 1, "knows"), (1, 2, "from"), (0, 2, "from")


def found(*relations, entities=ENDS):
    return Prediction(entities, tuple(Relation(*relation) for relation in relations))


def compare(*predictions, gold=GOLD):
    """One sentence, as systems A, B, ... predict it."""
    systems = {name: [prediction] for name, prediction in zip("ABC", predictions, strict=False)}
    return compare_predictions([gold], systems, rule="last", bootstrap_samples=1)


def outcomes(comparison):
    return [row.outcome for sentence in comparison.sentences for row in sentence.triples]


def test_every_gold_triple_says_who_has_it_correct():
    assert outcomes(compare(found(KNOWS, FROM), found(KNOWS, ALSO_FROM))) == [
        "all correct",
        "only B correct",
        "only A correct",
    ]
    assert outcomes(compare(found(), found())) == ["none correct"] * 3
    assert outcomes(compare(found(KNOWS), found(KNOWS), found(FROM))) == [
        "only A, B correct",
        "none correct",
        "only C correct",
    ]


def test_a_spurious_triple_says_in_which_systems():
    extra, other, shared = (2, 0, "rules"), (2, 1, "rules"), (1, 0, "sees")
    comparison = compare(found(extra, shared), found(shared, other))
    assert [(row.outcome, row.triple.relation) for row in comparison.sentences[0].triples[3:]] == [
        ("all spurious", "sees"),
        ("only A spurious", "rules"),
        ("only B spurious", "rules"),
    ]


def test_a_near_miss_is_beside_its_gold_triple():
    (row, *_) = compare(found((0, 1, "likes")), found((1, 0, "knows"))).sentences[0].triples
    assert (row.outcome, [verdict.kind for verdict in row.verdicts.values()]) == (
        "none correct",
        ["wrong relation", "wrong direction"],
    )
    assert row.relations == ("knows", "likes")
    assert row.triple == row.gold


@pytest.mark.parametrize(
    ("a", "b", "differing"),
    [
        (found(KNOWS, FROM), found(FROM, KNOWS), 0),
        (found(KNOWS), found(FROM), 2),
        (found(), found((2, 0, "rules")), 1),
        (found(KNOWS, entities=(Entity(0, 2), *ENDS[1:])), found(), 1),
        (found((0, 1, "likes")), found((0, 1, "hates")), 2),
    ],
)
def test_sentences_differ_by_triples_and_not_by_their_order(a, b, differing):
    assert compare(a, b).sentences[0].differing == differing


def test_outcomes_are_counted_in_all_and_by_relation_where_they_occur():
    comparison = compare(found(KNOWS, FROM, (2, 0, "rules")), found(KNOWS))
    assert list(comparison.outcomes.items()) == [
        ("all correct", 1),
        ("only A correct", 1),
        ("none correct", 1),
        ("only A spurious", 1),
    ]
    assert comparison.by_relation == {
        "from": {"only A correct": 1, "none correct": 1},
        "knows": {"all correct": 1},
        "rules": {"only A spurious": 1},
    }


def test_scores_are_those_of_each_alone_and_differences_those_to_the_first():
    documents = [GOLD, Document("2", TOKENS, ENDS, GOLD.relations[:1])]
    systems = {
        "A": [found(KNOWS, FROM), found(KNOWS)],
        "B": [found(KNOWS), found(FROM)],
        "C": [found(), found(KNOWS)],
    }
    comparison = compare_predictions(documents, systems, rule="first", bootstrap_samples=30, seed=5)
    alone = {
        name: evaluate_predictions(documents, predictions, rule="first", bootstrap_samples=30, seed=5)
        for name, predictions in systems.items()
    }
    assert {name: report.to_dict() for name, report in comparison.reports.items()} == {
        name: report.to_dict() for name, report in alone.items()
    }
    assert list(comparison.differences) == ["B", "C"]
    for name, differences in comparison.differences.items():
        for score in SCORES:
            pair = (alone["A"].counts[score], alone[name].counts[score])
            assert differences[score] == paired_bootstrap(*pair, samples=30, seed=5)
    assert comparison.differences["B"]["strict"].difference > 0


TWO = [GOLD, Document("2", TOKENS, ENDS, GOLD.relations[:1])]


def test_sentences_that_differ_are_chosen_or_those_asked_for():
    systems = {"A": [found(KNOWS)] * 2, "B": [found(), found(KNOWS)]}
    comparison = compare_predictions(TWO, systems, rule="last", bootstrap_samples=10)
    assert [sentence.gold.id for sentence in comparison.chosen()] == ["1"]
    assert [sentence.gold.id for sentence in comparison.chosen(["2", "1"])] == ["2", "1"]
    assert comparison.chosen(["nosuch"]) == []


def test_as_json_there_are_the_chosen_sentences_and_all_counts():
    systems = {"A": [found(KNOWS)] * 2, "B": [found(), found(KNOWS)]}
    comparison = compare_predictions(TWO, systems, rule="last", bootstrap_samples=10)
    record = json.loads(json.dumps(comparison.to_dict()))
    assert [sentence["id"] for sentence in record["sentences"]] == ["1"]
    (first, *_), entities = (record["sentences"][0][key] for key in ("triples", "entities"))
    assert (first["outcome"], first["gold"]["head"]["text"]) == ("only A correct", "Ada")
    assert (first["verdicts"]["B"]["kind"], entities["B"][0]["kind"]) == ("missing", "correct")
    assert record["differences"]["B"]["strict"].keys() == {"difference", "interval", "a_wins", "p_value"}
    assert record["outcomes"]["all correct"] == 1
    assert record["systems"]["A"]["strict"]["f1"] > record["systems"]["B"]["strict"]["f1"]


def test_other_lengths_and_no_resamples_are_refused():
    with pytest.raises(DataError, match="0 predictions for 1 gold"):
        compare_predictions([GOLD], {"A": [found()], "B": []}, rule="last")
    with pytest.raises(ConfigError, match="samples is 0"):
        compare_predictions([GOLD], {"A": [found()], "B": [found()]}, rule="last", bootstrap_samples=0)


def test_every_sentence_is_compared_and_judged_once_for_each_system(monkeypatch):
    from relknit.metrics import evaluation_report
    from relknit.report import comparison_html, evaluation_html

    calls = []

    def counting(module, name):
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, **k: calls.append(name) or function(*a, **k))

    counting(counts, "compare_sentence")
    counting(evaluation_report, "judge")
    counting(verdicts, "confidences")
    comparison = compare_predictions(TWO, {"A": [found(KNOWS)] * 2, "B": [found()] * 2}, rule="last")
    comparison_html(comparison, title="t", about={"A": "a", "B": "b"})
    evaluation_html(comparison.reports["A"], title="t")
    assert sorted(calls) == ["compare_sentence"] * 4 + ["confidences"] * 4 + ["judge"] * 4


@settings(max_examples=30, deadline=None)
@given(extractions(), extractions(), extractions())
def test_outcomes_add_up_to_the_counts_of_each_system_and_swap_with_the_systems(gold, a, b):
    document = Document("any", WORDS, *gold)
    comparison = compare(Prediction(*a), Prediction(*b), gold=document)
    count = comparison.outcomes
    for name, report in comparison.reports.items():
        strict = report.scores["strict"]
        assert count.get("all correct", 0) + count.get(f"only {name} correct", 0) == strict.correct
        assert sum(n for outcome, n in count.items() if outcome.endswith("correct")) == strict.gold
        judged = [row.verdicts[name] for row in comparison.sentences[0].triples]
        predicted = [verdict.predicted for verdict in judged if verdict is not None and verdict.predicted is not None]
        assert len(predicted) == len(set(predicted)) == strict.predicted
    other = compare(Prediction(*b), Prediction(*a), gold=document)
    swapped = {outcome.translate(str.maketrans("AB", "BA")): n for outcome, n in other.outcomes.items()}
    assert swapped == count
    assert comparison.sentences[0].differing == other.sentences[0].differing
    if a[0] == b[0] and set(a[1]) == set(b[1]):
        assert comparison.sentences[0].differing == 0
