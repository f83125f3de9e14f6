import json

import pytest
from hypothesis import given, settings

from relknit.document import Document, Entity, Prediction, Relation
from relknit.errors import ConfigError, DataError
from relknit.metrics import SCORES, evaluate_predictions, paired_bootstrap
from relknit.metrics.versus import OUTCOMES, compare_predictions
from tests.metrics.test_errors import WORDS, extractions

ENDS = (Entity(0, 1), Entity(2, 3), Entity(4, 5))
TOKENS = ("Ada", "knows", "Bo", "of", "Rome")
GOLD = Document("1", TOKENS, ENDS, (Relation(0, 1, "knows"), Relation(1, 2, "from"), Relation(0, 2, "from")))


def said(*relations, entities=ENDS):
    return Prediction(entities, tuple(Relation(*relation) for relation in relations))


def versus(a, b, gold=GOLD):
    return compare_predictions([gold], [a], [b], rule="last", bootstrap_samples=1)


def outcomes(result):
    return [row.outcome for sentence in result.sentences for row in sentence.rows]


KNOWS, FROM, ALSO_FROM = (0, 1, "knows"), (1, 2, "from"), (0, 2, "from")


def test_every_gold_triple_says_who_has_it_right():
    result = versus(said(KNOWS, FROM), said(KNOWS, ALSO_FROM))
    assert outcomes(result) == ["both right", "only B right", "only A right"]
    assert outcomes(versus(said(), said())) == ["neither right"] * 3


def test_what_is_invented_says_by_whom():
    extra, other, shared = (2, 0, "rules"), (2, 1, "rules"), (1, 0, "sees")
    result = versus(said(extra, shared), said(shared, other))
    assert [(row.outcome, row.fact.relation) for row in result.sentences[0].rows[3:]] == [
        ("both invent", "sees"),
        ("A invents", "rules"),
        ("B invents", "rules"),
    ]


def test_a_near_miss_stands_beside_its_gold_triple():
    (row, *_) = versus(said((0, 1, "likes")), said((1, 0, "knows"))).sentences[0].rows
    assert (row.outcome, row.a.kind, row.b.kind) == ("neither right", "wrong relation", "wrong direction")
    assert row.relations == ("knows", "likes")
    assert row.fact == row.gold


def test_sentences_differ_where_triples_do_and_not_where_only_their_order_does():
    assert not versus(said(KNOWS, FROM), said(FROM, KNOWS)).sentences[0].differ
    assert versus(said(KNOWS), said(FROM)).sentences[0].differ
    assert versus(said(), said((2, 0, "rules"))).sentences[0].differ
    near = said(KNOWS, entities=(Entity(0, 2), *ENDS[1:]))
    assert versus(near, said()).sentences[0].differ


def test_two_wrong_answers_that_are_not_the_same_differ():
    assert versus(said((0, 1, "likes")), said((0, 1, "hates"))).sentences[0].differ


def test_outcomes_are_counted_in_all_and_by_relation():
    result = versus(said(KNOWS, FROM, (2, 0, "rules")), said(KNOWS))
    assert result.outcomes == dict.fromkeys(OUTCOMES, 0) | {
        "both right": 1,
        "only A right": 1,
        "neither right": 1,
        "A invents": 1,
    }
    assert {name: [o for o, n in of.items() if n] for name, of in result.by_relation.items()} == {
        "from": ["only A right", "neither right"],
        "knows": ["both right"],
        "rules": ["A invents"],
    }


def test_scores_and_differences_are_those_of_the_two_apart():
    documents = [GOLD, Document("2", TOKENS, ENDS, GOLD.relations[:1])]
    a, b = [said(KNOWS, FROM), said(KNOWS)], [said(KNOWS), said(FROM)]
    result = compare_predictions(documents, a, b, rule="first", bootstrap_samples=30, seed=5)
    of_a = evaluate_predictions(documents, a, rule="first", bootstrap_samples=30, seed=5)
    of_b = evaluate_predictions(documents, b, rule="first", bootstrap_samples=30, seed=5)
    assert result.a.to_dict() == of_a.to_dict()
    assert result.b.to_dict() == of_b.to_dict()
    for name in SCORES:
        assert result.differences[name] == paired_bootstrap(of_a.counts[name], of_b.counts[name], samples=30, seed=5)
    assert result.differences["strict"].difference > 0


def test_as_json_there_are_the_sentences_that_differ_and_all_counts():
    documents = [GOLD, Document("2", TOKENS, ENDS, GOLD.relations[:1])]
    result = compare_predictions(documents, [said(KNOWS)] * 2, [said(), said(KNOWS)], rule="last", bootstrap_samples=10)
    record = json.loads(json.dumps(result.to_dict()))
    assert [sentence["id"] for sentence in record["sentences"]] == ["1"]
    first = record["sentences"][0]["triples"][0]
    assert (first["outcome"], first["gold"]["head"]["text"], first["b"]["kind"]) == ("only A right", "Ada", "missed")
    assert record["differences"]["strict"].keys() == {"difference", "interval", "a_wins", "p_value"}
    assert record["outcomes"]["both right"] == 1
    assert record["a"]["strict"]["f1"] > record["b"]["strict"]["f1"]


def test_other_lengths_and_no_resamples_are_refused():
    with pytest.raises(DataError, match="0 predictions for 1 gold"):
        compare_predictions([GOLD], [said()], [], rule="last")
    with pytest.raises(ConfigError, match="samples is 0"):
        compare_predictions([GOLD], [said()], [said()], rule="last", bootstrap_samples=0)


@settings(max_examples=30, deadline=None)
@given(extractions(), extractions(), extractions())
def test_outcomes_add_up_to_what_each_has_right_and_wrong(gold, a, b):
    document = Document("any", WORDS, *gold)
    result = versus(Prediction(*a), Prediction(*b), document)
    count = result.outcomes
    for name, report in (("A", result.a), ("B", result.b)):
        strict = report.scores["strict"]
        assert count["both right"] + count[f"only {name} right"] == strict.correct
        assert sum(count[outcome] for outcome in OUTCOMES[:4]) == strict.gold
        findings = [getattr(row, name.lower()) for row in result.sentences[0].rows]
        predicted = [finding.found for finding in findings if finding is not None and finding.found is not None]
        assert len(predicted) == len(set(predicted)) == strict.predicted
    sets = [{(r.head, r.tail, r.type) for r in extraction[1]} for extraction in (a, b)]
    if a[0] == b[0] and sets[0] == sets[1]:
        assert not result.sentences[0].differ


@settings(max_examples=30, deadline=None)
@given(extractions(), extractions(), extractions())
def test_swapping_the_systems_swaps_the_outcomes(gold, a, b):
    document = Document("any", WORDS, *gold)
    one, other = (versus(Prediction(*x), Prediction(*y), document) for x, y in ((a, b), (b, a)))
    swapped = {outcome: outcome.translate(str.maketrans("AB", "BA")) for outcome in OUTCOMES}
    assert one.outcomes == {outcome: other.outcomes[swapped[outcome]] for outcome in OUTCOMES}
    assert one.sentences[0].differ == other.sentences[0].differ
