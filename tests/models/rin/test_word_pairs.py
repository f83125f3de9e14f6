"""What every model over word pairs promises: sentences alone and in a batch, empty ones, what predicting may leave out."""

import pytest
import torch

from relknit.document import Document
from relknit.models.rin.decoding import Decoding
from tests.building import total
from tests.models.rin.variants import batch_of, build_variant, each_variant, same

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def variant(tiny_model):
    return lambda **settings: build_variant(tiny_model, settings)


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
