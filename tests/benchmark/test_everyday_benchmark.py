"""The benchmark scores facts between names, and says what else a system gets right or wrong."""

from dataclasses import replace

import pytest

from relknit.benchmark import benchmark_everyday, score_everyday
from relknit.data.everyday import EverydayText, NotAssertedFact, load_everyday_test, load_relations
from relknit.document import Document, Entity, Relation
from relknit.document.coreference import REFERENCE, REFERS_TO, resolved_gold
from relknit.errors import DataError
from relknit.text.read import read_text

SOME = [text for text in load_everyday_test() if text.document.text.isascii()][::12]


def text(identity, words, entities, relations, not_asserted=()):
    """An EverydayText of words split at spaces, (start, end, type) entities and (head, label, tail) facts."""
    document = replace(
        read_text(words, identity=identity),
        entities=tuple(Entity(*entity) for entity in entities),
        relations=tuple(Relation(head, tail, label) for head, label, tail in relations),
    )
    kept = (NotAssertedFact(Relation(head, tail, label), kind) for head, label, tail, kind in not_asserted)
    return EverydayText(document, tuple(kept))


VEY = text(
    "news:a",
    "Ada Vey married Bo Holm . She was born in Oslo .",
    [(0, 2, "person"), (3, 5, "person"), (6, 7, REFERENCE), (10, 11, "location")],
    [(0, "spouse", 1), (2, REFERS_TO, 0), (2, "place of birth", 3)],
)
DENIED = text(
    "letter:b",
    "Ada Vey was not born in Rome .",
    [(0, 2, "person"), (6, 7, "location")],
    [],
    [(0, "place of birth", 1, "denied")],
)
TEXTS = [VEY, DENIED]


def predicted(of, relations, **changes):
    """The text's own entities with these (head, label, tail) relations."""
    found = tuple(Relation(head, tail, label, 0.9) for head, label, tail in relations)
    return replace(of.document, relations=found, **changes)


def score(vey, denied=(), **changes):
    return score_everyday([predicted(VEY, vey, **changes), predicted(DENIED, denied)], texts=TEXTS)


def test_gold_itself_scores_all_and_asserts_nothing_wrong():
    report = score_everyday([text.document for text in SOME], texts=SOME)
    for name in ("partial", "strict", "text", "entities"):
        assert report.facts.scores[name].f1 == report.untyped.scores[name].f1 == 1.0
    assert report.typed
    assert report.all_facts.f1 == 1.0
    assert report.at_references == report.found_at_references > 0
    assert report.negatives.sentences > report.naming_negatives.sentences > 0
    assert report.negatives.with_prediction == report.not_asserted["total"].found == 0
    facts = sum(r.type != REFERS_TO for text in SOME for r in text.document.relations)
    assert report.all_facts.gold == facts == report.facts.scores["strict"].gold + report.at_references
    assert sum(score.gold for score in report.by_genre.values()) == report.facts.scores["strict"].gold
    assert sum(score.gold for score in report.by_relation.values()) == report.facts.scores["strict"].gold


def test_a_system_that_answers_with_names_is_not_charged_for_facts_stated_at_pronouns():
    report = score_everyday([resolved_gold(text.document) for text in SOME], texts=SOME)
    assert report.facts.scores["strict"].precision == report.facts.scores["strict"].recall == 1.0
    assert report.found_at_references == report.at_references
    unmarked = [replace(r, inferred=False) for r in resolved_gold(VEY.document).relations]
    names = replace(resolved_gold(VEY.document), relations=tuple(unmarked))
    report = score_everyday([names, predicted(DENIED, [])], texts=TEXTS)
    assert report.facts.scores["strict"].counts == {"correct": 1, "predicted": 1, "gold": 1}
    assert (report.found_at_references, report.at_references) == (1, 1)
    assert report.all_facts.f1 == 1.0


def test_a_pronoun_that_is_not_resolved_is_missing_in_all_facts_and_in_the_headline_does_not_matter():
    report = score([(0, "spouse", 1), (2, "place of birth", 3)])
    assert report.facts.scores["strict"].f1 == 1.0
    assert report.all_facts.counts == {"correct": 1, "predicted": 1, "gold": 2}
    assert report.found_at_references == 0


def test_a_symmetric_relation_counts_in_either_direction_and_any_other_in_its_own():
    assert score([(1, "spouse", 0)]).facts.scores["strict"].f1 == 1.0
    assert score([(0, "spouse", 1), (1, "spouse", 0)]).facts.scores["strict"].predicted == 1
    wrong = score([(0, "spouse", 1), (3, "place of birth", 0)])
    assert wrong.facts.scores["strict"].counts == {"correct": 1, "predicted": 2, "gold": 1}
    asked = text(
        "1", "Did Ada Vey marry Bo Holm ?", [(1, 3, "person"), (4, 6, "person")], [], [(1, "spouse", 0, "question")]
    )
    report = score_everyday([predicted(asked, [(1, "spouse", 0)])], texts=[asked])
    assert report.not_asserted["question"].found == 1


def test_facts_that_are_not_asserted_count_by_kind_and_as_false_positives():
    report = score([(0, "spouse", 1)], [(0, "place of birth", 1)])
    assert (report.negatives.sentences, report.negatives.with_prediction) == (1, 1)
    assert report.naming_negatives == report.negatives
    assert {kind: (its.found, its.texts) for kind, its in report.not_asserted.items()} == {
        "total": (1, 1),
        "denied": (1, 1),
    }
    assert score([]).not_asserted["total"].found == 0


def test_types_count_in_the_headline_and_a_system_without_them_is_shown_without():
    wrong = tuple(replace(e, type="work") for e in VEY.document.entities)
    report = score([(0, "spouse", 1)], entities=wrong)
    assert report.typed
    assert (report.facts.scores["strict"].f1, report.untyped.scores["strict"].f1) == (0.0, 1.0)
    documents = [
        replace(d, entities=tuple(replace(e, type=None) for e in d.entities)) for d in (VEY.document, DENIED.document)
    ]
    untyped = score_everyday(documents, texts=TEXTS)
    assert not untyped.typed
    assert untyped.shown is untyped.untyped
    assert untyped.by_relation["spouse"].f1 == untyped.by_genre["news"].f1 == 1.0


def test_labels_of_other_inventories_are_translated_and_what_the_corpus_lacks_is_left_out():
    report = score([(0, "P26", 1), (0, "runwayLength", 3)])
    assert report.facts.scores["strict"].counts == {"correct": 1, "predicted": 1, "gold": 1}
    assert report.labels.renamed == {"P26": "spouse"}
    assert report.labels.unscored == {"runwayLength": 1}


def test_precision_and_recall_are_given_above_confidences_that_occur():
    points = dict(score([(0, "spouse", 1)]).points)
    assert set(points) == {0.5, 0.7, 0.8, 0.9}
    assert points[0.9].precision == points[0.9].recall == 1.0
    assert score_everyday([VEY.document, DENIED.document], texts=TEXTS).points == []


def test_tokens_of_another_system_are_placed_in_the_text():
    joined = Document("news:a", ("Ada", "Vey", "married", "Bo", "Holm"), (Entity(0, 2, "per"), Entity(3, 5, "PER")))
    found = replace(joined, relations=(Relation(0, 1, "spouse"),))
    report = score_everyday([predicted(DENIED, []), found], texts=TEXTS)
    assert report.facts.scores["strict"].f1 == 1.0


@pytest.mark.parametrize(
    ("predictions", "named"),
    [
        ([VEY.document], "letter:b"),
        ([VEY.document, VEY.document], "news:a"),
        ([VEY.document, DENIED.document, replace(VEY.document, id="other")], "other"),
        ([VEY.document, replace(read_text("Something else ."), id="letter:b")], "letter:b"),
        ([VEY.document, Document("letter:b", ("Nowhere",), (Entity(0, 1),))], "letter:b"),
    ],
)
def test_predictions_of_other_texts_are_refused_by_id(predictions, named):
    with pytest.raises(DataError, match=named):
        score_everyday(predictions, texts=TEXTS)


def test_the_report_turns_into_json_with_every_figure():
    found = score([(0, "spouse", 1)], [(0, "place of birth", 1)]).to_dict()
    assert (found["facts"]["strict"]["recall"], found["facts"]["strict"]["precision"]) == (1.0, 0.5)
    assert found["negatives"]["false_positive_rate"] == 1.0
    assert found["not_asserted"]["denied"] == {"facts": 1, "predicted": 1, "fraction": 1.0}
    assert found["at_references"] == {"gold": 1, "found": 0}
    assert set(found["by_genre"]) == {"news", "letter"}
    assert found["speed"] is None
    assert found["reliability"]["triples"]["count"] == 2


def test_a_model_is_run_on_the_raw_texts_and_its_speed_measured_in_the_same_run(one_thread):
    report = benchmark_everyday("webnlg", texts=SOME[:5])
    assert report.facts.sentences == 5
    assert not report.typed
    assert report.labels.inventory in ("webnlg", None)
    assert report.speed.sentences >= 5
    assert report.speed.to_dict()["sentences_per_cpu_second"] >= 0
    assert (
        report.facts.scores["strict"].gold
        == score_everyday([text.document for text in SOME[:5]], texts=SOME[:5]).facts.scores["strict"].gold
    )


def test_every_relation_of_the_inventory_can_be_scored():
    assert {r.type for text in load_everyday_test() for r in text.document.relations} - {REFERS_TO} == {
        about["label"] for about in load_relations().values()
    }
