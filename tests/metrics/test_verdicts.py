from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.document import Document, Entity, Prediction, Relation, Span
from relknit.metrics.counts import compare_sentence, compare_sentences
from relknit.metrics.curves import Scored
from relknit.metrics.readable import ReadableTriple
from relknit.metrics.verdicts import (
    MEANING,
    VERDICT_KINDS,
    Verdict,
    confusions,
    count_kinds,
    judge,
    kinds_by_relation,
    relations_of,
    scored,
)

TOKENS = ("Ada", "King", "of", "New", "York", "met", "Bo", "in", "York", ".")
ADA, NEW_YORK, BO = Entity(0, 2), Entity(3, 5), Entity(6, 7)
GOLD = Document("one", TOKENS, (ADA, NEW_YORK, BO), (Relation(0, 1, "lives_in"), Relation(0, 2, "knows")))


def verdicts(*relations, entities=(ADA, NEW_YORK, BO), gold=GOLD, typed=False):
    """The verdicts on a model that predicts these (head, type, tail) among these entities."""
    found = Prediction(entities, tuple(Relation(head, tail, kind) for head, kind, tail in relations))
    return judge(compare_sentence(gold, found, rule="last", typed=typed))


def words(parts):
    return [(verdict.kind, str(verdict)) for verdict in parts]


def kinds(parts):
    return [verdict.kind for verdict in parts]


def test_what_is_gold_and_predicted_is_correct():
    found = verdicts((0, "lives_in", 1), (0, "knows", 2))
    assert words(found.triples) == [("correct", "(Ada King, lives_in, New York)"), ("correct", "(Ada King, knows, Bo)")]
    assert words(found.entities) == [("correct", "Ada King"), ("correct", "New York"), ("correct", "Bo")]


def test_what_is_not_found_is_missing_and_what_is_not_gold_spurious_after_it():
    found = verdicts((2, "lives_in", 1), (0, "knows", 2))
    assert words(found.triples) == [
        ("missing", "(Ada King, lives_in, New York)"),
        ("correct", "(Ada King, knows, Bo)"),
        ("spurious", "(Bo, lives_in, New York)"),
    ]


def test_another_relation_between_the_same_names_is_one_wrong_relation():
    found = verdicts((0, "left", 1), (0, "knows", 2)).triples
    assert words(found) == [
        ("wrong relation", "(Ada King, left, New York), gold (Ada King, lives_in, New York)"),
        ("correct", "(Ada King, knows, Bo)"),
    ]


def test_a_second_relation_of_a_pair_that_is_correct_already_is_spurious():
    assert kinds(verdicts((0, "lives_in", 1), (0, "left", 1), (0, "knows", 2)).triples) == [
        "correct",
        "correct",
        "spurious",
    ]


def test_a_triple_the_other_way_round_has_the_wrong_direction():
    found = verdicts((1, "lives_in", 0)).triples
    assert words(found)[0] == (
        "wrong direction",
        "(New York, lives_in, Ada King), gold (Ada King, lives_in, New York)",
    )
    assert kinds(found) == ["wrong direction", "missing"]


def test_another_relation_the_other_way_round_is_no_near_miss():
    assert kinds(verdicts((1, "left", 0)).triples) == ["missing", "missing", "spurious"]


def test_both_directions_predicted_where_one_is_gold_are_correct_and_spurious():
    assert kinds(verdicts((0, "lives_in", 1), (1, "lives_in", 0)).triples) == ["correct", "missing", "spurious"]


def test_where_only_the_span_differs_both_are_named():
    found = verdicts((0, "lives_in", 1), (0, "knows", 2), entities=(ADA, Entity(4, 5), BO))
    assert words(found.triples)[0] == (
        "boundary error",
        "(Ada King, lives_in, York), gold (Ada King, lives_in, New York)",
    )
    assert words(found.entities)[1] == ("boundary error", "York, gold New York")


def test_both_ends_may_be_cut_differently():
    found = verdicts((0, "lives_in", 1), entities=(Entity(1, 3), Entity(2, 4)))
    assert words(found.triples)[0][0] == "boundary error"


def test_a_span_beside_golds_without_a_common_token_is_no_boundary_error():
    assert kinds(verdicts((0, "lives_in", 1), entities=(ADA, Entity(5, 6))).triples) == [
        "missing",
        "missing",
        "spurious",
    ]


def test_the_same_words_elsewhere_are_distinguished_by_their_tokens():
    gold = Document("two", TOKENS, (Entity(4, 5), BO), (Relation(1, 0, "lives_in"),))
    found = verdicts((1, "lives_in", 0), entities=(Entity(8, 9), BO), gold=gold)
    assert words(found.triples) == [
        ("boundary error", "(Bo 6-7, lives_in, York 8-9), gold (Bo 6-7, lives_in, York 4-5)")
    ]
    assert words(found.entities) == [("boundary error", "York 8-9, gold York 4-5"), ("correct", "Bo")]


def test_of_several_near_ones_the_nearest_is_paired_with_gold_and_the_others_are_spurious():
    entities = (Entity(0, 2), Entity(2, 5), Entity(4, 5))
    gold = Document("three", TOKENS, (ADA, NEW_YORK), (Relation(0, 1, "lives_in"),))
    found = verdicts((0, "lives_in", 1), (0, "lives_in", 2), entities=entities, gold=gold)
    assert kinds(found.triples) == ["boundary error", "spurious"]
    assert found.triples[0].predicted == ReadableTriple(
        Span("Ada King", None, None, 0, 2), "lives_in", Span("of New York", None, None, 2, 5)
    )


def test_one_prediction_is_paired_with_one_gold_triple_only():
    gold = Document("four", TOKENS, (Entity(3, 4), Entity(4, 5), BO), (Relation(2, 0, "r"), Relation(2, 1, "r")))
    found = verdicts((1, "r", 0), entities=(NEW_YORK, BO), gold=gold)
    assert kinds(found.triples) == ["boundary error", "missing"]


def test_a_near_one_goes_to_the_gold_triple_it_is_nearest_to_and_not_to_the_first():
    gold = Document("four", TOKENS, (Entity(2, 4), NEW_YORK, BO), (Relation(2, 0, "r"), Relation(2, 1, "r")))
    found = verdicts((1, "r", 0), entities=(Entity(3, 6), BO), gold=gold)
    assert kinds(found.triples) == ["missing", "boundary error"]


def test_a_swapped_pair_is_wrong_in_direction_before_it_is_a_boundary_error():
    gold = Document("five", ("a", "b", "a"), (Entity(0, 1), Entity(0, 2)), (Relation(0, 1, "r"),))
    found = verdicts((1, "r", 0), entities=(Entity(0, 1), Entity(0, 2)), gold=gold)
    assert kinds(found.triples) == ["wrong direction"]


TYPED = Document("five", TOKENS, (Entity(0, 2, "person"), Entity(3, 5, "place")), (Relation(0, 1, "lives_in"),))


def test_where_only_the_type_differs_both_types_are_named():
    entities = (Entity(0, 2, "person"), Entity(3, 5, "name"))
    found = verdicts((0, "lives_in", 1), entities=entities, gold=TYPED, typed=True)
    assert words(found.triples) == [
        (
            "wrong type",
            "(Ada King · person, lives_in, New York · name), gold (Ada King · person, lives_in, New York · place)",
        )
    ]
    place, name = (Span("New York", None, None, 3, 5, kind) for kind in ("place", "name"))
    assert found.entities[1] == Verdict("wrong type", name, place)


def test_a_model_without_types_on_typed_data_is_wrong_in_type():
    found = verdicts((0, "lives_in", 1), entities=(ADA, NEW_YORK), gold=TYPED, typed=True)
    assert kinds((*found.triples, *found.entities)) == ["wrong type"] * 3


def test_types_do_not_hide_a_wrong_relation_or_direction():
    other = verdicts((0, "left", 1), entities=(ADA, NEW_YORK), gold=TYPED, typed=True)
    swapped = verdicts((1, "lives_in", 0), entities=(ADA, NEW_YORK), gold=TYPED, typed=True)
    assert kinds(other.triples) == ["wrong relation"]
    assert kinds(swapped.triples) == ["wrong direction"]


def test_an_untagged_entity_makes_a_triple_and_no_entity():
    entities = (ADA, NEW_YORK, Entity(6, 7, tagged=False))
    found = verdicts((0, "lives_in", 1), (0, "knows", 2), entities=entities)
    assert kinds(found.triples) == ["correct", "correct"]
    assert words(found.entities)[-1] == ("missing", "Bo")


def test_nothing_predicted_and_nothing_gold_gives_no_verdict():
    found = verdicts(entities=(), gold=Document("six", TOKENS))
    assert found.entities == found.triples == ()


def test_confusions_are_counted_by_gold_and_predicted_relation_most_often_first():
    documents = [GOLD] * 3
    wrong = [Relation(0, 1, "left"), Relation(0, 2, "met")]
    predictions = [Prediction(GOLD.entities, tuple(wrong[:k])) for k in (1, 2, 1)]
    judged = [v for compared in compare_sentences(documents, predictions, rule="last") for v in judge(compared).triples]
    assert list(confusions(judged).items()) == [(("lives_in", "left"), 3), (("knows", "met"), 1)]


def test_a_relation_is_counted_where_it_is_gold_and_where_it_was_spurious():
    found = verdicts((0, "left", 1), (2, "knows", 1)).triples
    by_name = kinds_by_relation(found)
    assert list(by_name) == ["knows", "lives_in"]
    assert {kind: n for kind, n in by_name["knows"].items() if n} == {"missing": 1, "spurious": 1}
    assert {kind: n for kind, n in by_name["lives_in"].items() if n} == {"wrong relation": 1}
    assert relations_of(found[0]) == ("lives_in", "left")


def test_confidences_are_those_of_the_predictions_and_one_without_any_leaves_no_curve():
    relations = (Relation(0, 1, "lives_in", 0.5), Relation(0, 1, "left", 0.25))
    compared = compare_sentence(GOLD, Prediction(GOLD.entities, relations), rule="last", typed=False)
    assert [verdict.confidence for verdict in judge(compared).triples] == [0.5, None, 0.25]
    assert scored(judge(compared).triples) == (Scored(0.5, True), Scored(0.25, False))
    assert scored(judge(compared).entities) is None
    assert scored([]) == ()


def test_every_kind_has_a_meaning_and_a_place_in_the_counts():
    assert tuple(MEANING) == VERDICT_KINDS
    assert count_kinds([]) == dict.fromkeys(VERDICT_KINDS, 0)


WORDS = tuple("abcabcab")
spans = st.tuples(st.integers(0, 5), st.integers(1, 3)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def extractions(draw):
    places = draw(st.lists(spans, min_size=1, max_size=5, unique=True))
    entities = tuple(Entity(*place, draw(st.sampled_from([None, "a", "b"]))) for place in places)
    numbers = st.integers(0, len(entities) - 1)
    triples = draw(st.lists(st.tuples(numbers, st.sampled_from("rs"), numbers), max_size=6, unique=True))
    return entities, tuple(Relation(head, tail, kind) for head, kind, tail in triples)


def is_a(kind, gold, found):
    """The documented meaning of every kind of pair, in the plainest form."""
    place = {"gold": [(e.token_start, e.token_end) for e in (gold.head, gold.tail)]}
    place["found"] = [(e.token_start, e.token_end) for e in (found.head, found.tail)]

    def touches(a, b):
        return bool(set(range(*a)) & set(range(*b))) or WORDS[slice(*a)] == WORDS[slice(*b)]

    same_relation, same_places = gold.relation == found.relation, place["gold"] == place["found"]
    return {
        "correct": gold == found,
        "wrong type": same_relation and same_places and gold != found,
        "wrong direction": same_relation and place["gold"] == place["found"][::-1],
        "wrong relation": same_places and not same_relation,
        "boundary error": same_relation and all(map(touches, place["gold"], place["found"])),
    }[kind]


def judged_and_compared(gold, found, typed):
    document = Document("any", WORDS, *gold)
    compared = compare_sentence(document, Prediction(*found), rule="last", typed=typed)
    return judge(compared), compared


@settings(max_examples=60, deadline=None)
@given(extractions(), extractions(), st.booleans())
def test_the_kinds_add_up_to_what_the_strict_and_entity_scores_count(gold, found, typed):
    judged, compared = judged_and_compared(gold, found, typed)
    for score, parts in (("strict", judged.triples), ("entities", judged.entities)):
        counts = count_kinds(parts)
        assert sum(counts.values()) == len(parts)
        assert counts["correct"] == len(compared[score].correct)
        assert len(parts) - counts["spurious"] == len(compared[score].gold)
        assert len(parts) - counts["missing"] == len(compared[score].predicted)
        for side in ("gold", "predicted"):
            shown = [getattr(verdict, side) for verdict in parts if getattr(verdict, side) is not None]
            assert len(set(shown)) == len(shown)
        if not typed:
            assert counts["wrong type"] == 0


@settings(max_examples=60, deadline=None)
@given(extractions(), extractions(), st.booleans())
def test_every_pair_is_what_it_is_called_and_nothing_better_was_left_over(gold, found, typed):
    judged, compared = judged_and_compared(gold, found, typed)
    ranks = {kind: rank for rank, kind in enumerate(VERDICT_KINDS)}
    pairs = [verdict for verdict in judged.triples if verdict.gold and verdict.predicted]
    lonely_gold = [verdict for verdict in judged.triples if verdict.predicted is None]
    lonely_found = [verdict for verdict in judged.triples if verdict.gold is None]
    assert {verdict.kind for verdict in lonely_gold} <= {"missing"}
    assert {verdict.kind for verdict in lonely_found} <= {"spurious"}
    for verdict in pairs:
        assert is_a(verdict.kind, verdict.gold, verdict.predicted)
    for missing in (*pairs, *lonely_gold):
        for extra in (*pairs, *lonely_found):
            for kind in ("correct", "wrong type", "wrong direction", "wrong relation", "boundary error"):
                if missing is not extra and is_a(kind, missing.gold, extra.predicted):
                    assert min(ranks[missing.kind], ranks[extra.kind]) <= ranks[kind]
    assert len({verdict.gold for verdict in (*pairs, *lonely_gold)}) == len(compared["strict"].gold)


@settings(max_examples=30, deadline=None)
@given(extractions(), extractions())
def test_the_order_in_which_a_system_predicts_its_triples_does_not_matter(gold, found):
    entities, relations = found
    results = {judged_and_compared(gold, (entities, order), False)[0].triples for order in permutations(relations[:3])}
    assert len(results) == 1


@settings(max_examples=30, deadline=None)
@given(extractions())
def test_gold_against_itself_is_correct_throughout(gold):
    judged, _ = judged_and_compared(gold, gold, True)
    assert {verdict.kind for verdict in (*judged.triples, *judged.entities)} <= {"correct"}
