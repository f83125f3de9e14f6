from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.metrics.breakdown import Negatives, by_overlap, by_relation, by_triples, negatives, score_by, seen_unseen
from relknit.metrics.counts import compare_sentences, tabulate
from relknit.metrics.scores import Score, micro_score
from relknit.text.names import hashed_names, name_hash


def words(*names: str, relations=()) -> Document:
    """A sentence in which every word is a one-word entity."""
    entities = tuple(Entity(k, k + 1) for k in range(len(names)))
    return Document(" ".join(names), names, entities, tuple(Relation(h, t, label) for h, label, t in relations))


def predict(document: Document, *relations) -> Prediction:
    return Prediction(document.entities, tuple(Relation(h, t, label) for h, label, t in relations))


def compare(gold, predictions):
    return compare_sentences(gold, predictions, rule="last")


NORMAL = words("Ada", "Holm", relations=[(0, "lives in", 1)])
SEO = words("Ada", "Holm", "Brandt", relations=[(0, "lives in", 1), (0, "knows", 2)])
EPO = words("Ada", "Holm", relations=[(0, "lives in", 1), (0, "born in", 1)])
EMPTY = words("Nothing", "here")
GOLD = [NORMAL, SEO, EPO, EMPTY]
PREDICTIONS = [
    predict(NORMAL, (0, "lives in", 1)),
    predict(SEO, (0, "lives in", 2), (0, "knows", 2)),
    predict(EPO, (0, "lives in", 1), (0, "likes", 1)),
    predict(EMPTY, (0, "knows", 1)),
]


def test_each_relation_has_its_own_partial_and_strict_score():
    groups = by_relation(compare(GOLD, PREDICTIONS))
    assert list(groups) == ["born in", "knows", "likes", "lives in"]
    assert groups["lives in"].scores == {"partial": Score.of(2, 3, 3), "strict": Score.of(2, 3, 3)}
    assert groups["knows"].scores["strict"] == Score.of(1, 2, 1)
    assert groups["born in"].scores["strict"] == Score.of(0, 0, 1)
    assert groups["likes"].scores["partial"] == Score.of(0, 1, 0)


def test_sentences_of_a_relation_are_those_where_it_is_gold():
    groups = by_relation(compare(GOLD, PREDICTIONS))
    assert {name: group.sentences for name, group in groups.items()} == {
        "born in": 1,
        "knows": 1,
        "likes": 0,
        "lives in": 3,
    }


def test_relation_predicted_only_as_anchors_still_has_both_scores():
    prediction = Prediction(anchors=(AnchorTriple(0, "odd", 1),))
    scores = by_relation(compare([NORMAL], [prediction]))["odd"].scores
    assert scores == {"partial": Score.of(0, 1, 0), "strict": Score.of(0, 0, 0)}


def test_overlap_classes_follow_the_gold_sentence():
    groups = by_overlap(compare(GOLD, PREDICTIONS))
    assert {name: group.sentences for name, group in groups.items()} == {"Normal": 1, "SEO": 1, "EPO": 1}
    assert groups["Normal"].scores["partial"] == Score.of(1, 1, 1)
    assert groups["SEO"].scores["exact"] == Score.of(1, 2, 2)
    assert groups["EPO"].scores["strict"] == Score.of(1, 2, 2)


def test_sentence_that_is_seo_and_epo_counts_in_both():
    both = words("Ada", "Holm", "Brandt", relations=[(0, "a", 1), (0, "b", 1), (0, "a", 2)])
    groups = by_overlap(compare([both], [both.prediction]))
    assert [groups[name].sentences for name in ("Normal", "SEO", "EPO")] == [0, 1, 1]


def test_sentences_are_grouped_by_their_number_of_triples():
    names = [f"N{k}" for k in range(8)]
    gold = [words(*names, relations=[(0, "r", k) for k in range(1, size + 1)]) for size in (0, 1, 2, 3, 4, 5, 7)]
    groups = by_triples(compare(gold, [document.prediction for document in gold]))
    assert {name: group.sentences for name, group in groups.items()} == {"1": 1, "2": 1, "3": 1, "4": 1, ">=5": 2}
    assert groups[">=5"].scores["partial"] == Score.of(12, 12, 12)


def test_groups_of_nothing_are_zero():
    assert by_relation([]) == {}
    assert all(group.sentences == 0 and group.scores["strict"].f1 == 0 for group in by_triples([]).values())
    assert negatives([]) == Negatives(0, 0)
    assert negatives([]).false_positive_rate == 0


def test_a_triple_is_seen_only_when_both_names_are_known():
    halves = seen_unseen(compare(GOLD, PREDICTIONS), {"ADA", "holm"})
    # gold Ada-Holm: 1 in NORMAL, 1 in SEO, 2 in EPO; predicted: 1 in NORMAL, 2 in EPO
    assert halves["seen"] == Score.of(2, 3, 4)
    # gold Ada-Brandt: 1; predicted: 2 in SEO, and Nothing-here
    assert halves["unseen"] == Score.of(1, 3, 1)


def test_hashed_and_plain_names_divide_alike():
    comparisons = compare(GOLD, PREDICTIONS)
    plain = seen_unseen(comparisons, {"ada", "holm"})
    assert seen_unseen(comparisons, {name_hash("Ada"), name_hash("Holm")}) == plain
    assert seen_unseen(comparisons, hashed_names([NORMAL])) == plain


def test_a_predicted_triple_is_divided_by_its_own_words():
    gold = Document("1", ("New", "Holm", "is", "near", "Ada"), (Entity(0, 2), Entity(4, 5)), (Relation(0, 1, "near"),))
    cut_short = Prediction((Entity(1, 2), Entity(4, 5)), (Relation(0, 1, "near"),))
    halves = seen_unseen(compare([gold], [cut_short]), {"holm", "ada"})
    assert halves == {"seen": Score.of(0, 1, 0), "unseen": Score.of(0, 0, 1)}


def test_seen_names_of_several_words_are_joined_by_spaces():
    gold = Document("1", ("New", "Holm", "near", "Ada"), (Entity(0, 2), Entity(3, 4)), (Relation(0, 1, "near"),))
    halves = seen_unseen(compare([gold], [gold.prediction]), {"New Holm", "Ada"})
    assert halves["seen"] == Score.of(1, 1, 1)


def test_false_positives_are_counted_on_sentences_without_a_triple():
    gold = [EMPTY, EMPTY, EMPTY, NORMAL]
    predictions = [
        predict(EMPTY, (0, "knows", 1)),
        Prediction(anchors=(AnchorTriple(0, "knows", 1),)),
        Prediction(EMPTY.entities),
        Prediction(),
    ]
    result = negatives(compare(gold, predictions))
    assert result == Negatives(sentences=3, with_prediction=2)
    assert result.to_dict() == {"sentences": 3, "with_prediction": 2, "false_positive_rate": 2 / 3}


LABELS = st.tuples(st.integers(0, 2), st.sampled_from(["r", "s", "t"]), st.integers(0, 2))


@given(st.lists(st.tuples(st.lists(LABELS, max_size=4), st.lists(LABELS, max_size=4)), max_size=5))
def test_parts_of_a_breakdown_add_up_to_the_whole(pairs):
    gold = [words("a", "b", "c", relations=relations) for relations, _ in pairs]
    predictions = [predict(document, *found) for document, (_, found) in zip(gold, pairs, strict=True)]
    comparisons = compare(gold, predictions)
    whole = micro_score(tabulate(comparisons, "strict"))
    for parts in (
        [group.scores["strict"] for group in by_relation(comparisons).values()],
        seen_unseen(comparisons, {"a", "b"}).values(),
        score_by(lambda _, item: "heads " + str(item[0]), comparisons, "strict").values(),
    ):
        assert Score.of(*(sum(getattr(p, key) for p in parts) for key in ("correct", "predicted", "gold"))) == whole
