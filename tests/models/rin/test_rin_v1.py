"""What the first version of RIN promises beyond its equations: neighbours, empty sentences, its variants, saved models."""

import itertools
import random

import pytest
import torch

from relknit.checkpoint import SavedModel, TrainingData, load_model, save_model
from relknit.data.corpus import load_corpus
from relknit.document import Document
from relknit.metrics import evaluate_predictions
from relknit.models.rin.decoding import Decoding
from relknit.models.rin.rin_v1 import RINv1
from relknit.models.rin.settings import RINv1Settings
from relknit.ops.pair_scores.chunked import BLOCK_PAIRS
from tests.building import total

pytestmark = pytest.mark.usefixtures("one_thread")

VARIANTS = {
    "RIN": {},
    "BiLSTM": {"num_rounds": 0, "task_features": False},
    "BiLSTM_s": {"num_rounds": 0},
    "as printed": {"cell": "paper_gru"},
    "RNN": {"cell": "rnn"},
    "no relations": {"int_relations": False},
    "no entities": {"int_entities": False},
    "no words": {"int_words": False},
    "linear": {"cell": "linear"},
    "EMNLP's scorer": {"scorer": "emnlp"},
}
each_variant = pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)


@pytest.fixture
def variant(tiny_model):
    """A factory of small models in float64; a low threshold, so that there is much to compare."""

    def build(**settings):
        model = tiny_model(name="rin_v1", **({"num_rounds": 2} | settings)).double()
        model.decoding = Decoding(threshold=0.4, keep_untagged=True)
        return model

    return build


def batch_of(model, documents, *, labelled=False):
    return model.collate([model.prepare(document, labelled=labelled) for document in documents])


def same(one, other):
    """Equal predictions, confidences to 12 digits."""

    def plain(prediction):
        entities = [(e.token_start, e.token_end, e.type, e.tagged) for e in prediction.entities]
        relations = {(r.head, r.type, r.tail) for r in prediction.relations}
        return entities, relations, prediction.anchors and [(a.head, a.type, a.tail) for a in prediction.anchors]

    def numbers(prediction):
        anchors = prediction.anchors or ()
        return [x.confidence for x in (*prediction.entities, *prediction.relations, *anchors)]

    return plain(one) == plain(other) and numbers(one) == pytest.approx(numbers(other), rel=1e-12)


@each_variant
def test_a_sentence_alone_is_predicted_as_in_a_batch(variant, tiny_documents, settings):
    model = variant(**settings)
    together = model.predict(batch_of(model, tiny_documents))
    assert any(prediction.relations for prediction in together)
    for document, in_batch in zip(tiny_documents, together, strict=True):
        assert same(model.predict(batch_of(model, [document]))[0], in_batch)


@each_variant
def test_the_loss_of_a_batch_is_the_mean_of_its_sentences_losses(variant, tiny_documents, settings):
    model = variant(**settings)
    together = model.loss(batch_of(model, tiny_documents, labelled=True))
    alone = [model.loss(batch_of(model, [document], labelled=True)) for document in tiny_documents]
    for part in ("entity", "relation"):
        mean = sum(loss[part].item() for loss in alone) / len(alone)
        assert together[part].item() == pytest.approx(mean, rel=1e-12)


@each_variant
def test_a_long_neighbour_changes_no_feature(variant, tiny_documents, settings):
    model, long = variant(**settings), Document("long", ("Ada", "left", "York", ".") * 30)
    alone = model.features(batch_of(model, [tiny_documents[0]]).inputs)
    start = len(long)
    beside = model.features(batch_of(model, [long, tiny_documents[0], long]).inputs)
    for one, other in zip(alone, beside, strict=True):
        torch.testing.assert_close(other[start : start + len(tiny_documents[0])], one, rtol=1e-12, atol=1e-14)


@each_variant
def test_an_empty_sentence_gets_an_empty_prediction_and_disturbs_nobody(variant, tiny_documents, settings):
    model, empty = variant(**settings), Document("empty", ())
    mixed = [empty, tiny_documents[0], empty, tiny_documents[1], empty]
    predictions = model.predict(batch_of(model, mixed))
    alone = model.predict(batch_of(model, [tiny_documents[0], tiny_documents[1]]))
    assert same(predictions[1], alone[0])
    assert same(predictions[3], alone[1])
    assert all(not p.entities and not p.relations and p.anchors == () for p in (predictions[k] for k in (0, 2, 4)))
    both = total(model.loss(batch_of(model, [tiny_documents[0], tiny_documents[1]], labelled=True))).item() * 2
    assert total(model.loss(batch_of(model, mixed, labelled=True))).item() * 5 == pytest.approx(both, rel=1e-12)


@each_variant
def test_a_batch_of_nothing_but_empty_sentences_works(variant, settings):
    model, empty = variant(**settings), Document("empty", ())
    assert [p.anchors for p in model.predict(batch_of(model, [empty, empty]))] == [(), ()]
    loss = model.loss(batch_of(model, [empty, empty], labelled=True))
    assert total(loss).item() == 0
    total(loss).backward()


def test_a_batch_of_no_sentence_predicts_nothing(variant):
    assert variant().predict(variant().collate([])) == []


def test_a_loss_without_labels_is_refused(variant, tiny_documents):
    model = variant()
    with pytest.raises(ValueError, match="labelled=True"):
        model.loss(batch_of(model, tiny_documents))


@each_variant
def test_without_anchors_the_same_entities_and_triples_are_found(variant, tiny_documents, settings):
    model = variant(**settings)
    model.decoding = Decoding(threshold=0.4)
    with torch.no_grad():
        model.tagger.bias[4] += 1.0  # more entities, so that there are triples to lose
    full = model.predict(batch_of(model, tiny_documents))
    short = model.predict(batch_of(model, tiny_documents), anchors=False)
    assert any(prediction.relations for prediction in full)
    for one, other in zip(full, short, strict=True):
        assert other.anchors is None
        assert one.entities == other.entities
        found = {(r.head, r.type, r.tail): r.confidence for r in other.relations}
        assert found == pytest.approx({(r.head, r.type, r.tail): r.confidence for r in one.relations}, rel=1e-12)


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("workspace", [None, 1])
@pytest.mark.parametrize("scorer", ["additive", "emnlp"])
def test_threads_and_workspace_change_neither_loss_nor_gradient_nor_prediction(
    variant, tiny_documents, scorer, threads, workspace
):
    model = variant(scorer=scorer)
    expected = total(model.loss(batch_of(model, tiny_documents, labelled=True)))
    gradients = torch.autograd.grad(expected, list(model.parameters()))
    predictions = model.predict(batch_of(model, tiny_documents))
    model.set_threads(threads)
    model.set_workspace(workspace)
    assert model.pairs.block_pairs == (BLOCK_PAIRS if workspace is None else 1)
    found = total(model.loss(batch_of(model, tiny_documents, labelled=True)))
    torch.testing.assert_close(found, expected)
    for mine, theirs in zip(torch.autograd.grad(found, list(model.parameters())), gradients, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-13)
    for mine, theirs in zip(model.predict(batch_of(model, tiny_documents)), predictions, strict=True):
        assert same(mine, theirs)


def test_every_variant_differs_from_every_other(variant, tiny_documents):
    losses = {}
    for name, settings in VARIANTS.items():
        model = variant(**settings)
        losses[name] = total(model.loss(batch_of(model, tiny_documents, labelled=True))).item()
    for one, other in itertools.combinations(losses, 2):
        assert abs(losses[one] - losses[other]) > 1e-6, (one, other)


def test_no_rounds_is_bilstm_s_whatever_the_interaction_would_be(variant, tiny_documents):
    """The classifiers read the task maps' output, and nothing of the interaction has a say or a gradient."""
    model = variant(num_rounds=0)
    inputs = batch_of(model, tiny_documents).inputs
    h = model.encoder(inputs)
    entity, relation = model.features(inputs)
    assert torch.equal(entity, torch.relu(model.maps.entity(h)))
    assert torch.equal(relation, torch.relu(model.maps.relation(h)))
    total(model.loss(batch_of(model, tiny_documents, labelled=True))).backward()
    unused = {name for name, p in model.named_parameters() if p.grad is None}
    assert unused == {name for name, _ in model.named_parameters() if name.startswith("update.")}
    with torch.no_grad():
        for parameter in model.update.parameters():
            parameter.fill_(9.0)
    assert all(map(torch.equal, model.features(inputs), (entity, relation)))


def test_bilstm_gives_the_encoders_output_to_both_classifiers(variant, tiny_documents):
    model = variant(num_rounds=0, task_features=False)
    inputs = batch_of(model, tiny_documents).inputs
    assert all(torch.equal(x, model.encoder(inputs)) for x in model.features(inputs))
    assert not any(name.startswith("maps.") for name, _ in model.named_parameters())


@pytest.mark.parametrize("part", ["relations", "entities", "words"])
def test_what_int_does_not_see_is_not_in_its_input(variant, tiny_documents, part):
    whole, model = variant(), variant(**{f"int_{part}": False})
    widths = {"relations": len(model.labels.relations), "entities": len(model.tags), "words": 6}
    assert whole.update.alignment.in_features == sum(widths.values())
    assert model.update.alignment.in_features == sum(widths.values()) - widths[part]


@pytest.mark.parametrize(("switch", "method"), [("int_relations", "pairs"), ("int_entities", "tagger")])
def test_a_prediction_that_int_does_not_see_is_not_made(variant, tiny_documents, monkeypatch, switch, method):
    calls = []
    model = variant(**{switch: False})
    original = model.pairs.row_max
    monkeypatch.setattr(model.pairs, "row_max", lambda *a: calls.append("pairs") or original(*a))
    model.tagger.register_forward_hook(lambda *_: calls.append("tagger"))
    model.features(batch_of(model, tiny_documents).inputs)
    assert sorted(calls) == sorted({"pairs", "tagger"} - {method}) * 2


def test_with_linear_maps_the_tasks_never_meet(variant, tiny_documents):
    """The gradient of one task's loss reaches nothing of the other's."""
    model = variant(cell="linear")
    entity, relation = model.features(batch_of(model, tiny_documents).inputs)
    (entity.sum() + 0 * relation.sum()).backward()
    assert model.update.entity.weight.grad.any()
    assert not model.update.relation.weight.grad.any()
    assert not model.maps.relation.weight.grad.any()


@pytest.mark.parametrize("cell", ["gru", "rnn", "paper_gru"])
def test_with_interaction_each_task_learns_from_the_other(variant, tiny_documents, cell):
    model = variant(cell=cell, num_rounds=1)
    entity, _ = model.features(batch_of(model, tiny_documents).inputs)
    entity.sum().backward()
    assert model.pairs.output.weight.grad.any()
    assert model.maps.relation.weight.grad.any()


def test_rounds_share_their_parameters(variant):
    assert len({sum(p.numel() for p in variant(num_rounds=k).parameters()) for k in (0, 1, 4)}) == 1


def test_the_rounds_go_on_changing_the_features(variant, tiny_documents):
    seen = [variant(num_rounds=k).features(batch_of(variant(), tiny_documents).inputs) for k in range(5)]
    for before, after in itertools.pairwise(seen):
        assert not any(map(torch.allclose, before, after))


def test_the_relation_bias_is_where_every_relation_starts(variant):
    for scorer in ("additive", "emnlp"):
        assert variant(scorer=scorer, relation_bias=-6.0).pairs.output.bias.tolist() == [-6.0] * 4


def test_bytes_per_token_grow_with_the_labels(tiny_model, tiny_documents):
    few = tiny_model(name="rin_v1", documents=tiny_documents[:1])
    assert few.bytes_per_token < tiny_model(name="rin_v1").bytes_per_token
    assert few.double().bytes_per_token == 2 * tiny_model(name="rin_v1", documents=tiny_documents[:1]).bytes_per_token


def trained(model, documents, steps):
    batch = batch_of(model, documents, labelled=True)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    model.train()
    for _ in range(steps):
        optimiser.zero_grad()
        total(model.loss(batch)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
    return model.eval()


@pytest.mark.parametrize("settings", [{}, {"scorer": "emnlp", "cell": "rnn"}])
def test_it_can_train_save_and_load(tiny_model, tiny_encoder, tmp_path, settings):
    documents = [document for document in load_corpus("train") if len(document.relations) == 1][:8]
    random.Random(1).shuffle(documents)
    encoder = tiny_encoder(word_dim=20, pos_dim=0, hidden=20)
    settings = {"name": "rin_v1", "num_rounds": 2, "pair_hidden": 30, "relation_bias": -4.0} | settings
    model = tiny_model(encoder=encoder, documents=documents, **settings)
    trained(model, documents, steps=60)
    before = model.predict(batch_of(model, documents))
    report = evaluate_predictions(documents, before, rule=model.anchor_rule)
    assert report.scores["entities"].f1 == 1.0
    assert report.scores["partial"].f1 == 1.0
    save_model(tmp_path / "model", SavedModel(model, TrainingData()))
    loaded = load_model(tmp_path / "model")
    assert isinstance(loaded.model, RINv1)
    assert loaded.model.settings == RINv1Settings(**settings)
    assert loaded.model.eval().predict(batch_of(loaded.model, documents)) == before
