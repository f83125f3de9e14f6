"""What the first version of RIN promises beyond its equations: neighbours, empty sentences, its variants, saved models."""

import itertools
import random

import pytest
import torch

from relknit.checkpoint import SavedModel, TrainingData, load_model, save_model
from relknit.data.corpus import load_corpus
from relknit.metrics import evaluate_predictions
from relknit.models.rin.rin_v1 import RINv1
from relknit.models.rin.settings import RINv1Settings
from relknit.ops.pair_scores.chunked import BLOCK_PAIRS
from tests.building import total
from tests.models.rin.variants import V1, batch_of, build_variant, same, trained

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def variant(tiny_model):
    return lambda **settings: build_variant(tiny_model, settings)


@pytest.mark.parametrize("workspace", [None, 1])
@pytest.mark.parametrize("scorer", ["additive", "emnlp"])
def test_the_workspace_changes_neither_loss_nor_gradient_nor_prediction(variant, tiny_documents, scorer, workspace):
    model = variant(scorer=scorer)
    expected = total(model.loss(batch_of(model, tiny_documents, labelled=True)))
    gradients = torch.autograd.grad(expected, list(model.parameters()))
    predictions = model.predict(batch_of(model, tiny_documents))
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
    for name, settings in V1.items():
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
