"""A training step: shards of a batch give together what the batch gives alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from relknit.document import Document
from relknit.models.base import JointModel
from relknit.models.rin.batch import Example
from relknit.training.step import loss_and_gradients, split
from tests.building import total

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def model(tiny_model: Callable[..., JointModel]) -> JointModel:
    return tiny_model(num_rounds=2).double().train()


@pytest.fixture
def examples(model: JointModel, tiny_documents: tuple[Document, ...]) -> list[Example]:
    chosen = (*tiny_documents, Document("empty", ()), *tiny_documents[:2])
    return [model.prepare(document, labelled=True) for document in chosen]


@pytest.mark.parametrize("threads", [1, 2, 3, 50])
def test_shards_hold_every_sentence_once_the_longest_first(
    model: JointModel, examples: list[Example], threads: int
) -> None:
    shards = split(model, examples, threads)
    assert len(shards) <= threads
    lengths = [length for shard in shards for length in shard.batch.inputs.lengths]
    assert lengths == sorted((len(example) for example in examples), reverse=True)
    assert sum(shard.fraction for shard in shards) == pytest.approx(1)


def test_shards_have_about_as_much_work_each(model: JointModel) -> None:
    words = [Document(str(k), ("word",) * (5 + k % 30)) for k in range(60)]
    shards = split(model, [model.prepare(document, labelled=True) for document in words], 2)
    work = [sum(n * n + 8 * n for n in shard.batch.inputs.lengths) for shard in shards]
    assert max(work) < 1.1 * min(work)


def test_a_model_has_its_own_measure_of_work(model: JointModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "training_cost", lambda words: words)
    examples = [model.prepare(Document(str(n), ("word",) * n), labelled=True) for n in (30, 10, 10, 10)]
    assert [shard.batch.inputs.lengths for shard in split(model, examples, 2)] == [(30,), (10, 10, 10)]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_shards_give_the_loss_and_gradient_of_the_whole_batch(
    model: JointModel, examples: list[Example], threads: int
) -> None:
    expected = model.loss(model.collate(examples))
    gradients = torch.autograd.grad(total(expected), list(model.parameters()), allow_unused=True)
    found = loss_and_gradients(model, split(model, examples, threads), clip_norm=1e9)
    torch.testing.assert_close(found.total, total(expected).detach())
    for name, part in expected.items():
        torch.testing.assert_close(found.parts[name], part.detach())
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-10, atol=1e-13)


def test_the_gradient_is_clipped_as_a_whole_and_its_norm_told(model: JointModel, examples: list[Example]) -> None:
    free = loss_and_gradients(model, split(model, examples, 2), clip_norm=1e9)
    clipped = loss_and_gradients(model, split(model, examples, 2), clip_norm=0.25)
    torch.testing.assert_close(clipped.norm, free.norm)
    norms = [parameter.grad.norm() for parameter in model.parameters() if parameter.grad is not None]
    assert torch.stack(norms).norm().item() == pytest.approx(0.25, rel=1e-4)


def test_a_parameter_that_the_loss_does_not_use_gets_no_gradient(model: JointModel, examples: list[Example]) -> None:
    model.unused = torch.nn.Parameter(torch.ones(3))
    model.tagger.bias.requires_grad_(False)
    loss_and_gradients(model, split(model, examples, 2), clip_norm=1.0)
    assert model.unused.grad is None
    assert model.tagger.bias.grad is None


@pytest.mark.parametrize("threads", [1, 2])
def test_dropout_follows_from_torchs_seed_and_the_number_of_shares(
    tiny_model: Callable[..., JointModel], tiny_documents: tuple[Document, ...], threads: int
) -> None:
    model = tiny_model(num_rounds=1).train()
    model.encoder.input_dropout = 0.5
    shards = split(model, [model.prepare(document, labelled=True) for document in tiny_documents], threads)
    losses = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        losses.append(loss_and_gradients(model, shards, clip_norm=1.0).total.item())
    assert losses[0] == losses[1] != losses[2]
