import pytest
import torch

import paper_model
import sentences
import step_parts
import worker
from meter import Meter
from relknit.models.base import Labels
from tests.building import total

DOCUMENTS = sentences.tiled(4, num_relations=5)


@pytest.fixture
def model(torch_settings):
    settings = {"impl": "chunked", "threads": 1, "rounds": 2}
    return paper_model.build(settings, DOCUMENTS, Labels.of(DOCUMENTS, typed=False), None)


@pytest.fixture
def examples(model):
    return [model.prepare(document, labelled=True) for document in DOCUMENTS]


class TestStages:
    @pytest.mark.parametrize("rounds", [0, 1, 3])
    def test_loss_and_gradients_are_those_of_the_step(self, rounds, model, examples):
        model.eval()
        model.num_rounds = rounds
        batch = model.collate(examples)
        whole = model.loss(batch)
        total(whole).backward()
        expected = {name: parameter.grad for name, parameter in model.named_parameters()}
        model.zero_grad(set_to_none=True)
        stages = step_parts.Stages(Meter(torch.device("cpu")))
        entity, relation = step_parts.staged_loss(model, batch, stages)
        stages.backward(entity, relation)
        torch.testing.assert_close(entity.detach(), whole["entity"])
        torch.testing.assert_close(relation.detach(), whole["relation"])
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(parameter.grad, expected[name], msg=name)

    def test_every_part_is_timed_both_ways(self, model, examples):
        stages = step_parts.Stages(Meter(torch.device("cpu")))
        stages.backward(*step_parts.staged_loss(model, model.collate(examples), stages))
        parts = ("encoder", "tagger", "row_max", "interaction", "loss")
        assert set(stages.seconds) == {f"{part} {way}" for part in parts for way in ("forward", "backward")}
        assert all(seconds > 0 for seconds in stages.seconds.values())


class TestMeasure:
    @pytest.fixture
    def measure(self, model, examples, monkeypatch):
        rates = {"forward": 1e9, "backward": 1e9, "bytes": 1e9, "add": 1e9, "sigmoid": 1e9}
        monkeypatch.setattr(step_parts.rates, "measure", lambda *_: rates)

        def measure(threads):
            optimiser = torch.optim.Adam(model.parameters())
            return step_parts.measure(
                model, optimiser, examples, {"impl": "chunked", "threads": threads}, worker.one_step
            )

        return measure

    def test_the_floor_is_that_of_this_batch_and_model(self, measure, model):
        found = measure(1)
        sizes = step_parts.sizes_of(model, [len(document) for document in DOCUMENTS])
        assert found["pairs"] == sizes.pairs == sum(len(document) ** 2 for document in DOCUMENTS)
        assert (sizes.input_dim, sizes.hidden, sizes.tags, sizes.relations) == (110, 50, 5, 5)
        assert sizes.parameters == sum(p.numel() for p in model.parameters())
        assert found["floor"]["optimiser"] == 28 * sizes.parameters / 1e9

    def test_every_floor_belongs_to_a_part(self, measure):
        found = measure(1)
        assert set(found["floor"]) <= set(found["parts"])

    def test_with_several_threads_only_the_whole_step_is_timed(self, measure):
        found = measure(2)
        assert found["parts"] == {}
        assert found["seconds"] > 0
