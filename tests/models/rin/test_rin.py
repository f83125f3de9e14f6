"""What RIN promises beyond its equations: neighbours, order, empty sentences, ablations, and what it learns from."""

import random

import pytest
import torch

from relknit.data.corpus import load_corpus
from relknit.document import Document, Entity, Relation
from relknit.metrics import evaluate_predictions
from relknit.models.rin.decoding import Decoding
from relknit.models.rin.rin import RIN
from tests.building import total
from tests.models.rin.variants import batch_of, same, trained

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def model(tiny_model):
    """Two rounds, float64; a low threshold, so that there is much to compare."""
    model = tiny_model(num_rounds=2).double()
    model.decoding = Decoding(threshold=0.4, keep_untagged=True)
    return model


def test_the_order_of_sentences_changes_no_prediction_and_no_loss(model, tiny_documents):
    together = model.predict(batch_of(model, tiny_documents))
    loss = total(model.loss(batch_of(model, tiny_documents, labelled=True))).item()
    order = list(range(len(tiny_documents)))
    for seed in range(4):
        random.Random(seed).shuffle(order)
        shuffled = [tiny_documents[k] for k in order]
        for k, prediction in zip(order, model.predict(batch_of(model, shuffled)), strict=True):
            assert same(prediction, together[k])
        assert total(model.loss(batch_of(model, shuffled, labelled=True))).item() == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("threads_of_torch", [1, 2])
def test_predicting_works_in_inference_mode_whatever_the_threads(model, tiny_documents, threads_of_torch):
    expected = model.predict(batch_of(model, tiny_documents))
    torch.set_num_threads(threads_of_torch)
    with torch.inference_mode():
        found = model.predict(batch_of(model, tiny_documents))
    assert all(same(one, other) for one, other in zip(expected, found, strict=True))


def test_predicting_builds_no_graph(model, tiny_documents):
    seen = []
    model.tagger.register_forward_hook(lambda _, __, output: seen.append(output.requires_grad))
    model.predict(batch_of(model, tiny_documents))
    assert seen == [False] * (model.num_rounds + 1)


@pytest.mark.parametrize("switch", ["entity_feedback", "relation_feedback"])
def test_an_ablation_equals_rin_at_one_round_and_differs_from_two_on(tiny_model, tiny_documents, switch):
    def loss(num_rounds, **changes):
        model = tiny_model(num_rounds=num_rounds, **changes).double()  # the same seed, so the same weights
        return total(model.loss(batch_of(model, tiny_documents, labelled=True))).item()

    assert loss(1, **{switch: False}) == loss(1)
    for num_rounds in (2, 3):
        assert abs(loss(num_rounds, **{switch: False}) - loss(num_rounds)) > 1e-6


def test_rounds_share_their_parameters(tiny_model):
    sizes = {sum(p.numel() for p in tiny_model(num_rounds=k).parameters()) for k in (0, 1, 4)}
    assert len(sizes) == 1


def test_the_relation_bias_is_where_every_relation_starts(tiny_model):
    assert tiny_model(relation_bias=-6.0).pairs.output.bias.tolist() == [-6.0] * 4
    assert len(set(tiny_model(relation_bias=None).pairs.output.bias.tolist())) == 4


def test_the_same_seed_builds_the_same_model(tiny_model):
    one, other, third = tiny_model(seed=5), tiny_model(seed=5), tiny_model(seed=6)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(one.parameters(), third.parameters(), strict=True))


def test_gold_tags_and_pairs_of_typed_entities(model, sketch):
    document = sketch("Ada left New York .", [(0, 1, "Person"), (2, 4, "Place")], [(0, "left", 1), (1, "needs", 0)])
    example = model.prepare(document, labelled=True)
    assert [model.tags[k] for k in example.tags.tolist()] == ["S-Person", "O", "B-Place", "E-Place", "O"]
    left, needs = model.labels.relations.index("left"), model.labels.relations.index("needs")
    assert set(example.labels.triples()) == {(0, 3, left), (3, 0, needs)}


def test_gold_tags_of_a_model_without_types_have_no_type(tiny_model, tiny_documents):
    model = tiny_model(typed=False)
    assert model.tags == ("O", "B", "I", "E", "S")
    tags = model.prepare(tiny_documents[0], labelled=True).tags.tolist()
    assert [model.tags[k] for k in tags] == ["B", "E", "O", "B", "E", "O"]


def test_the_first_word_is_the_anchor_where_the_model_says_so(tiny_model, tiny_documents):
    heads = {
        rule: tiny_model(anchor=rule).prepare(tiny_documents[0], labelled=True).labels.triples()
        for rule in ("first", "last")
    }
    assert {(i, j) for i, j, _ in heads["first"]} == {(0, 3)}
    assert {(i, j) for i, j, _ in heads["last"]} == {(1, 4)}


def test_relations_that_the_model_does_not_know_are_left_out(model, sketch):
    document = sketch("Ada left York", [(0, 1, "Person"), (2, 3, "Place")], [(0, "painted", 1), (0, "left", 1)])
    assert [model.labels.relations[t] for _, _, t in model.prepare(document, labelled=True).labels.triples()] == [
        "left"
    ]


def test_an_entity_of_an_unknown_type_is_left_out_and_hides_no_known_one(model, sketch):
    document = sketch("Ada Lovelace University .", [(0, 3, "Organisation"), (0, 2, "Person")])
    tags = model.prepare(document, labelled=True).tags.tolist()
    assert [model.tags[k] for k in tags] == ["B-Person", "E-Person", "O", "O"]


@pytest.mark.parametrize("typed", [True, False])
def test_a_word_that_only_stands_in_is_no_entity_to_learn_but_its_relation_is(tiny_model, typed):
    model = tiny_model(typed=typed)
    entities = (Entity(0, 1, "Person"), Entity(2, 3, "Place", 0.7, tagged=False))
    document = Document("1", ("Ada", "left", "York"), entities, (Relation(0, 1, "left"),))
    example = model.prepare(document, labelled=True)
    assert [model.tags[k][0] for k in example.tags.tolist()] == ["S", "O", "O"]
    assert example.labels.triples() == [(0, 2, model.labels.relations.index("left"))]


def test_without_labels_a_document_gives_no_gold(model, tiny_documents):
    example = model.prepare(tiny_documents[0])
    assert example.tags is None
    assert example.labels is None


def test_an_anchor_outside_any_entity_stays_only_where_decoding_keeps_it(model, tiny_documents):
    model.decoding = Decoding(threshold=0.4, keep_untagged=False)
    dropped = model.predict(batch_of(model, tiny_documents))
    model.decoding = Decoding(threshold=0.4, keep_untagged=True)
    kept = model.predict(batch_of(model, tiny_documents))
    assert all(entity.tagged for prediction in dropped for entity in prediction.entities)
    assert any(not entity.tagged for prediction in kept for entity in prediction.entities)
    assert [prediction.anchors for prediction in dropped] == [prediction.anchors for prediction in kept]


def test_a_higher_threshold_keeps_the_anchors_that_reach_it(model, tiny_documents):
    low = model.predict(batch_of(model, tiny_documents))
    confidences = sorted(a.confidence for prediction in low for a in prediction.anchors)
    cut = (confidences[len(confidences) // 2] + confidences[len(confidences) // 2 + 1]) / 2
    model.decoding = Decoding(threshold=cut)
    for before, after in zip(low, model.predict(batch_of(model, tiny_documents)), strict=True):
        assert after.anchors == tuple(a for a in before.anchors if a.confidence >= cut)


def test_eight_sentences_are_learned_by_heart(tiny_model, tiny_encoder):
    documents = [document for document in load_corpus("train") if len(document.relations) > 1][:8]
    encoder = tiny_encoder(word_dim=20, pos_dim=0, hidden=20)
    model = tiny_model(encoder=encoder, documents=documents, num_rounds=2, pair_hidden=40, relation_bias=-4.0)
    trained(model, documents, steps=60)
    report = evaluate_predictions(documents, model.predict(batch_of(model, documents)), rule=model.anchor_rule)
    assert {name: report.scores[name].f1 for name in ("partial", "exact", "strict", "entities")} == {
        "partial": 1.0,
        "exact": 1.0,
        "strict": 1.0,
        "entities": 1.0,
    }
    assert isinstance(model, RIN)


def test_of_nested_entities_those_are_tagged_that_relations_need(model, tiny_documents):
    document = tiny_documents[0]
    label, kind = model.labels.relations[0], (*model.labels.entity_types, None)[0]
    nested = Document(
        "nested",
        tuple(f"word{k}" for k in range(5)),
        tuple(Entity(start, end, kind) for start, end in ((0, 4), (0, 1), (3, 4), (4, 5))),
        (Relation(1, 2, label), Relation(2, 3, label)),
        pos=None if document.pos is None else ("NN",) * 5,
    )
    example = model.prepare(nested, labelled=True)
    tags = [model.tags[k] for k in example.tags.tolist()]
    assert [tag[0] for tag in tags] == ["S", "O", "O", "S", "S"]


@pytest.mark.parametrize("mentions", ["all", "name", "word"])
def test_without_anchors_the_same_triples_are_found_wherever_pairs_are_to_stand(model, tiny_documents, mentions):
    twice = [Document(d.id, d.tokens * 2, pos=None if d.pos is None else d.pos * 2) for d in tiny_documents if d.tokens]
    model.decoding = Decoding(threshold=0.4, untagged_threshold=0.45, mentions=mentions)
    with torch.no_grad():
        model.tagger.bias[4] += 1.0  # more entities, so that there are triples to lose
    full = model.predict(batch_of(model, twice))
    short = model.predict(batch_of(model, twice), anchors=False)
    assert any(prediction.relations for prediction in full)
    for one, other in zip(full, short, strict=True):
        found = {(r.head, r.type, r.tail): r.confidence for r in other.relations}
        assert found == pytest.approx({(r.head, r.type, r.tail): r.confidence for r in one.relations}, rel=1e-12)
