from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from relknit.checkpoint import load_model
from relknit.config import Config
from relknit.data.corpus import load_corpus
from relknit.document import Document
from relknit.errors import ConfigError, RelknitError
from relknit.evaluation import score_quickly
from relknit.text.names import sentence_hash
from relknit.training import cross_validation, held_out, make_plan, train
from relknit.training.cross_validation import FOLDS_FOLDER, fold_documents
from relknit.training.held_out import HeldOutChoice
from relknit.training.result import read_result
from relknit.training.tune import HeldOut, choose_decoding, choose_decoding_of
from tests.training.tiny_runs import Watcher, contents

Configure = Callable[..., Config]
SENTENCES = load_corpus("train")[:20]


def run_files(folder: Path) -> dict[str, bytes]:
    """The files of a run that hold no times."""
    return {
        name: content for name, content in contents(folder).items() if name.endswith((".safetensors", "model.json"))
    }


def test_every_sentence_is_in_one_fold_and_folds_are_of_about_equal_size() -> None:
    folds = fold_documents(SENTENCES, 3, seed=1)
    assert sorted(document.id for fold in folds for document in fold) == sorted(document.id for document in SENTENCES)
    assert max(map(len, folds)) - min(map(len, folds)) <= 1


def test_sentences_with_a_triple_are_spread_over_all_folds() -> None:
    counts = [sum(bool(d.relations) for d in fold) for fold in fold_documents(SENTENCES, 4, seed=1)]
    assert max(counts) - min(counts) <= 1


def test_copies_of_a_sentence_are_in_one_fold() -> None:
    copies = [replace(document, id=f"{document.id}-again") for document in SENTENCES]
    for fold in fold_documents([*SENTENCES, *copies], 5, seed=1):
        ids = {document.id for document in fold}
        assert {f"{name.removesuffix('-again')}-again" in ids for name in ids} == {True}


def test_folds_are_drawn_by_the_seed() -> None:
    first, again, other = (fold_documents(SENTENCES, 3, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_several_models_are_scored_together_as_one(configure: Configure, tmp_path: Path) -> None:
    plan = make_plan(configure(epochs=1))
    options = {"select_by": "partial", "max_tokens": 64}
    halves = [HeldOut(plan.saved.model, plan.dev[:5]), HeldOut(plan.saved.model, plan.dev[5:])]
    assert choose_decoding_of(halves, **options) == choose_decoding(plan.saved.model, plan.dev, **options)


def test_folds_replace_dev_and_everything_is_trained_on(configure: Configure, tmp_path: Path, watcher: Watcher) -> None:
    plan = make_plan(configure(folds=2))
    assert (len(plan.train), plan.dev) == (34, ())
    result = train(plan, tmp_path / "run", watcher)
    assert [(record.get("fold", 0), record["epoch"]) for record in watcher.records] == [
        (fold, epoch) for fold in (1, 2, 0) for epoch in (1, 2)
    ]
    assert (result.folds, result.best_epoch) == (2, 2)
    assert result.dev
    assert result.test
    stored = read_result(tmp_path / "run")
    assert stored is not None
    assert stored[0] == replace(result, seconds=stored[0].seconds)
    assert load_model(tmp_path / "run").trained_on.sentences == plan.saved.trained_on.sentences
    assert not (tmp_path / "run" / FOLDS_FOLDER).exists()


def test_the_models_that_choose_have_not_seen_what_they_are_scored_on(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, parts = make_plan(configure(folds=3, epochs=1)), []
    real = cross_validation.choose_held_out

    def choose(parts_given: Sequence[HeldOut], *others: Any, **options: Any) -> HeldOutChoice:
        parts.extend(parts_given)
        for number, part in enumerate(parts_given, 1):
            seen = load_model(tmp_path / FOLDS_FOLDER / str(number)).trained_on.sentences
            assert seen.isdisjoint(sentence_hash(document.tokens) for document in part.documents)
        return real(parts_given, *others, **options)

    monkeypatch.setattr(cross_validation, "choose_held_out", choose)
    result = train(plan, tmp_path, Watcher())
    assert sum(len(part.documents) for part in parts) == len(plan.train)
    documents = [document for part in parts for document in part.documents]
    decoding = load_model(tmp_path).model.decoding
    found = [one for part in parts for one in part.predictions(decoding, max_tokens=64)]
    assert result.dev == score_quickly(documents, found, rule="last")


def test_a_fold_is_resumed_where_it_was_interrupted(configure: Configure, tmp_path: Path) -> None:
    train(make_plan(configure(folds=2)), tmp_path / "whole", Watcher())
    for stop_at in (1, 5, 9):  # in the first fold, in the second, in the training on everything
        steps = iter(range(stop_at))
        folder = tmp_path / f"cut{stop_at}"
        interrupted = train(
            make_plan(configure(folds=2)), folder, Watcher(), stop=lambda steps=steps: next(steps, None) is None
        )
        assert interrupted.interrupted
        assert interrupted.folder == folder
        train(make_plan(configure(folds=2)), folder, Watcher(), resume=True)
        assert run_files(folder) == run_files(tmp_path / "whole")


def test_a_finished_run_gives_its_result_again_without_training(configure: Configure, tmp_path: Path) -> None:
    first = train(make_plan(configure(folds=2, epochs=1)), tmp_path, Watcher())
    watcher = Watcher()
    again = train(make_plan(configure(folds=2, epochs=1)), tmp_path, watcher, resume=True)
    assert (again.dev, again.test, watcher.steps) == (first.dev, first.test, [])


def test_a_folder_with_a_run_is_refused_before_the_first_fold(configure: Configure, tmp_path: Path) -> None:
    train(make_plan(configure(epochs=1)), tmp_path, Watcher())
    watcher = Watcher()
    with pytest.raises(RelknitError, match="already holds a run"):
        train(make_plan(configure(folds=2)), tmp_path, watcher)
    assert watcher.steps == []


@pytest.mark.parametrize("folds", [1, 35])
def test_folds_that_cannot_be_made_are_refused(configure: Configure, folds: int) -> None:
    with pytest.raises(ConfigError, match=rf"training\.folds = {folds}"):
        make_plan(configure(folds=folds))


def test_a_single_sentence_with_a_triple_still_trains(configure: Configure, tmp_path: Path) -> None:
    plan = make_plan(configure(folds=2, epochs=1))
    few: tuple[Document, ...] = tuple(replace(d, relations=()) for d in plan.train[1:5])
    with_triple = next(document for document in plan.train if document.relations)
    result = train(replace(plan, train=(with_triple, *few)), tmp_path, Watcher())
    assert result.best_epoch == 1


def test_metrics_of_folds_have_no_dev_scores(configure: Configure, tmp_path: Path) -> None:
    train(make_plan(configure(folds=2, epochs=1)), tmp_path, Watcher())
    (record,) = map(json.loads, (tmp_path / "metrics.jsonl").read_text().splitlines())
    assert "dev" not in record


def test_the_window_is_chosen_on_the_folds_and_stored(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(parts: Sequence[HeldOut], decoding: object, **options: object) -> int:
        assert sum(len(part.documents) for part in parts) == 34
        return 48

    monkeypatch.setattr(held_out, "choose_window_of", choose)
    train(make_plan(configure(folds=2, epochs=1, tune_window=True)), tmp_path, Watcher())
    assert load_model(tmp_path).trained_on.max_tokens == 48
