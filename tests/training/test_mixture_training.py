"""Training on several sources that annotate different things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from relknit.config import Config
from relknit.document import Document
from relknit.document.scope import Scope
from relknit.errors import ConfigError
from relknit.models.rin.rin import RIN
from relknit.training import Plan, make_plan, train
from relknit.training.batches import EpochBatches
from relknit.training.plan import fingerprint
from tests.training.tiny_runs import Watcher

Configure = Callable[..., Config]
HALF, TWICE = Scope(weight=0.5), Scope(frozenset({"none"}), weight=2.0)


@pytest.fixture
def mixed(plan: Plan) -> list[Document]:
    """The training sentences, of which those of even number are a source of weight 0.5, the others of weight 2."""
    return [
        replace(document, id=str(k), scope=TWICE if k % 2 else HALF, tokens=(*document.tokens[:-1], f"number{k}"))
        for k, document in enumerate(plan.train)
    ]


def epochs_of(plan: Plan, documents: list[Document], **settings: Any) -> EpochBatches:
    config = plan.config.training.model_copy(update=settings)
    return EpochBatches(config, plan.saved.model, documents)


def test_an_epoch_has_each_source_as_often_as_its_weight_says(plan: Plan, mixed: list[Document]) -> None:
    epochs = epochs_of(plan, mixed, batch_size=4)
    for epoch in (0, 1, 2):
        batches = epochs.of(epoch)
        drawn = Counter(id(example) for batch in batches for example in batch)
        counts = [drawn[id(example)] for example in epochs.examples]
        assert counts[1::2] == [2] * (len(mixed) // 2)
        assert sorted(counts[::2]) == [0] * (len(mixed) // 4) + [1] * (len(mixed) // 4)
        assert len(batches) == epochs.count


def test_paragraphs_are_joined_from_sentences_of_one_source(plan: Plan, mixed: list[Document]) -> None:
    epochs = epochs_of(plan, mixed, join=1.0)
    for batch in epochs.of(0):
        for example in batch:
            numbers = [k for k, document in enumerate(mixed) if epochs.examples[k] is example]
            assert not numbers  # every sentence is joined with others
    joined = epochs._augmented(0, torch.Generator().manual_seed(1))
    assert joined
    for document in joined.values():
        parts = {int(token.removeprefix("number")) % 2 for token in document.tokens if token.startswith("number")}
        assert len(parts) == 1


@pytest.fixture
def mixture(data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "mixture.toml"
    entities = f'[sources.entities]\nfolder = "{data}"\nrelations = []\nweight = 0.5\n'
    path.write_text(f'dev = ["whole"]\n[sources.whole]\nfolder = "{data}"\n{entities}')
    return path


def test_a_mixture_trains_in_place_of_a_train_file(configure: Configure, mixture: Path, tmp_path: Path) -> None:
    plan = make_plan(configure(data={"train": None, "dev": None, "mixture": str(mixture)}, epochs=1))
    assert (len(plan.train), len(plan.dev)) == (48, 10)
    assert train(plan, tmp_path / "run", Watcher()).dev


def test_train_and_a_mixture_are_one_too_many(configure: Configure, mixture: Path) -> None:
    with pytest.raises(ConfigError, match="mixture"):
        make_plan(configure(data={"mixture": str(mixture)}))


def test_a_model_that_would_take_unknown_for_absent_is_refused(
    configure: Configure, mixture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RIN, "learns_scopes", False)
    with pytest.raises(ConfigError, match="rin"):
        make_plan(configure(data={"train": None, "dev": None, "mixture": str(mixture)}))


def test_what_is_annotated_distinguishes_runs(configure: Configure, mixture: Path) -> None:
    config = configure(data={"train": None, "dev": None, "mixture": str(mixture)})
    before = fingerprint(make_plan(config))
    mixture.write_text(mixture.read_text().replace("weight = 0.5", "weight = 1.0"))
    assert fingerprint(make_plan(config)) != before
