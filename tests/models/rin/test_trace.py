"""The interaction trace: one prediction a round, the last of them what the model predicts."""

import pytest
import torch

from relknit.models.rin.decoding import Decoding

pytestmark = pytest.mark.usefixtures("one_thread")

MODELS = [
    {"num_rounds": 0},
    {"num_rounds": 2},
    {"num_rounds": 3, "gru": "paper", "entity_feedback": False},
    {"name": "rin_v1", "num_rounds": 2},
    {"name": "rin_v1", "num_rounds": 0},
    {"name": "rin_v1", "num_rounds": 1, "cell": "linear", "task_features": False},
]
DECODINGS = [Decoding(0.4), Decoding(0.4, keep_untagged=True), Decoding(0.4, untagged_threshold=0.9)]


@pytest.fixture(params=MODELS, ids=str)
def model(request, tiny_model):
    return tiny_model(**request.param).double()


def batch_of(model, documents):
    return model.collate([model.prepare(document) for document in documents])


def plain(prediction):
    """Entities and triples in no order, confidences to 9 digits."""
    spans = [(e.token_start, e.token_end, e.type, e.tagged) for e in prediction.entities]
    entities = {(*s, round(e.confidence, 9)) for s, e in zip(spans, prediction.entities, strict=True)}
    relations = {(spans[r.head], r.type, spans[r.tail], round(r.confidence, 9)) for r in prediction.relations}
    return entities, relations


@pytest.mark.parametrize("decoding", DECODINGS, ids=str)
def test_the_last_round_of_the_trace_is_what_the_model_predicts(model, tiny_documents, decoding):
    model.decoding = decoding
    batch = batch_of(model, tiny_documents)
    last = model.trace(batch)[-1]
    assert any(prediction.relations for prediction in last) or decoding != DECODINGS[1]
    for anchors in (False, True):
        assert [plain(p) for p in last] == [plain(p) for p in model.predict(batch, anchors=anchors)]


def test_there_is_a_step_for_the_encoder_alone_and_one_for_every_round(model, tiny_documents):
    trace = model.trace(batch_of(model, tiny_documents))
    assert len(trace) == model.num_rounds + 1
    assert all(len(step) == len(tiny_documents) for step in trace)
    assert all(prediction.anchors is None for step in trace for prediction in step)


def test_a_step_is_what_a_model_of_so_many_rounds_predicts(tiny_model, tiny_documents):
    whole = tiny_model(num_rounds=2).double()
    whole.decoding = Decoding(0.4, keep_untagged=True)
    trace = whole.trace(batch_of(whole, tiny_documents))
    for rounds in range(3):
        shorter = tiny_model(num_rounds=rounds).double()
        shorter.load_state_dict(whole.state_dict())
        shorter.decoding = whole.decoding
        expected = shorter.predict(batch_of(shorter, tiny_documents))
        assert [plain(p) for p in trace[rounds]] == [plain(p) for p in expected]
    assert [plain(p) for p in trace[0]] != [plain(p) for p in trace[2]]


def test_the_rounds_of_a_sentence_do_not_depend_on_its_neighbours(model, tiny_documents):
    model.decoding = DECODINGS[1]
    together = model.trace(batch_of(model, tiny_documents))
    for k, document in enumerate(tiny_documents):
        alone = model.trace(batch_of(model, [document]))
        assert [plain(step[0]) for step in alone] == [plain(step[k]) for step in together]


def test_an_empty_sentence_has_empty_rounds(model, sketch):
    trace = model.trace(batch_of(model, [sketch("")]))
    assert len(trace) == model.num_rounds + 1
    assert all(not step[0].entities and not step[0].relations for step in trace)


def test_the_features_are_those_of_the_last_round(model, tiny_documents):
    inputs = batch_of(model, tiny_documents).inputs
    last = list(model.rounds(inputs))[-1]
    assert all(torch.equal(one, other) for one, other in zip(last, model.features(inputs), strict=True))


def test_a_model_without_rounds_of_its_own_has_one_step(model, tiny_documents):
    from relknit.models.base import JointModel

    batch = batch_of(model, tiny_documents)
    assert JointModel.trace(model, batch) == [model.predict(batch, anchors=False)]
