import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import Document, Entity, Prediction, Relation
from relknit.experiments.cases import Fact, Finding, Mention
from relknit.experiments.cases.findings import judge, marked
from relknit.metrics.counts import compare_sentence

TOKENS = ("Ada", "King", "of", "New", "York", "met", "Bo", "in", "York", ".")
ADA, NEW_YORK, BO = Entity(0, 2), Entity(3, 5), Entity(6, 7)
GOLD = Document("one", TOKENS, (ADA, NEW_YORK, BO), (Relation(0, 1, "lives_in"), Relation(0, 2, "knows")))


def findings(*relations, entities=(ADA, NEW_YORK, BO), gold=GOLD, typed=False):
    """What is said of a model that found these (head, type, tail) among these entities."""
    found = Prediction(entities, tuple(Relation(head, tail, kind) for head, kind, tail in relations))
    return judge(gold.tokens, compare_sentence(gold, found, rule="last", typed=typed))


def said(parts):
    return [(finding.verdict, str(finding)) for finding in parts]


def test_all_that_is_gold_and_found_is_right():
    found = findings((0, "lives_in", 1), (0, "knows", 2))
    assert said(found.triples) == [("right", "(Ada King, lives_in, New York)"), ("right", "(Ada King, knows, Bo)")]
    assert said(found.entities) == [("right", "Ada King"), ("right", "New York"), ("right", "Bo")]


def test_what_is_not_found_is_missed_and_what_is_not_gold_invented_after_it():
    found = findings((2, "lives_in", 1), (0, "knows", 2))
    assert said(found.triples) == [
        ("missed", "(Ada King, lives_in, New York)"),
        ("right", "(Ada King, knows, Bo)"),
        ("invented", "(Bo, lives_in, New York)"),
    ]


def test_another_relation_between_the_same_names_is_missed_and_invented():
    assert [verdict for verdict, _ in said(findings((0, "left", 1), (0, "knows", 2)).triples)] == [
        "missed",
        "right",
        "invented",
    ]


def test_a_triple_the_other_way_round_is_invented():
    assert ("invented", "(New York, lives_in, Ada King)") in said(findings((1, "lives_in", 0)).triples)


def test_where_only_the_span_differs_both_are_named():
    found = findings((0, "lives_in", 1), (0, "knows", 2), entities=(ADA, Entity(4, 5), BO))
    assert said(found.triples)[0] == ("span differs", "(Ada King, lives_in, York), gold (Ada King, lives_in, New York)")
    assert said(found.entities)[1] == ("span differs", "York, gold New York")


def test_the_same_words_elsewhere_are_told_apart_by_their_tokens():
    gold = Document("two", TOKENS, (Entity(4, 5), BO), (Relation(1, 0, "lives_in"),))
    found = findings((1, "lives_in", 0), entities=(Entity(8, 9), BO), gold=gold)
    assert said(found.triples) == [("span differs", "(Bo 6-7, lives_in, York 8-9), gold (Bo 6-7, lives_in, York 4-5)")]
    assert said(found.entities) == [("span differs", "York 8-9, gold York 4-5"), ("right", "Bo")]


def test_of_several_near_ones_the_nearest_stands_for_gold_and_the_others_are_invented():
    entities = (Entity(0, 2), Entity(2, 5), Entity(4, 5))
    gold = Document("three", TOKENS, (ADA, NEW_YORK), (Relation(0, 1, "lives_in"),))
    found = findings((0, "lives_in", 1), (0, "lives_in", 2), entities=entities, gold=gold)
    assert [finding.verdict for finding in found.triples] == ["span differs", "invented"]
    assert found.triples[0].found == Fact(Mention("Ada King", 0, 2), "lives_in", Mention("of New York", 2, 5))


def test_one_finding_stands_for_one_gold_triple_only():
    gold = Document("four", TOKENS, (Entity(3, 4), Entity(4, 5), BO), (Relation(2, 0, "r"), Relation(2, 1, "r")))
    found = findings((1, "r", 0), entities=(NEW_YORK, BO), gold=gold)
    assert [finding.verdict for finding in found.triples] == ["span differs", "missed"]


TYPED = Document("five", TOKENS, (Entity(0, 2, "person"), Entity(3, 5, "place")), (Relation(0, 1, "lives_in"),))


def test_where_only_the_type_differs_that_is_said():
    entities = (Entity(0, 2, "person"), Entity(3, 5, "name"))
    found = findings((0, "lives_in", 1), entities=entities, gold=TYPED, typed=True)
    assert said(found.triples) == [
        (
            "type differs",
            "(Ada King · person, lives_in, New York · name), gold (Ada King · person, lives_in, New York · place)",
        )
    ]
    assert found.entities[1] == Finding(
        "type differs", Mention("New York", 3, 5, "name"), Mention("New York", 3, 5, "place")
    )


def test_a_model_without_types_on_typed_data_differs_in_type():
    found = findings((0, "lives_in", 1), entities=(ADA, NEW_YORK), gold=TYPED, typed=True)
    assert [finding.verdict for finding in (*found.triples, *found.entities)] == ["type differs"] * 3


def test_an_untagged_stand_in_makes_a_triple_and_no_entity():
    entities = (ADA, NEW_YORK, Entity(6, 7, tagged=False))
    found = findings((0, "lives_in", 1), (0, "knows", 2), entities=entities)
    assert [finding.verdict for finding in found.triples] == ["right", "right"]
    assert said(found.entities)[-1] == ("missed", "Bo")


def test_nothing_found_and_nothing_gold_is_nothing_said():
    found = findings(entities=(), gold=Document("six", TOKENS))
    assert found.entities == found.triples == ()


def test_entities_are_marked_in_the_sentence_and_nested_ones_inside_each_other():
    mentions = [Mention("Ada King", 0, 2), Mention("York", 4, 5), Mention("New York", 3, 5)]
    assert marked(TOKENS, mentions) == "[Ada King] of [New [York]] met Bo in York ."
    assert marked(TOKENS, []) == " ".join(TOKENS)


spans = st.tuples(st.integers(0, 5), st.integers(1, 3)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def extractions(draw):
    places = draw(st.lists(spans, min_size=1, max_size=5, unique=True))
    entities = tuple(Entity(*place, draw(st.sampled_from([None, "a", "b"]))) for place in places)
    numbers = st.integers(0, len(entities) - 1)
    triples = draw(st.lists(st.tuples(numbers, st.sampled_from("rs"), numbers), max_size=6, unique=True))
    return entities, tuple(Relation(head, tail, kind) for head, kind, tail in triples)


@given(extractions(), extractions(), st.booleans())
def test_the_verdicts_add_up_to_what_the_strict_score_counts(gold, found, typed):
    document = Document("any", tuple("abcabcab"), *gold)
    compared = compare_sentence(document, Prediction(*found), rule="last", typed=typed)
    judged = judge(document.tokens, compared)
    for score, parts in (("strict", judged.triples), ("entities", judged.entities)):
        verdicts = [finding.verdict for finding in parts]
        paired = verdicts.count("span differs") + verdicts.count("type differs")
        assert verdicts.count("right") == len(compared[score].right)
        assert verdicts.count("missed") + paired == len(compared[score].gold - compared[score].right)
        assert verdicts.count("invented") + paired == len(compared[score].predicted - compared[score].right)
        shown = [finding.found for finding in parts if finding.found is not None]
        assert len(set(shown)) == len(shown) == len(compared[score].predicted)
        if not typed:
            assert "type differs" not in verdicts


@pytest.mark.parametrize("kind", [None, "place"])
def test_a_mention_reads_as_its_words_and_type(kind):
    mention = Mention("New York", 3, 5, kind)
    assert str(mention) == "New York" + ("" if kind is None else " · place")
    assert mention.placed == f"{mention} 3-5"
