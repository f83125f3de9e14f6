import pytest
import torch

import paper_model
import sentences
from naive import NaivePairScorer
from relknit.models.base import Labels
from relknit.ops.pair_scores import PairLabels

DOCUMENTS = sentences.tiled(6, num_relations=9)
LABELS = Labels.of(DOCUMENTS, typed=False)


@pytest.fixture
def build(torch_settings):
    def build(impl, rounds=2, threads=1):
        settings = {"impl": impl, "threads": threads, "rounds": rounds}
        return paper_model.build(settings, DOCUMENTS, LABELS, None)

    return build


class TestBuild:
    @pytest.mark.parametrize("impl", ["naive", "reference"])
    def test_the_weights_are_the_same_whatever_the_implementation(self, impl, build):
        own, other = build("chunked").state_dict(), build(impl).state_dict()
        assert own.keys() == other.keys()
        assert all(torch.equal(own[name], other[name]) for name in own)

    def test_sizes_are_the_papers(self, build):
        sizes = paper_model.model_sizes(build("chunked"))
        assert (sizes["word_dim"], sizes["pos_dim"], sizes["lstm"], sizes["pair_hidden"]) == (100, 10, "2x50", 100)
        assert (sizes["rounds"], sizes["relations"]) == (2, 9)

    @pytest.mark.parametrize(("impl", "threads"), [("naive", 2), ("chunked", 1)])
    def test_only_the_dense_implementation_has_torchs_own_threads(self, impl, threads, build):
        build(impl, threads=2)
        assert torch.get_num_threads() == threads


class TestScorers:
    @pytest.mark.parametrize("impl", ["naive", "reference"])
    def test_all_do_the_same(self, impl, build):
        h, lengths = torch.randn(9, 100), (4, 0, 5)
        labels = PairLabels.of([(0, 3, 1), (5, 4, 8)])
        own, other = build("chunked").pairs, build(impl).pairs
        torch.testing.assert_close(other.row_max(h, lengths), own.row_max(h, lengths))
        torch.testing.assert_close(other.loss(h, lengths, labels), own.loss(h, lengths, labels))
        found, expected = other.select(h, lengths, 0.52), own.select(h, lengths, 0.52)
        assert len(expected.head) > 0
        assert torch.equal(found.head, expected.head)
        assert torch.equal(found.relation, expected.relation)


class TestActTrained:
    @pytest.fixture
    def model(self, build):
        model = build("naive")
        model.eval()
        paper_model.act_trained(model, DOCUMENTS, tagged=0.3, facts=2)
        return model

    def test_about_as_many_words_are_entities_as_asked_for(self, model):
        predictions = model.predict(model.collate([model.prepare(document) for document in DOCUMENTS]))
        spans = [entity for prediction in predictions for entity in prediction.entities]
        tokens = sum(len(document) for document in DOCUMENTS)
        assert {entity.token_end - entity.token_start for entity in spans} == {1}
        assert 0.2 < len(spans) / tokens < 0.4

    def test_as_many_triples_are_found_as_asked_for(self, model):
        predictions = model.predict(model.collate([model.prepare(document) for document in DOCUMENTS]))
        assert sum(len(prediction.relations) for prediction in predictions) == 2 * len(DOCUMENTS)

    def test_the_implementation_that_is_measured_stays(self, model):
        assert isinstance(model.pairs, NaivePairScorer)

    def test_every_implementation_gets_the_same_threshold(self, model, build):
        own = build("chunked")
        own.eval()
        paper_model.act_trained(own, DOCUMENTS, tagged=0.3, facts=2)
        assert own.decoding == model.decoding
