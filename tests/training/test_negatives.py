"""Sentences without a fact: mixed into training by their pairs alone, and scored apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from relknit.config import Config, load_config
from relknit.data.corpus import load_corpus
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError
from relknit.evaluation import false_positive_rate
from relknit.training import make_plan, train
from relknit.training.batches import EpochBatches
from relknit.training.plan import fingerprint
from relknit.training.result import read_result
from tests.building import total
from tests.training.tiny_runs import Watcher, contents

Configure = Callable[..., Config]


def without_fact(documents: tuple[Document, ...]) -> list[Document]:
    return [replace(document, entities=(), relations=()) for document in documents]


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("negatives")
    write_jsonl(folder / "train.jsonl", without_fact(load_corpus("train")[100:106]))
    write_jsonl(folder / "dev.jsonl", without_fact(load_corpus("dev")[20:25]))
    write_jsonl(folder / "test.jsonl", without_fact(load_corpus("test")[20:24]))
    return folder


def test_they_are_mixed_into_every_epoch(configure: Configure, nothing: Path):
    plan = make_plan(configure(data={"negatives": str(nothing)}))
    batches = EpochBatches(plan.config.training, plan.saved.model, plan.train, plan.negatives["train"])
    examples = [example for batch in batches.of(0) for example in batch]
    assert len(examples) == len(plan.train) + 6
    assert batches.count == len(batches.of(0))
    assert sum(bool((example.tags == -100).all()) for example in examples if example.tags is not None) == 6


def test_their_words_teach_the_tagger_nothing_and_their_pairs_teach_that_there_is_no_relation(
    configure: Configure, nothing: Path
):
    plan = make_plan(configure(data={"negatives": str(nothing)}))
    model = plan.saved.model.eval()
    examples = [model.prepare(document, labelled=True) for document in plan.negatives["train"]]
    loss = model.loss(model.collate([example.without_tags() for example in examples]))
    judged = model.loss(model.collate(examples))
    assert float(loss["entity"]) == 0
    assert float(judged["entity"]) > 0
    assert torch.equal(loss["relation"], judged["relation"])
    assert float(loss["relation"]) > 0
    total(loss).backward()
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in model.tagger.parameters())


def test_their_words_are_known_to_the_model(configure: Configure, nothing: Path):
    plan = make_plan(configure(data={"negatives": str(nothing)}))
    tables = plan.saved.model.encoder.words.tables
    words = {token for document in plan.negatives["train"] for token in document.tokens}
    assert words - {token for document in plan.train for token in document.tokens}
    assert all(tables.words[word] > 1 for word in words)


def test_a_run_says_in_how_many_something_is_found(
    configure: Configure, nothing: Path, tmp_path: Path, watcher: Watcher
):
    plan = make_plan(configure(data={"negatives": str(nothing)}, epochs=2))
    result = train(plan, tmp_path / "run", watcher)
    assert set(result.negatives) == {"dev", "test"}
    stored = read_result(tmp_path / "run")
    assert stored is not None
    assert stored[0].negatives == result.negatives
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert all(0 <= json.loads(line)["negatives"] <= 1 for line in lines)
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert {"negatives/train", "negatives/dev", "negatives/test"} <= set(manifest["data"])


def test_a_run_without_them_writes_the_files_it_always_wrote(configure: Configure, tmp_path: Path, watcher: Watcher):
    train(make_plan(configure(epochs=1)), tmp_path / "run", watcher)
    assert "negatives" not in (tmp_path / "run" / "result.json").read_text()
    assert "negatives" not in (tmp_path / "run" / "metrics.jsonl").read_text()


def test_a_resumed_run_with_them_ends_in_the_same_bits(
    configure: Configure, nothing: Path, tmp_path: Path, watcher: Watcher
):
    config = configure(data={"negatives": str(nothing)}, epochs=2)
    train(make_plan(config), tmp_path / "whole", watcher)
    steps = iter([False, False, True])
    train(make_plan(config), tmp_path / "cut", watcher, stop=lambda: next(steps))
    train(make_plan(config), tmp_path / "cut", watcher, resume=True)
    assert contents(tmp_path / "cut")["model.safetensors"] == contents(tmp_path / "whole")["model.safetensors"]


def test_a_run_with_others_of_them_is_another_run(configure: Configure, nothing: Path, tmp_path: Path):
    write_jsonl(tmp_path / "train.jsonl", without_fact(load_corpus("train")[110:113]))
    prints = [
        fingerprint(make_plan(configure(data={"negatives": folder}))) for folder in (None, str(nothing), str(tmp_path))
    ]
    assert len(set(prints)) == 3


def test_a_sentence_with_a_triple_is_refused_there(configure: Configure, tmp_path: Path):
    write_jsonl(tmp_path / "train.jsonl", load_corpus("train")[:2])
    with pytest.raises(DataError, match=r"train\.jsonl.*has a triple"):
        make_plan(configure(data={"negatives": str(tmp_path)}))


def test_the_rate_counts_sentences_not_triples(configure: Configure, monkeypatch: pytest.MonkeyPatch, nothing: Path):
    from relknit import evaluation
    from relknit.document import Entity, Prediction, Relation

    plan = make_plan(configure(data={"negatives": str(nothing)}))
    spans = (Entity(0, 1), Entity(1, 2))
    two = Prediction(spans, (Relation(0, 1, "a"), Relation(1, 0, "a")))
    found = iter([two, Prediction(spans, ()), Prediction((), ()), two])
    monkeypatch.setattr(evaluation, "predict", lambda model, documents, **options: [next(found) for _ in documents])
    assert false_positive_rate(plan.saved.model, plan.negatives["test"], max_tokens=50) == 0.5


def test_a_path_in_a_configuration_is_taken_from_its_folder(tmp_path: Path):
    (tmp_path / "run.toml").write_text('[data]\nnegatives = "nothing"\n')
    assert load_config(tmp_path / "run.toml").data.negatives == tmp_path / "nothing"
