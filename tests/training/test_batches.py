"""Which sentences make up which step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from relknit.checkpoint import load_model
from relknit.config import Config
from relknit.document import Document
from relknit.models.base import JointModel
from relknit.models.rin.batch import Example
from relknit.predict.predictor import by_tokens
from relknit.training import Plan, make_plan, train
from relknit.training.batches import LONGEST_JOINED, EpochBatches, prepared
from tests.training.tiny_runs import Watcher

Configure = Callable[..., Config]

CPU = torch.device("cpu")


@pytest.fixture
def examples(tiny_model: Callable[..., JointModel]) -> list[Example]:
    model = tiny_model()
    return [model.prepare(Document(str(n), ("word",) * n), labelled=True) for n in (3, 4, 9, 1, 1, 2, 0, 5)]


def sizes(batches: list[list[Example]]) -> list[list[int]]:
    return [[len(example) for example in batch] for batch in batches]


def test_batches_by_tokens_are_as_full_as_the_order_allows(examples: list[Example]) -> None:
    assert sizes(list(by_tokens(examples, 8))) == [[3, 4], [9], [1, 1, 2, 0], [5]]
    assert sizes(list(by_tokens(examples, 1000))) == [[3, 4, 9, 1, 1, 2, 0, 5]]
    assert list(by_tokens([], 8)) == []


def test_an_epoch_by_tokens_shows_every_sentence_once(configure: Configure) -> None:
    plan = make_plan(configure(batch_tokens=60))
    epochs = EpochBatches(plan.config.training, plan.saved.model, plan.train)
    lengths = sorted(len(document) for document in plan.train)
    for epoch in (0, 1):
        batches = sizes(epochs.of(epoch))
        assert sorted(sum(batches, [])) == lengths
        assert all(sum(batch) <= 60 or len(batch) == 1 for batch in batches)
    assert epochs.count == -(-sum(lengths) // 60)


def test_batches_of_similar_length_show_every_sentence_once(configure: Configure) -> None:
    plan = make_plan(configure(batch_size=4, similar_lengths=3))
    epochs = EpochBatches(plan.config.training, plan.saved.model, plan.train)
    batches = epochs.of(0)
    assert len(batches) == epochs.count
    assert sorted(id(example) for batch in batches for example in batch) == sorted(map(id, epochs.examples))
    spread = sum(max(lengths) - min(lengths) for lengths in sizes(batches))
    plain = EpochBatches(make_plan(configure(batch_size=4)).config.training, plan.saved.model, plan.train).of(0)
    assert spread < sum(max(lengths) - min(lengths) for lengths in sizes(plain))
    assert sizes(epochs.of(0)) == sizes(batches)


def test_a_run_with_batches_by_tokens_trains_and_can_be_resumed(
    configure: Configure, tmp_path: Path, watcher: Watcher
) -> None:
    config = configure(batch_tokens=60, epochs=2)
    train(make_plan(config), tmp_path / "whole", Watcher())
    stops = iter([False, False, True])
    cut = train(make_plan(config), tmp_path / "cut", watcher, stop=lambda: next(stops))
    assert cut.interrupted
    train(make_plan(config), tmp_path / "cut", watcher, resume=True)
    whole, resumed = (load_model(tmp_path / name).model.state_dict() for name in ("whole", "cut"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_prepared_batches_come_in_order_and_complete(plan: Plan, examples: list[Example], count: int) -> None:
    batches = [examples[k : k + 2] for k in range(count)]
    found = list(prepared(plan.saved.model, batches, 1, CPU))
    assert [share.batch.inputs.lengths for (share,) in found] == [
        tuple(sorted((len(example) for example in batch), reverse=True)) for batch in batches
    ]


def test_a_consumer_that_stops_early_leaves_no_thread_behind(plan: Plan, examples: list[Example]) -> None:
    import threading

    steps = prepared(plan.saved.model, [examples] * 5, 2, CPU)
    next(steps)
    steps.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("relknit-batches")]


def test_an_error_in_making_a_batch_comes_out_at_its_step(plan: Plan, examples: list[Example]) -> None:
    steps = prepared(plan.saved.model, [examples, [None]], 1, CPU)  # type: ignore[list-item]
    next(steps)
    with pytest.raises(TypeError):
        next(steps)


def test_joined_sentences_hold_the_sentence_and_others_of_train(configure: Configure) -> None:
    plan = make_plan(configure(join=1.0, shuffle=False))
    epochs = EpochBatches(plan.config.training, plan.saved.model, plan.train)
    shown = [example for batch in epochs.of(0) for example in batch]
    assert len(shown) == len(plan.train)
    assert all(len(new) > len(old) for new, old in zip(shown, epochs.examples, strict=True))
    assert all(len(new) <= max(LONGEST_JOINED, epochs.usual) for new in shown)


@pytest.mark.parametrize("setting", ["rename", "join", "vary_case", "not_asserted"])
def test_every_augmentation_is_drawn_anew_and_the_same_again(configure: Configure, setting: str) -> None:
    plan = make_plan(configure(shuffle=False, **{setting: 1.0}))

    def tables(epoch: int) -> list[list[int]]:
        epochs = EpochBatches(plan.config.training, plan.saved.model, plan.train)
        return [example.sentence.table.tolist() for batch in epochs.of(epoch) for example in batch]  # type: ignore[attr-defined]

    assert tables(0) == tables(0)
    assert tables(0) != tables(1)


def test_the_words_of_unasserted_sentences_are_in_the_vocabulary(configure: Configure) -> None:
    words = [
        make_plan(configure(not_asserted=fraction)).saved.model.encoder.words.tables.words for fraction in (0.0, 0.5)
    ]
    assert "rumoured" not in words[0]
    assert "rumoured" in words[1]
