"""Names for pronouns and descriptions, on predictions made by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.document.coreference import REFERENCE, REFERS_TO, has_references, resolve_references, resolved_gold

MEITNER, SHE, VIENNA, HER, HAHN = range(5)
TOKENS = ("Meitner", "taught", ".", "She", "left", "Vienna", ";", "her", "friend", "Hahn", "stayed")
ENTITIES = (
    Entity(0, 1, "person", 0.9),
    Entity(3, 4, REFERENCE, 0.8),
    Entity(5, 6, "location", 0.9),
    Entity(7, 8, REFERENCE, 0.7),
    Entity(9, 10, "person", 0.9),
)


def predicted(*relations, entities=ENTITIES):
    return Prediction(entities, tuple(Relation(*relation) for relation in relations))


def resolved(*relations, **options):
    """The triples (head, relation, tail, confidence, inferred, evidence) by the first tokens of their entities."""
    found = resolve_references(predicted(*relations, **options))
    start = [entity.token_start for entity in found.entities]
    return [
        (start[r.head], r.type, start[r.tail], r.confidence, r.inferred, [(start[h], start[t]) for h, t in r.evidence])
        for r in found.relations
    ]


def test_a_model_resolves_references_if_it_has_both_labels():
    assert has_references(("born in", REFERS_TO), ("person", REFERENCE))
    assert not has_references(("born in", REFERS_TO), ("person",))
    assert not has_references(("born in",), ("person", REFERENCE))


def test_a_triple_of_a_pronoun_becomes_the_triple_of_its_name_with_evidence_at_the_pronoun():
    (triple,) = resolved((SHE, MEITNER, REFERS_TO, 0.9), (SHE, VIENNA, "left", 0.5))
    assert triple == (0, "left", 5, pytest.approx(0.45), True, [(3, 5)])


def test_a_reference_at_the_tail_is_resolved_too_and_both_ends_count():
    (triple,) = resolved((HER, MEITNER, REFERS_TO, 0.5), (HAHN, HER, "friend", 0.8))
    assert triple == (9, "friend", 0, pytest.approx(0.4), True, [(9, 7)])
    links = (SHE, MEITNER, REFERS_TO, 0.9), (HER, HAHN, REFERS_TO, 0.5)
    (triple,) = resolved(*links, (SHE, HER, "friend", 1.0))
    assert triple == (0, "friend", 9, pytest.approx(0.45), True, [(3, 7)])


def test_a_chain_of_references_is_followed_to_the_name():
    (triple,) = resolved((HER, SHE, REFERS_TO, 0.5), (SHE, MEITNER, REFERS_TO, 0.5), (HER, HAHN, "friend", 0.8))
    assert triple == (0, "friend", 9, pytest.approx(0.2), True, [(7, 9)])


def test_of_several_names_the_most_confident_one_counts_also_through_other_references():
    links = (SHE, HAHN, REFERS_TO, 0.6), (SHE, MEITNER, REFERS_TO, 0.7)
    ((head, *_),) = resolved(*links, (SHE, VIENNA, "left", 0.5))
    assert head == 0
    links = (HER, SHE, REFERS_TO, 0.9), (SHE, MEITNER, REFERS_TO, 0.5), (HER, HAHN, REFERS_TO, 0.6)
    ((head, *_),) = resolved(*links, (HER, VIENNA, "left", 0.5))
    assert head == 9, "0.6 is more than 0.9 times 0.5"


def test_a_reference_without_a_name_leaves_no_triple():
    assert resolved((SHE, VIENNA, "left", 0.9)) == []
    circle = (SHE, HER, REFERS_TO, 1.0), (HER, SHE, REFERS_TO, 1.0)
    assert resolved(*circle, (SHE, VIENNA, "left", 0.9)) == []
    untagged = (Entity(0, 1, None, 0.9, tagged=False), *ENTITIES[1:])
    assert resolved((SHE, MEITNER, REFERS_TO, 0.9), (SHE, VIENNA, "left", 0.9), entities=untagged) == []


def test_no_name_is_related_to_itself_by_a_reference_to_it():
    assert resolved((HER, MEITNER, REFERS_TO, 0.9), (MEITNER, HER, "friend", 0.9)) == []
    assert resolved((MEITNER, MEITNER, "knows", 0.9)) == [(0, "knows", 0, 0.9, False, [])]


def test_a_triple_that_is_also_predicted_of_the_name_is_inferred_and_has_both_places():
    link = (SHE, MEITNER, REFERS_TO, 0.5)
    (triple,) = resolved(link, (SHE, VIENNA, "left", 0.6), (MEITNER, VIENNA, "left", 0.8))
    assert triple == (0, "left", 5, 0.8, True, [(3, 5), (0, 5)])


def test_two_pronouns_with_the_same_fact_give_one_triple_with_the_most_confident_place_first():
    links = (SHE, MEITNER, REFERS_TO, 0.5), (HER, MEITNER, REFERS_TO, 0.9)
    (triple,) = resolved(*links, (SHE, VIENNA, "left", 0.8), (HER, VIENNA, "left", 0.8))
    assert triple == (0, "left", 5, pytest.approx(0.72), True, [(7, 5), (3, 5)])


def test_of_references_only_evidence_remains_and_is_not_tagged():
    found = resolve_references(predicted((SHE, MEITNER, REFERS_TO, 0.9), (SHE, VIENNA, "left", 0.5)))
    assert [(e.token_start, e.type, e.tagged) for e in found.entities] == [
        (0, "person", True),
        (3, REFERENCE, False),
        (5, "location", True),
        (9, "person", True),
    ]


def test_given_entities_stay_as_they_are():
    found = resolve_references(predicted((SHE, MEITNER, REFERS_TO), (SHE, VIENNA, "left")), given=True)
    assert found.entities == ENTITIES
    (triple,) = found.relations
    assert (triple.head, triple.tail, triple.evidence) == (MEITNER, VIENNA, ((SHE, VIENNA),))


def test_without_references_nothing_changes_but_anchors():
    relations = (Relation(MEITNER, VIENNA, "left", 0.5), Relation(HAHN, VIENNA, "left", 0.9))
    names = Prediction((ENTITIES[0], ENTITIES[2], ENTITIES[4]), (Relation(0, 1, "left", 0.5), Relation(2, 1, "left")))
    assert resolve_references(names) == names
    anchored = Prediction(ENTITIES, relations, (AnchorTriple(0, "left", 5),))
    assert resolve_references(anchored).anchors is None


def test_gold_has_the_names_and_no_references():
    relations = (Relation(SHE, MEITNER, REFERS_TO), Relation(SHE, VIENNA, "left"), Relation(HER, HAHN, "friend"))
    gold = Document("1", TOKENS, ENTITIES, relations)
    found = resolved_gold(gold)
    assert [e.text for e in found.entities] == ["Meitner", "Vienna", "Hahn"]
    ((triple),) = found.triples
    assert (triple.head.text, triple.relation, triple.tail.text, triple.confidence) == (
        "Meitner",
        "left",
        "Vienna",
        None,
    )
    assert resolved_gold(gold, given=True).entities == gold.entities


@st.composite
def predictions(draw):
    size = draw(st.integers(1, 6))
    types = st.sampled_from(["person", None, REFERENCE])
    entities = tuple(Entity(k, k + 1, draw(types), None, draw(st.booleans())) for k in range(size))
    ends = st.integers(0, size - 1)
    confidences = st.none() | st.floats(0, 1)
    relation = st.builds(Relation, ends, ends, st.sampled_from(["knows", REFERS_TO]), confidences)
    return Prediction(entities, tuple(draw(st.lists(relation, max_size=12))))


@given(predictions())
def test_no_triple_is_about_a_reference_and_resolving_again_changes_nothing(prediction):
    found = resolve_references(prediction)
    for relation in found.relations:
        assert relation.type != REFERS_TO
        ends = [found.entities[k] for k in (relation.head, relation.tail)]
        assert REFERENCE not in [entity.type for entity in ends]
    assert all(entity.type != REFERENCE or not entity.tagged for entity in found.entities)
    assert len({(r.head, r.type, r.tail) for r in found.relations}) == len(found.relations)
    again = resolve_references(found)
    assert again == found
    assert [r.evidence for r in again.relations] == [r.evidence for r in found.relations]
