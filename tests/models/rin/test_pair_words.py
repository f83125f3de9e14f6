"""`pair_words = "entities"`: the relation classifier learns and judges the words inside entities alone."""

import pytest
import torch

from relknit.document import Document
from relknit.models.rin.decoding import Decoding
from tests.building import total

pytestmark = pytest.mark.usefixtures("one_thread")

MODELS = [
    {"num_rounds": 0},
    {"num_rounds": 2},
    {"num_rounds": 3, "gru": "paper", "entity_feedback": False},
    {"name": "rin_v1", "num_rounds": 2, "seed": 4},
]
ALL = Decoding(0.3, keep_untagged=True)


@pytest.fixture(params=MODELS, ids=str)
def models(request, tiny_model):
    """The same weights, judging all words and those of entities."""
    models = [tiny_model(**request.param, pair_words=words).double() for words in ("all", "entities")]
    models[1].load_state_dict(models[0].state_dict())
    return models


def batch_of(model, documents, *, unjudged=False):
    examples = [model.prepare(document, labelled=True) for document in documents]
    return model.collate([example.without_tags() for example in examples] if unjudged else examples)


def naive_loss(model, documents):
    """Cross-entropy of every pair of words inside gold entities, one after the other."""
    relation = model.features(batch_of(model, documents).inputs)[1]
    total, start = torch.zeros((), dtype=torch.float64), 0
    for document in documents:
        words = [k for k in range(len(document)) if any(e.token_start <= k < e.token_end for e in document.entities)]
        ends = [entity.token_end - 1 for entity in document.entities]
        gold = {(ends[r.head], ends[r.tail], model.labels.relations.index(r.type)) for r in document.relations}
        for i in words:
            for j in words:
                pair = torch.stack([relation[start + i], relation[start + j]])
                for t in range(len(model.labels.relations)):
                    probability = scores_of(model, pair)[t]
                    total = total - torch.log(probability if (i, j, t) in gold else 1 - probability)
        start += len(document)
    return total / len(documents)


def scores_of(model, pair):
    """The probability of every relation from the first of two words to the second."""
    selected = model.pairs.select(pair, [2], 0.0)
    found = torch.zeros(len(model.labels.relations), dtype=torch.float64)
    here = (selected.head == 0) & (selected.tail == 1)
    return found.index_put((selected.relation[here],), selected.probability[here])


def test_the_loss_is_that_of_pairs_inside_gold_entities(models, tiny_documents):
    model = models[1]
    found = model.loss(batch_of(model, tiny_documents))["relation"]
    torch.testing.assert_close(found, naive_loss(model, tiny_documents).detach(), rtol=1e-9, atol=1e-12)
    assert found < models[0].loss(batch_of(models[0], tiny_documents))["relation"]


def test_its_gradient_is_that_of_the_numbers(models, tiny_documents):
    model = models[1].train()
    batch = batch_of(model, [tiny_documents[3], *tiny_documents])
    total(model.loss(batch)).backward()
    weight = model.pairs.output.weight if hasattr(model.pairs, "output") else next(model.pairs.parameters())
    place = (0,) * weight.dim()
    analytic, step = weight.grad[place].item(), 1e-6
    values = []
    for change in (step, -2 * step):
        with torch.no_grad():
            weight[place] += change
            values.append(total(model.loss(batch)).item())
    assert analytic == pytest.approx((values[0] - values[1]) / (2 * step), rel=1e-4, abs=1e-8)


def test_where_nobody_knows_the_tags_all_words_are_learned_from(models, tiny_documents):
    everywhere, inside = (model.loss(batch_of(model, tiny_documents, unjudged=True))["relation"] for model in models)
    torch.testing.assert_close(inside, everywhere, rtol=1e-12, atol=1e-14)


def test_sentences_without_words_or_entities_cost_the_relations_nothing(models, tiny_documents):
    model = models[1]
    nothing = [Document("empty", ()), tiny_documents[3], Document("empty", ())]
    assert model.loss(batch_of(model, nothing))["relation"].item() == 0
    assert [prediction.anchors for prediction in model.predict(batch_of(model, [nothing[0]]))] == [()]


@pytest.mark.parametrize("mentions", ["all", "word", "name"])
def test_what_is_found_is_what_all_words_give_inside_the_tagged_entities(models, tiny_documents, mentions):
    for model in models:
        model.decoding = Decoding(0.3, keep_untagged=True, mentions="all")
    everywhere, inside = (model.predict(batch_of(model, tiny_documents)) for model in models)
    expected = [
        {(a.head, a.type, a.tail) for a in one.anchors if {a.head, a.tail} <= words_of(two)}
        for one, two in zip(everywhere, inside, strict=True)
    ]
    assert [{(a.head, a.type, a.tail) for a in one.anchors} for one in inside] == expected
    assert any(expected), "else there is nothing to compare"
    models[1].decoding = Decoding(0.3, keep_untagged=True, mentions=mentions)
    again = models[1].predict(batch_of(models[1], tiny_documents))
    assert sum(len(one.anchors) for one in again) <= sum(len(one) for one in expected)


def words_of(prediction):
    return {k for entity in prediction.entities if entity.tagged for k in range(entity.token_start, entity.token_end)}


def test_the_last_round_of_the_trace_is_what_the_model_predicts(models, tiny_documents):
    model = models[1]
    model.decoding = ALL
    batch = batch_of(model, tiny_documents)
    last, found = model.trace(batch)[-1], model.predict(batch)
    for one, other in zip(last, found, strict=True):
        assert [(e.token_start, e.token_end) for e in one.entities] == [
            (e.token_start, e.token_end) for e in other.entities
        ]
        assert {(r.head, r.type, r.tail) for r in one.relations} == {(r.head, r.type, r.tail) for r in other.relations}
