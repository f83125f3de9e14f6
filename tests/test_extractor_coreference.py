"""What an extraction and an evaluation make of pronouns whose name a model predicts."""

from dataclasses import replace

import pytest

from relknit import evaluate
from relknit.extractor import Extractor
from relknit.predict import Predictor
from tests.resolving import GOLD, TEXT, resolving_model


@pytest.fixture
def saved(tiny_model, monkeypatch):
    return resolving_model(tiny_model, monkeypatch)


def test_an_extraction_has_the_name_and_points_at_the_pronoun(saved):
    document = Extractor(saved)(TEXT)
    (triple,) = document.triples
    assert (triple.head.text, triple.relation, triple.tail.text) == ("Lise Meitner", "place of birth", "Vienna")
    assert (triple.inferred, triple.confidence) == (True, pytest.approx(0.4))
    assert [(head.text, tail.text) for head, tail in triple.evidence] == [("She", "Vienna")]
    assert [entity.text for entity in document.entities if entity.tagged] == ["Lise Meitner", "Vienna"]


def test_without_coreference_an_extraction_has_what_the_model_predicts(saved):
    document = Extractor(saved, coreference=False)(TEXT)
    assert [(t.head.text, t.relation, t.tail.text, t.inferred) for t in document.triples] == [
        ("She", "refers to", "Lise Meitner", False),
        ("She", "place of birth", "Vienna", False),
    ]


def test_labels_are_filtered_after_the_name_is_known(saved):
    wanted = {"relations": ["place of birth"], "types": ["person", "location"]}
    (triple,) = Extractor(saved, **wanted)(TEXT).triples
    assert [str(head) for head, _ in triple.evidence] == ["She · reference"]
    assert not Extractor(saved, signatures=[("reference", "place of birth", "location")])(TEXT).triples


def test_an_explanation_and_a_dataset_have_the_same_names_if_asked(saved):
    names = Predictor(saved.model, max_tokens=64, coreference=True)([GOLD])[0]
    assert [r.inferred for r in names.relations] == [True]
    assert Predictor(saved.model, max_tokens=64)([GOLD])[0] == GOLD.prediction


def test_scores_are_those_of_triples_between_names_if_asked(saved):
    pronoun = evaluate(saved, [GOLD])
    assert (pronoun.scores["strict"].gold, pronoun.scores["strict"].correct) == (2, 2)
    for from_text in (False, True):
        named = evaluate(saved, [GOLD], coreference=True, from_text=from_text)
        assert (named.scores["strict"].gold, named.scores["strict"].correct) == (1, 1)
        assert (named.scores["entities"].gold, named.scores["entities"].predicted) == (2, 2)


def test_gold_with_names_is_met_by_the_resolved_triple_alone(saved):
    name = GOLD.entities[0], GOLD.entities[2]
    stated = replace(GOLD, entities=name, relations=(replace(GOLD.relations[1], head=0, tail=1),))
    assert evaluate(saved, [stated]).scores["strict"].correct == 0
    assert evaluate(saved, [stated], coreference=True).scores["strict"].f1 == 1
