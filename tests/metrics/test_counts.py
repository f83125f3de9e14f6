from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.metrics.counts import SCORES, compare_sentence, compare_sentences, is_typed, tabulate
from relknit.tags import spans_to_tags, tags_to_spans

WORDS = ["Ada", "Holm", "met", "Ada", "Brandt", "in", "Holm"]
ADA_HOLM, ADA_BRANDT, HOLM = Entity(0, 2), Entity(3, 5), Entity(6, 7)
GOLD = Document("1", tuple(WORDS), (ADA_HOLM, ADA_BRANDT, HOLM), (Relation(0, 1, "knows"), Relation(0, 2, "lives in")))


def counts(gold: Document, prediction: Prediction, rule="last"):
    """(correct, predicted, gold) of every score."""
    comparison = compare_sentences([gold], [prediction], rule=rule)
    return {score: tuple(tabulate(comparison, score)[0]) for score in SCORES}


def document(*entities: Entity, relations=(), length=8) -> Document:
    return Document("d", tuple(f"w{k}" for k in range(length)), entities, tuple(Relation(*r) for r in relations))


def test_gold_as_its_own_prediction_is_correct_everywhere():
    assert counts(GOLD, GOLD.prediction) == {
        "partial": (2, 2, 2),
        "exact": (2, 2, 2),
        "strict": (2, 2, 2),
        "text": (2, 2, 2),
        "entities": (3, 3, 3),
    }


def test_nothing_predicted_counts_all_gold_as_missing():
    assert counts(GOLD, Prediction()) == {
        "partial": (0, 0, 2),
        "exact": (0, 0, 2),
        "strict": (0, 0, 2),
        "text": (0, 0, 2),
        "entities": (0, 0, 3),
    }


def test_empty_gold_and_nothing_predicted_count_nothing():
    assert counts(Document("1", ()), Prediction()) == dict.fromkeys(SCORES, (0, 0, 0))


def test_a_span_cut_short_keeps_partial_and_loses_the_rest():
    prediction = Prediction((Entity(1, 2), ADA_BRANDT), (Relation(0, 1, "knows"),))
    assert counts(GOLD, prediction) == {
        "partial": (1, 1, 2),
        "exact": (0, 1, 2),
        "strict": (0, 1, 2),
        "text": (0, 1, 2),
        "entities": (1, 2, 3),
    }


def test_a_repeated_name_is_correct_as_text_and_wrong_as_strict_at_its_other_place():
    words = ("Holm", "is", "near", "Brandt", ",", "not", "far", "from", "Holm")
    gold = Document("1", words, (Entity(0, 1), Entity(3, 4)), (Relation(0, 1, "near"),))
    other_place = Prediction((Entity(8, 9), Entity(3, 4)), (Relation(0, 1, "near"),))
    result = counts(gold, other_place)
    assert result["text"] == (1, 1, 1)
    assert result["strict"] == result["partial"] == result["exact"] == (0, 1, 1)
    assert result["entities"] == (1, 2, 2)


def test_text_keeps_upper_and_lower_case_apart():
    gold = Document("1", ("holm", "Holm", "x"), (Entity(0, 1), Entity(2, 3)), (Relation(0, 1, "r"),))
    assert counts(gold, Prediction((Entity(1, 2), Entity(2, 3)), (Relation(0, 1, "r"),)))["text"] == (0, 1, 1)


def test_head_and_tail_swapped_are_wrong_everywhere():
    swapped = Prediction(GOLD.entities, (Relation(1, 0, "knows"),))
    result = counts(GOLD, swapped)
    assert [result[score] for score in ("partial", "exact", "strict", "text")] == [(0, 1, 2)] * 4


def test_a_triple_predicted_twice_counts_once():
    twice = Prediction(GOLD.entities, (Relation(0, 1, "knows", 0.9), Relation(0, 1, "knows", 0.6)))
    assert counts(GOLD, twice)["strict"] == (1, 1, 2)


def test_anchors_of_the_model_are_scored_even_where_no_entity_was_tagged():
    prediction = Prediction(anchors=(AnchorTriple(1, "knows", 4, 0.7), AnchorTriple(2, "knows", 4)))
    result = counts(GOLD, prediction)
    assert result["partial"] == (1, 2, 2)
    assert result["exact"] == (0, 2, 2)
    assert result["strict"] == (0, 0, 2)


def test_first_word_rule_takes_the_first_word_as_anchor():
    prediction = Prediction((Entity(0, 1), Entity(3, 4)), (Relation(0, 1, "knows"),))
    assert counts(GOLD, prediction, rule="first")["partial"] == (1, 1, 2)
    assert counts(GOLD, prediction, rule="last")["partial"] == (0, 1, 2)


def test_self_pair_counts_in_partial_and_strict_and_is_never_exact():
    gold = document(Entity(0, 2), relations=[(0, 0, "named after")])
    assert counts(gold, gold.prediction) == {
        "partial": (1, 1, 1),
        "exact": (0, 1, 1),
        "strict": (1, 1, 1),
        "text": (1, 1, 1),
        "entities": (1, 1, 1),
    }


def test_two_entities_with_one_last_word_make_a_self_pair_of_anchors():
    gold = document(Entity(0, 3), Entity(2, 3), relations=[(0, 1, "part of")])
    result = counts(gold, gold.prediction)
    assert result["partial"] == (1, 1, 1)
    assert result["exact"] == (0, 1, 1)
    assert result["strict"] == (1, 1, 1)


def test_either_of_two_gold_entities_with_one_anchor_makes_it_exact():
    gold = document(Entity(0, 3), Entity(1, 3), Entity(5, 6), relations=[(0, 2, "r"), (1, 2, "r")])
    inner_only = Prediction((Entity(1, 3), Entity(5, 6)), (Relation(0, 1, "r"),))
    result = counts(gold, inner_only)
    assert result["partial"] == (1, 1, 1)
    assert result["exact"] == (1, 1, 1)
    assert result["strict"] == (1, 1, 2)


def test_an_untagged_entity_is_not_predicted_and_never_exact_but_may_be_strict():
    gold = document(Entity(0, 1), Entity(3, 4), relations=[(0, 1, "r")])
    prediction = Prediction((Entity(0, 1), Entity(3, 4, tagged=False)), (Relation(0, 1, "r"),))
    assert counts(gold, prediction) == {
        "partial": (1, 1, 1),
        "exact": (0, 1, 1),
        "strict": (1, 1, 1),
        "text": (1, 1, 1),
        "entities": (1, 1, 2),
    }


def test_a_spurious_entity_costs_entities_and_nothing_else():
    spurious = Prediction((*GOLD.entities, Entity(2, 3)), GOLD.relations)
    result = counts(GOLD, spurious)
    assert result["entities"] == (3, 4, 3)
    assert result["exact"] == result["strict"] == (2, 2, 2)


def test_types_are_ignored_where_gold_has_none():
    typed = Prediction(tuple(Entity(e.token_start, e.token_end, "PER") for e in GOLD.entities), GOLD.relations)
    assert counts(GOLD, typed) == counts(GOLD, GOLD.prediction)


def test_a_wrong_type_loses_strict_text_and_entity_but_not_exact():
    gold = document(Entity(0, 2, "PER"), Entity(4, 5, "LOC"), relations=[(0, 1, "lives in")])
    wrong = Prediction((Entity(0, 2, "PER"), Entity(4, 5, "ORG")), gold.relations)
    assert counts(gold, wrong) == {
        "partial": (1, 1, 1),
        "exact": (1, 1, 1),
        "strict": (0, 1, 1),
        "text": (0, 1, 1),
        "entities": (1, 2, 2),
    }


def test_one_typed_entity_anywhere_makes_the_whole_data_typed():
    typed = document(Entity(0, 1, "PER"))
    assert is_typed([GOLD, typed])
    assert not is_typed([GOLD])
    predictions = [
        Prediction(tuple(Entity(e.token_start, e.token_end, "PER") for e in GOLD.entities), GOLD.relations),
        Prediction(),
    ]
    assert tabulate(compare_sentences([GOLD, typed], predictions, rule="last"), "strict")[0].tolist() == [0, 2, 2]


def test_stale_anchors_of_a_gold_document_are_not_read():
    stale = Document("1", GOLD.tokens, GOLD.entities, GOLD.relations, anchors=(AnchorTriple(0, "stale", 0),))
    assert counts(stale, Prediction(GOLD.entities, GOLD.relations))["partial"] == (2, 2, 2)


def test_a_missing_prediction_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        compare_sentences([GOLD, GOLD], [Prediction()], rule="last")


def test_table_of_no_sentences_has_three_columns():
    table = tabulate([], "partial")
    assert table.shape == (0, 3)
    assert table.dtype == np.int64


RELATIONS = ("r", "s")


@st.composite
def tagged_sentences(draw) -> tuple[int, tuple[Entity, ...], tuple[str, ...], list, list]:
    """Length, flat gold entities, predicted tags (anything at all), gold and predicted (i, relation, j)."""
    length = draw(st.integers(1, 9))
    borders = sorted(draw(st.sets(st.integers(0, length), max_size=8)))
    spans = [Entity(a, b) for a, b in itertools.pairwise(borders)]
    entities = tuple(e for e in spans if draw(st.booleans()))
    gold_tags = spans_to_tags(entities, length)
    changes = draw(st.lists(st.sampled_from("-----BIESO"), min_size=length, max_size=length))
    tags = tuple(tag if change == "-" else change for tag, change in zip(gold_tags, changes, strict=True))
    index = st.integers(0, max(len(entities) - 1, 0))
    gold = draw(st.lists(st.tuples(index, st.sampled_from(RELATIONS), index), max_size=5)) if entities else []
    token = st.integers(0, length - 1)
    near_gold = [(entities[h].token_end - 1, t, entities[k].token_end - 1) for h, t, k in gold]
    spurious = draw(st.lists(st.tuples(token, st.sampled_from(RELATIONS), token), max_size=5))
    predicted = [p for p in near_gold + spurious if draw(st.booleans())]
    return length, entities, tags, gold, predicted


def authors_rule(gold_tags, predicted_tags, gold_triples, predicted_triples):
    """Correct exact triples, as the authors' scorer finds them: walk back from an anchor over the gold span's tags."""

    def span_was_tagged(end: int) -> bool:
        if gold_tags[end] == "S":
            return predicted_tags[end] == "S"
        if gold_tags[end] != "E" or predicted_tags[end] != "E":
            return False
        k = end - 1
        while gold_tags[k] == "I":
            if predicted_tags[k] != "I":
                return False
            k -= 1
        return predicted_tags[k] == "B"

    correct = 0
    for i, t, j in set(predicted_triples):
        if (i, t, j) in set(gold_triples) and i != j and span_was_tagged(i) and span_was_tagged(j):
            correct += 1
    return correct, len(set(predicted_triples)), len(set(gold_triples))


@given(tagged_sentences())
def test_exact_equals_the_authors_rule_on_tags(sample):
    length, entities, tags, gold, predicted = sample
    gold_document = document(*entities, relations=[(h, k, t) for h, t, k in gold], length=length)
    prediction = Prediction(tags_to_spans(tags), anchors=tuple(AnchorTriple(i, t, j) for i, t, j in predicted))
    gold_anchors = [(entities[h].token_end - 1, t, entities[k].token_end - 1) for h, t, k in gold]
    expected = authors_rule(spans_to_tags(entities, length), tags, gold_anchors, predicted)
    assert counts(gold_document, prediction)["exact"] == expected


@st.composite
def documents(draw) -> Document:
    """Any document: nested and shared spans, self-pairs, repeated words, types or none."""
    length = draw(st.integers(1, 8))
    words = draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=length, max_size=length))
    span = st.tuples(st.integers(0, length - 1), st.integers(1, 4)).map(lambda s: (s[0], min(s[0] + s[1], length)))
    spans = draw(st.lists(span, max_size=5, unique=True))
    types = draw(st.sampled_from([(None,), ("X", "Y"), ("X", None)]))
    entities = tuple(Entity(a, b, draw(st.sampled_from(types))) for a, b in spans)
    index = st.integers(0, max(len(entities) - 1, 0))
    triple = st.builds(Relation, index, index, st.sampled_from(RELATIONS))
    relations = tuple(draw(st.lists(triple, max_size=6))) if entities else ()
    return Document("d", tuple(words), entities, relations)


@given(documents(), st.sampled_from(["last", "first"]))
def test_gold_scored_against_itself_is_perfect(gold, rule):
    result = counts(gold, gold.prediction, rule)
    for score in ("partial", "strict", "text", "entities"):
        correct, predicted, wanted = result[score]
        assert correct == predicted == wanted
    anchors = [e.anchor(rule) for e in gold.entities]
    self_pairs = {(anchors[r.head], r.type) for r in gold.relations if anchors[r.head] == anchors[r.tail]}
    assert result["exact"][0] == result["partial"][0] - len(self_pairs)


@given(documents(), documents(), st.sampled_from(["last", "first"]))
def test_correct_is_a_part_of_both_and_exact_a_part_of_partial(gold, other, rule):
    kept = tuple(e for e in other.entities if e.token_end <= len(gold))
    relations = tuple(r for r in other.relations if max(r.head, r.tail) < len(kept))
    comparison = compare_sentence(gold, Prediction(kept, relations), rule=rule, typed=is_typed([gold]))
    for score in comparison.by_score.values():
        assert score.correct <= score.predicted
        assert score.correct <= score.gold
    assert comparison["exact"].correct <= comparison["partial"].correct
    assert comparison["exact"].predicted == comparison["partial"].predicted
    assert len(comparison["text"].gold) <= len(comparison["strict"].gold)
