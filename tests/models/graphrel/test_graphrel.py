"""The model: what it learns, that sentences do not disturb each other, and what its settings choose."""

import pytest
import torch

import relknit.models.graphrel.graphrel as module
from relknit.checkpoint import SavedModel, TrainingData, load_model, save_model
from relknit.config import build_config
from relknit.document import Document, Entity, Relation
from relknit.encoders.bilstm.bilstm import BiLSTMEncoder
from relknit.errors import ConfigError
from relknit.evaluation import score_quickly
from relknit.models.base import Labels
from relknit.models.graphrel.graphrel import GraphRel
from relknit.models.graphrel.pair_softmax import GraphRelDecoding, relations_among, words_of
from relknit.models.graphrel.settings import GraphRelSettings
from relknit.models.rin.decoding import tagged_entities
from tests.building import total
from tests.models.rin.variants import batch_of, same

pytestmark = pytest.mark.usefixtures("one_thread")
each_phase = pytest.mark.parametrize("phases", [1, 2])


@pytest.fixture
def build(tiny_documents, tiny_encoder):
    """A small model in float64 with the labels of the documents."""

    def model(phases=1, documents=tiny_documents, width=3, **changes):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            settings = GraphRelSettings(**({"phases": phases, "hidden": 4, "graph": "chain"} | changes))
            encoder = BiLSTMEncoder.from_documents(tiny_encoder(pos_dim=0, hidden=width), documents)
            return GraphRel(settings, encoder, GraphRel.labels_of(settings, documents)).double().eval()

    return model


@pytest.fixture
def talkative(build):
    """The same, so biased that it finds entities and relations."""

    def model(phases):
        made = build(phases)
        with torch.no_grad():
            made.tagger.output.bias[[4, 8]] += 0.5
            made.pairs.output.weight.mul_(6)
        return made

    return model


def sentences(number):
    """Names of one and two words, two of them related, and one with itself."""
    made = []
    for k in range(number):
        tokens = (f"Ada{k}", f"Lane{k}", "met", f"Bo{k}", "in", f"Old{k}", f"Town{k}", ".")
        entities = (Entity(0, 2), Entity(3, 4), Entity(5, 7))
        relations = (Relation(0, 1, "met"), Relation(0, 2, "was_in"), Relation(2, 2, "is"))
        made.append(Document(f"s{k}", tokens, entities, relations))
    return made


@each_phase
def test_a_sentence_alone_is_predicted_as_in_a_batch(talkative, tiny_documents, phases):
    model, long = talkative(phases), Document("long", ("Ada", "left", "York", ".") * 50)
    together = model.predict(batch_of(model, [*tiny_documents, long]))
    assert any(prediction.relations for prediction in together)
    for document, in_batch in zip([*tiny_documents, long], together, strict=True):
        assert same(model.predict(batch_of(model, [document]))[0], in_batch)


@each_phase
def test_the_loss_and_its_gradient_are_means_over_the_sentences(build, tiny_documents, phases):
    model = build(phases)

    def gradient(documents):
        model.zero_grad()
        parts = model.loss(batch_of(model, documents, labelled=True))
        total(parts).backward()
        return {name: value.item() for name, value in parts.items()}, model.pairs.first.weight.grad.clone()

    together, slope = gradient(tiny_documents)
    alone = [gradient([document]) for document in tiny_documents]
    for part in ("entity", "relation"):
        assert together[part] == pytest.approx(sum(loss[part] for loss, _ in alone) / len(alone), rel=1e-9)
    torch.testing.assert_close(slope, torch.stack([grad for _, grad in alone]).mean(0))


@each_phase
def test_empty_sentences_predict_nothing_and_disturb_no_other(build, tiny_documents, phases):
    model, empty = build(phases), Document("empty", ())
    mixed = model.predict(batch_of(model, [empty, tiny_documents[0], empty]))
    assert same(mixed[1], model.predict(batch_of(model, tiny_documents[:1]))[0])
    assert not mixed[0].entities
    nothing = total(model.loss(batch_of(model, [empty, empty], labelled=True)))
    nothing.backward()
    assert nothing.item() == 0
    assert model.predict(model.collate([])) == []


@pytest.mark.parametrize("documents", [sentences(3)], ids=["names"])
def test_gold_put_through_the_targets_comes_back(build, documents):
    model = build(documents=documents)
    for document in documents:
        example = model.prepare(document, labelled=True)
        tags = [model.tags[k] for k in example.tags]
        entities = tagged_entities(tags, [1.0] * len(document))
        table = torch.zeros(len(document), len(document), 1 + len(model.labels.relations))
        table[..., 0] = 0.5
        table[tuple(example.pairs.T)] = 1.0
        words = words_of(entities)
        found = relations_among(entities, table[words][:, words], model.labels.relations, "any")
        assert entities == tuple(Entity(e.token_start, e.token_end, confidence=1.0) for e in document.entities)
        assert {(r.head, r.type, r.tail) for r in found} == {(r.head, r.type, r.tail) for r in document.relations}


def test_of_several_relations_of_one_pair_the_last_is_learned(build):
    document = Document("1", ("Ada", "Bo"), (Entity(0, 1), Entity(1, 2)), (Relation(0, 1, "a"), Relation(0, 1, "b")))
    model = build(documents=[document])
    assert model.prepare(document, labelled=True).pairs.tolist() == [[0, 1, 2]]
    assert "1 triples" in model.data_warnings([document])[0]


def test_a_relation_that_train_lacks_is_left_out_of_the_targets(build):
    model = build(documents=sentences(1))
    other = Document("dev", ("Ada", "Bo"), (Entity(0, 1), Entity(1, 2)), (Relation(0, 1, "unheard"),))
    assert model.prepare(other, labelled=True).pairs.shape == (0, 3)


def test_the_tags_of_a_negative_sentence_are_not_learned(build, tiny_documents):
    model = build()
    loss = model.loss(model.collate([model.prepare_negative(tiny_documents[3])]))
    assert loss["entity"].item() == 0
    assert loss["relation"].item() > 0


@each_phase
def test_twenty_sentences_are_learned_by_heart(build, phases):
    documents = sentences(20)
    model = build(phases, documents, width=12, hidden=16, dropout=0.0).float()
    batch, optimiser = batch_of(model, documents, labelled=True), torch.optim.Adam(model.parameters(), lr=0.02)
    model.train()
    for step in range(80):
        optimiser.zero_grad()
        total(model.loss(batch, torch.Generator().manual_seed(step))).backward()
        optimiser.step()
    found = model.eval().predict(batch_of(model, documents))
    scores = score_quickly(documents, found, rule="last")
    assert [scores[name] for name in ("partial", "strict", "entities")] == [1.0, 1.0, 1.0]


def test_dropout_draws_from_the_given_generator_alone(build, tiny_documents):
    model = build(2).train()
    batch = batch_of(model, tiny_documents, labelled=True)

    def loss(seed):
        torch.manual_seed(seed)
        return total(model.loss(batch, torch.Generator().manual_seed(7))).item()

    assert loss(1) == loss(2)


@each_phase
def test_a_saved_model_predicts_the_same(talkative, tiny_documents, tmp_path, phases):
    model = talkative(phases).float()
    model.decoding = GraphRelDecoding("average", "first")
    save_model(tmp_path / "m", SavedModel(model, TrainingData(frozenset(), frozenset(), 50)))
    again = load_model(tmp_path / "m").model
    assert again.decoding == model.decoding
    pairs = zip(*(m.predict(batch_of(m, tiny_documents)) for m in (model, again)), strict=True)
    assert all(one == other for one, other in pairs)


def test_given_entities_get_the_relations_of_their_words(talkative, tiny_documents):
    model = talkative(1)
    batch = batch_of(model, tiny_documents)
    predictions = model.predict(batch)
    given = model.relations_between(batch, [prediction.entities for prediction in predictions])
    assert [p.relations for p in given] == [p.relations for p in predictions]


def test_the_second_phase_is_traced_after_the_first(talkative, tiny_documents):
    model = talkative(2)
    batch = batch_of(model, tiny_documents)
    first, last = model.trace(batch)
    assert last == model.predict(batch)
    assert first != last


def test_a_triple_can_be_moved_to_the_first_mention_of_its_names(talkative):
    model = talkative(1)
    document = Document("1", ("Ada", "left", "York", ";", "Ada", "left", "York"))
    batch = batch_of(model, [document])
    model.decoding = GraphRelDecoding(mentions="first")
    (found,) = model.predict(batch)
    assert found.relations
    ends = {found.entities[k].token_start for r in found.relations for k in (r.head, r.tail)}
    assert ends <= {0, 1, 2, 3}


def test_new_relations_of_a_grown_model_take_no_weight_from_known_ones(build):
    known = build(2, sentences(2))
    new = Document("n", ("Ada0", "sued", "Bo0"), (Entity(0, 1), Entity(2, 3)), (Relation(0, 1, "sued"),))
    grown = known.grown([new])
    assert grown.labels.relations == (*known.labels.relations, "sued")
    size = len(known.pairs.output.weight)
    torch.testing.assert_close(grown.pairs.output.weight[:size], known.pairs.output.weight.float())
    assert grown.pairs.output.weight[size:].count_nonzero() == 0
    typed = Document("t", ("Ada0",), (Entity(0, 1, "Person"),))
    with pytest.raises(ConfigError, match="entity types"):
        known.grown([typed])


def test_the_labels_that_some_weights_belong_to_are_their_rows(build):
    model = build()
    parts = model.weights_of(Labels(("left",), ("Place",)))
    assert [part.numbers.tolist() for part in parts] == [[2], [2], [5, 6, 7, 8], [5, 6, 7, 8]]


@pytest.mark.parametrize(("installed", "graph"), [(True, "dependency"), (False, "chain")])
def test_the_model_says_which_graph_it_has(build, monkeypatch, installed, graph):
    monkeypatch.setattr(module, "is_installed", lambda pipeline: installed)
    model = build(graph="auto")
    assert model.settings.graph == graph
    assert any("model.graph = 'chain'" in warning for warning in model.data_warnings([])) == (not installed)


def test_settings_of_pair_tables_are_refused_by_name():
    for key in ("pair_words", "threshold", "num_rounds"):
        with pytest.raises(ConfigError, match=rf"model\.{key}.*rin"):
            build_config({"model": {"name": "graphrel", key: 1}})
    with pytest.raises(ConfigError, match=r"model\.phases = 3"):
        build_config({"model": {"name": "graphrel", "phases": 3}})
