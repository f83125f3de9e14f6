import pytest

from relknit.checkpoint import LabelCounts, SavedModel, TrainingData
from relknit.document import Entity, Prediction, Relation
from relknit.errors import ConfigError
from relknit.models.rin.decoding import Decoding
from relknit.predict import LabelFilter, Predictor, label_filter

ENTITIES = (Entity(0, 1, "Person"), Entity(1, 2, "Place"), Entity(2, 3, "Person"), Entity(3, 4, None, tagged=False))
RELATIONS = (Relation(0, 1, "left"), Relation(0, 2, "knows"), Relation(2, 3, "left"), Relation(1, 0, "needs"))
FOUND = Prediction(ENTITIES, RELATIONS, anchors=())


@pytest.fixture(scope="module")
def typed(tiny_model, tiny_documents):
    """A model of the types Person and Place that remembers the signatures of its training data."""
    return SavedModel(tiny_model(), TrainingData(labels=LabelCounts.of(tiny_documents)))


def kept(prediction):
    """The triples by the tokens of their entities, and the tokens of all entities."""
    spans = [entity.token_start for entity in prediction.entities]
    return {(spans[r.head], r.type, spans[r.tail]) for r in prediction.relations}, spans


def test_without_a_filter_nothing_is_filtered(typed):
    assert label_filter(typed) is None


def test_relations_keep_all_tagged_entities_and_the_untagged_ones_they_need(typed):
    left, knows = (label_filter(typed, relations=[name]) for name in ("left", "knows"))
    assert kept(left(FOUND)) == ({(0, "left", 1), (2, "left", 3)}, [0, 1, 2, 3])
    assert kept(knows(FOUND)) == ({(0, "knows", 2)}, [0, 1, 2])
    assert left(FOUND).anchors is None


def test_types_keep_entities_of_these_types_and_the_triples_between_them(typed):
    assert kept(label_filter(typed, types=["Person"])(FOUND)) == ({(0, "knows", 2)}, [0, 2])
    both = label_filter(typed, types=["Person", "Place"], relations=["left", "needs"])
    assert kept(both(FOUND)) == ({(0, "left", 1), (1, "needs", 0)}, [0, 1, 2])


def test_signatures_may_be_listed_or_those_of_the_training_data(typed, tiny_documents):
    listed = label_filter(typed, signatures=[("Person", "knows", "Person"), ("Person", "left", None)])
    assert kept(listed(FOUND))[0] == {(0, "knows", 2), (2, "left", 3)}
    known = LabelCounts.of(tiny_documents).signatures
    expected = {
        (r.head, r.type, r.tail) for r in RELATIONS if (ENTITIES[r.head].type, r.type, ENTITIES[r.tail].type) in known
    }
    assert 0 < len(expected) < len(RELATIONS)
    assert kept(label_filter(typed, signatures="training")(FOUND))[0] == expected


def test_given_entities_are_all_kept():
    only = LabelFilter(relations=frozenset({"knows"}), types=frozenset({"Person"}))
    assert kept(only(FOUND, given=True)) == ({(0, "knows", 2)}, [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"relations": ["Knows_"]}, "did you mean 'knows'"),
        ({"relations": ["xyz"]}, "xyz"),
        ({"relations": "left"}, "list"),
        ({"types": ["person"]}, "did you mean 'Person'"),
        ({"types": [3]}, "3"),
        ({"signatures": "train"}, "train"),
        ({"signatures": [("Person", "left")]}, "head type"),
        ({"signatures": [("Person", "lef", "Place")]}, "did you mean 'left'"),
        ({"signatures": 7}, "7"),
    ],
)
def test_a_label_that_the_model_does_not_have_is_named_with_the_nearest_one(typed, wanted, named):
    with pytest.raises(ConfigError, match=named):
        label_filter(typed, **wanted)


def test_types_need_a_model_of_types_and_training_signatures_a_record_of_them(tiny_model):
    untyped = SavedModel(tiny_model(typed=False), TrainingData())
    for wanted in ({"types": ["Person"]}, {"signatures": "training"}):
        with pytest.raises(ConfigError, match="types"):
            label_filter(untyped, **wanted)
    with pytest.raises(ConfigError, match="record"):
        label_filter(SavedModel(tiny_model(), TrainingData()), signatures="training")


def test_a_predictor_filters_predicted_and_given_entities_and_every_round(tiny_model, tiny_documents):
    model = tiny_model()
    model.decoding = Decoding(0.3, keep_untagged=True)
    document, relation = tiny_documents[0], model.labels.relations[0]
    wanted = LabelFilter(relations=frozenset({relation}))
    plain, filtered = Predictor(model, max_tokens=80), Predictor(model, max_tokens=80, wanted=wanted)
    (before,), (after,) = plain([document]), filtered([document])
    assert after == wanted(before)
    assert 0 < len(after.relations) < len(before.relations)
    assert [stage.relations for stage in filtered.trace(document)][-1] == after.relations
    (before,), (after,) = plain.relations_between([document]), filtered.relations_between([document])
    assert after.relations == tuple(r for r in before.relations if r.type == relation)
    assert len(after.entities) == len(document.entities)
