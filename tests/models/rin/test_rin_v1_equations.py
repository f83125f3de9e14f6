"""The whole first version after its encoder, written out in python numbers: equations 1 to 3 and 8 to 14, every variant.

Nothing of relknit.nn is called here but the encoder.
"""

import math

import pytest
import torch

from tests.building import total
from tests.models.rin.cells_by_hand import BY_HAND, affine
from tests.models.rin.variants import check_gradient

pytestmark = pytest.mark.usefixtures("one_thread")

# Gold of `tiny_documents` by hand, as in the tests of RIN
TAGS = ([1, 3, 0, 5, 7, 0], [8, 0, 4], [4], [0, 0, 0, 0, 0])
TRIPLES = ({(1, 4, 1), (1, 4, 2)}, {(0, 2, 3), (2, 0, 1)}, {(0, 0, 0)}, set())

VARIANTS = {
    "RIN": {},
    "as printed": {"cell": "paper_gru"},
    "RNN": {"cell": "rnn"},
    "without the strongest relations": {"int_relations": False},
    "without the tags": {"int_entities": False},
    "without the words": {"int_words": False},
    "with the tags alone": {"int_relations": False, "int_words": False},
    "with linear maps": {"cell": "linear"},
    "without task maps": {"task_features": False},
    "with EMNLP's scorer": {"scorer": "emnlp"},
    "many at once": {"cell": "rnn", "scorer": "emnlp", "task_features": False, "int_words": False},
}


def relu(vector):
    return [max(0.0, x) for x in vector]


class Paper:
    """One sentence at a time, from a model's layers; features of a word are lists of floats."""

    def __init__(self, model, settings):
        self.model = model
        self.cell = settings.get("cell", "gru")
        self.scorer = settings.get("scorer", "additive")
        self.maps = settings.get("task_features", True)
        self.sees = [settings.get(f"int_{part}", True) for part in ("relations", "entities", "words")]

    def tags(self, h):  # eq. 8
        scores = [math.exp(x) for x in affine(self.model.tagger, h)]
        return [x / sum(scores) for x in scores]

    def pair(self, first, second):  # eqs. 9 and 10, or EMNLP's eq. 7
        layers = self.model.pairs
        if self.scorer == "additive":
            halves = [(layers.first.weight, first), (layers.second.weight, second)]
            m = [sum(w * x for w, x in zip(row, h, strict=True)) for weight, h in halves for row in weight.tolist()]
        else:
            m = affine(layers.hidden, first + second)
        return [1 / (1 + math.exp(-x)) for x in affine(layers.output, relu(m))]

    def strongest(self, word, words):  # eqs. 1 and 2
        return [max(column) for column in zip(*(self.pair(word, other) for other in words), strict=True)]

    def final_features(self, h, num_rounds):
        """h̄ and h̃ of round K for every word of a sentence."""
        update = self.model.update
        entity, relation = h, h
        if self.maps:  # eq. 11
            entity = [relu(affine(self.model.maps.entity, x)) for x in h]
            relation = [relu(affine(self.model.maps.relation, x)) for x in h]
        for _ in range(num_rounds):
            if self.cell == "linear":
                entity = [affine(update.entity, x) for x in entity]
                relation = [affine(update.relation, x) for x in relation]
                continue
            xs = []
            for word, e, r in zip(h, entity, relation, strict=True):  # eq. 3
                parts = zip((self.strongest(r, relation), self.tags(e), word), self.sees, strict=True)
                xs.append(relu(affine(update.alignment, [value for part, seen in parts if seen for value in part])))
            step = BY_HAND[self.cell]
            entity = [step(update.entity_cell, x, state) for x, state in zip(xs, entity, strict=True)]
            relation = [step(update.relation_cell, x, state) for x, state in zip(xs, relation, strict=True)]
        return entity, relation

    def loss(self, h, num_rounds, gold_tags, gold_triples):  # eqs. 12 to 14
        entity, relation = self.final_features(h, num_rounds)
        tag_loss = sum(-math.log(self.tags(x)[tag]) for x, tag in zip(entity, gold_tags, strict=True))
        pair_loss = 0.0
        for i, first in enumerate(relation):
            for j, second in enumerate(relation):
                for t, p in enumerate(self.pair(first, second)):
                    pair_loss -= math.log(p if (i, j, t) in gold_triples else 1 - p)
        return tag_loss, pair_loss


def build(tiny_model, **settings):
    """In float64, with weights larger than the fresh values, so that nothing is nearly linear."""
    model = tiny_model(name="rin_v1", **settings).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.7)
    return model


def sentences(model, documents):
    """H of each document, as lists."""
    with torch.no_grad():
        return [model.encoder(model.collate([model.prepare(document)]).inputs).tolist() for document in documents]


@pytest.mark.parametrize("num_rounds", [0, 1, 3])
@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_the_loss_is_the_papers(tiny_model, tiny_documents, settings, num_rounds):
    model = build(tiny_model, num_rounds=num_rounds, **settings)
    found = model.loss(model.collate([model.prepare(document, labelled=True) for document in tiny_documents]))
    paper = Paper(model, settings)
    golden = zip(sentences(model, tiny_documents), TAGS, TRIPLES, strict=True)
    parts = [paper.loss(h, num_rounds, tags, triples) for h, tags, triples in golden]
    entity, relation = (sum(column) / len(parts) for column in zip(*parts, strict=True))
    assert found["entity"].item() == pytest.approx(entity, rel=1e-11)
    assert found["relation"].item() == pytest.approx(relation, rel=1e-11)
    assert total(found).item() == pytest.approx(entity + relation, rel=1e-11)


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_the_gradient_is_the_slope_of_the_loss(tiny_model, tiny_documents, settings):
    """Central differences along random directions: no autograd on this side."""
    model = build(tiny_model, num_rounds=2, **settings)
    check_gradient(model, tiny_documents, directions=1)


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_predictions_are_those_of_the_paper(tiny_model, tiny_documents, settings):
    model = build(tiny_model, num_rounds=2, **settings)
    paper = Paper(model, settings)
    predictions = model.predict(model.collate([model.prepare(document) for document in tiny_documents]))
    assert any(prediction.anchors for prediction in predictions)
    for h, prediction in zip(sentences(model, tiny_documents), predictions, strict=True):
        _, relation = paper.final_features(h, 2)
        expected = {}
        for i, first in enumerate(relation):
            for j, second in enumerate(relation):
                for t, p in enumerate(paper.pair(first, second)):
                    if p >= 0.5:
                        expected[i, model.labels.relations[t], j] = p
        found = {(a.head, a.type, a.tail): a.confidence for a in prediction.anchors}
        assert found == pytest.approx(expected, rel=1e-9)
