"""Relations between given entities, against every pair of anchors scored on its own."""

from dataclasses import replace

import pytest
import torch

from relknit.calibration.confidence import Calibration
from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable
from relknit.document import Document, Entity
from relknit.errors import ConfigError
from relknit.models.base import JointModel
from relknit.models.rin.decoding import Decoding
from relknit.predict import Predictor
from relknit.runtime import Runtime


def predictor(model, **options):
    return Predictor(model, **({"max_tokens": 80, "runtime": Runtime(threads=2)} | options))


@torch.no_grad()
def naive(model, document):
    """{(head entity, relation, tail entity): probability} of all ordered pairs, one pair of words at a time."""
    batch = model.collate([model.prepare(document)])
    features = model.scores(batch)[1]
    found = {}
    for head, one in enumerate(document.entities):
        for tail, other in enumerate(document.entities):
            i, j = one.anchor(model.anchor_rule), other.anchor(model.anchor_rule)
            hidden = torch.relu(model.pairs.hidden(torch.cat([features[i], features[j]])))
            for number, p in enumerate(torch.sigmoid(model.pairs.output(hidden)).tolist()):
                if p >= model.decoding.threshold and (i != j or head == tail):
                    found[head, model.labels.relations[number], tail] = p
    return found


def triples(prediction):
    return {(r.head, r.type, r.tail): pytest.approx(r.confidence, abs=1e-5) for r in prediction.relations}


GIVEN = [
    Document("1", ("Ada", "Lovelace", "left", "New", "York", "."), (Entity(3, 5, "Place"), Entity(0, 2), Entity(4, 5))),
    Document("2", ("York", "needs", "Ada"), (Entity(2, 3, "Any"), Entity(0, 1, "Thing"))),
    Document("3", ("He", "walked")),
    Document("4", ()),
]


@pytest.mark.parametrize("anchor", ["last", "first"])
@pytest.mark.parametrize("changes", [{}, {"pair_words": "entities"}, {"name": "rin_v1", "scorer": "emnlp"}])
def test_every_ordered_pair_of_anchors_that_reaches_the_threshold_is_a_relation(tiny_model, anchor, changes):
    model = tiny_model(anchor=anchor, **changes)
    expected = [naive(model, document) for document in GIVEN]
    model.decoding = Decoding(sorted(p for one in expected for p in one.values())[-8] - 1e-6 if any(expected) else 0.5)
    expected = [naive(model, document) for document in GIVEN]
    assert sum(map(len, expected)) == 8
    assert [triples(found) for found in predictor(model).relations_between(GIVEN)] == expected


def test_neither_the_tagger_nor_the_rest_of_the_decoding_decides(tiny_model):
    model = tiny_model(num_rounds=0)
    before = predictor(model).relations_between(GIVEN)
    model.tagger.bias.data[1:] -= 100
    model.decoding = Decoding(keep_untagged=True, untagged_threshold=1.0, mentions="name")
    assert predictor(model).relations_between(GIVEN) == before
    assert any(found.relations for found in before)


def test_entities_stay_as_given_with_their_types_and_without_confidence(tiny_model):
    document = replace(GIVEN[0], entities=(*GIVEN[0].entities, Entity(2, 3, "Verb", 0.3, tagged=False)))
    (found,) = predictor(tiny_model()).relations_between([document])
    assert [(e.token_start, e.token_end, e.type) for e in found.entities] == [
        (e.token_start, e.token_end, e.type) for e in document.entities
    ]
    assert all(entity.confidence is None and entity.tagged for entity in found.entities)


def test_in_windows_the_entities_that_share_one_are_related_as_in_a_text_of_their_own(tiny_model):
    model = tiny_model()
    model.decoding = Decoding(0.01)
    sentence = GIVEN[0]
    number, words = 4, len(sentence)
    entities = tuple(
        Entity(e.token_start + k * words, e.token_end + k * words, e.type)
        for k in range(number)
        for e in sentence.entities
    )
    (found,) = predictor(model, max_tokens=words).relations_between([Document("5", sentence.tokens * number, entities)])
    (alone,) = predictor(model).relations_between([sentence])
    expected = {
        (r.head + 3 * k, r.type, r.tail + 3 * k): pytest.approx(r.confidence, abs=1e-5)
        for k in range(number)
        for r in alone.relations
    }
    assert {(r.head, r.type, r.tail): r.confidence for r in found.relations} == expected
    assert len(found.anchors) == number * len(alone.anchors)


def test_confidence_is_calibrated_and_filtered_with_certain_entities(tiny_model):
    model = tiny_model()
    (plain, *_) = predictor(model).relations_between(GIVEN)
    scaling = PlattScaling(0.5, 0.1)
    dev = PrecisionTable.of([("left", 0.9, True)] * 400 + [("left", 0.2, False)] * 400)
    model.calibration = Calibration(scaling, scaling, dev)
    (found, *_) = predictor(model).relations_between(GIVEN)
    assert [r.confidence for r in found.relations] == [scaling(r.confidence) for r in plain.relations]
    strict = predictor(model, min_precision=0.9)
    (kept, *_) = strict.relations_between(GIVEN)
    assert kept.relations == tuple(r for r in found.relations if strict.thresholds.keeps(r.type, r.confidence))
    assert len(kept.entities) == len(GIVEN[0].entities)


def test_a_model_that_cannot_score_given_entities_is_refused_by_name(tiny_model, monkeypatch):
    model = tiny_model()
    monkeypatch.setattr(type(model), "relations_between", JointModel.relations_between)
    with pytest.raises(ConfigError, match="rin"):
        predictor(model).relations_between(GIVEN)
