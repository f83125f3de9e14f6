from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import relknit.training.loop as loop
import relknit.training.tune as calibrate
from relknit.checkpoint import load_model
from relknit.config import Config, TrainingConfig
from relknit.data.corpus import load_corpus
from relknit.document import Document, Prediction
from relknit.errors import RelknitError
from relknit.evaluation import all_renamed
from relknit.metrics import SCORES
from relknit.models.base import JointModel
from relknit.models.rin.decoding import Decoding
from relknit.training import Plan, make_plan, train
from relknit.training.batches import batch_size
from relknit.training.loop import Run
from tests.training.tiny_runs import Watcher, contents

Configure = Callable[..., Config]
Scores = dict[str, float]


class Script:
    """In place of `quick_scores`: gives dev scores as written, and remembers documents and weights."""

    def __init__(self, dev: Sequence[Document], *scores: float | Scores) -> None:
        self.dev, self.scores = tuple(dev), list(scores)
        self.seen: list[tuple[Document, ...]] = []
        self.weights: list[dict[str, torch.Tensor]] = []

    def __call__(self, model: JointModel, documents: tuple[Document, ...], **options: Any) -> Scores:
        self.seen.append(documents)
        self.weights.append({name: value.clone() for name, value in model.state_dict().items()})
        score = self.scores[len(self.seen) - 1] if len(self.seen) <= len(self.scores) else 0.0
        return score if isinstance(score, dict) else dict.fromkeys(SCORES, score)


@pytest.fixture
def script(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Script]:
    def install(*scores: float | Scores) -> Script:
        written = Script(plan.dev, *scores)
        monkeypatch.setattr(loop, "quick_scores", written)
        monkeypatch.setattr(loop, "choose_decoding", lambda model, *rest, **options: model.decoding)
        return written

    return install


def equal_weights(model: JointModel, weights: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("scores", "patience", "epochs_run", "best"),
    [
        ((0.5, 0.4, 0.3, 0.6), 1, 2, 1),
        ((0.5, 0.4, 0.3, 0.6), 2, 3, 1),
        ((0.5, 0.4, 0.3, 0.6, 0.1), 3, 5, 4),
        ((0.1, 0.2, 0.3, 0.4, 0.5), 1, 5, 5),
        ((0.2, 0.2, 0.2, 0.2, 0.2), 2, 3, 1),  # an equal score is no progress
        ((0.0, 0.0, 0.0, 0.0, 0.0), 3, 5, 5),  # nothing is found yet, so nothing is waited for
        ((0.0, 0.0, 0.0, 0.2, 0.1), 1, 5, 4),
    ],
)
def test_patience_counts_epochs_since_the_best(
    configure: Configure,
    script: Callable[..., Script],
    tmp_path: Path,
    watcher: Watcher,
    scores: tuple[float, ...],
    patience: int,
    epochs_run: int,
    best: int,
) -> None:
    script(*scores)
    result = train(make_plan(configure(epochs=5, patience=patience)), tmp_path / "run", watcher)
    assert [record["epoch"] for record in watcher.records] == list(range(1, epochs_run + 1))
    assert result.best_epoch == best


def test_the_folder_holds_the_averaged_weights_of_the_best_epoch(
    configure: Configure, script: Callable[..., Script], tmp_path: Path
) -> None:
    written = script(0.1, 0.7, 0.3)
    plan = make_plan(configure(epochs=3))
    result = train(plan, tmp_path / "run", Watcher())
    saved = load_model(tmp_path / "run").model
    assert result.best_epoch == 2
    assert equal_weights(saved, written.weights[1])
    assert not equal_weights(saved, written.weights[0])
    assert not equal_weights(saved, written.weights[2])
    assert not equal_weights(plan.saved.model, written.weights[2]), "the average is swapped back after each epoch"


def test_without_an_average_the_last_weights_are_scored(
    configure: Configure, script: Callable[..., Script], tmp_path: Path
) -> None:
    written = script(0.1, 0.7)
    plan = make_plan(configure(ema_decay=0.0))
    train(plan, tmp_path / "run", Watcher())
    assert equal_weights(plan.saved.model, written.weights[1])


def test_an_epoch_is_chosen_by_the_scores_that_the_setting_names(
    configure: Configure, script: Callable[..., Script], tmp_path: Path
) -> None:
    first = dict.fromkeys(SCORES, 0.0) | {"partial": 0.9, "exact": 0.1, "text": 0.5}
    second = dict.fromkeys(SCORES, 0.0) | {"partial": 0.2, "exact": 0.6, "text": 0.4}
    best = {}
    for select_by in ("partial", "exact", "partial+exact", "exact+text"):
        script(first, second)
        best[select_by] = train(make_plan(configure(select_by=select_by)), tmp_path / select_by, Watcher()).best_epoch
    assert best == {"partial": 1, "exact": 2, "partial+exact": 1, "exact+text": 2}


def test_names_replaced_on_dev_count_as_much_as_dev_where_that_is_asked_for(
    configure: Configure, script: Callable[..., Script], plan: Plan, tmp_path: Path, watcher: Watcher
) -> None:
    plain, renamed = (0.6, 0.8, 0.7), (0.5, 0.2, 0.5)
    written = script(*(score for epoch in zip(plain, renamed, strict=True) for score in epoch))
    result = train(make_plan(configure(epochs=3, select_renamed=True)), tmp_path / "run", watcher)
    assert result.best_epoch == 3
    assert [record["selection"] for record in watcher.records] == [0.55, 0.5, 0.6]
    assert [record["dev_renamed"]["exact"] for record in watcher.records] == list(renamed)
    assert list(written.seen[1]) == all_renamed(plan.dev) != list(plan.dev)


def test_dev_is_not_renamed_unasked(
    configure: Configure, script: Callable[..., Script], plan: Plan, tmp_path: Path, watcher: Watcher
) -> None:
    written = script(0.6, 0.8)
    train(make_plan(configure(epochs=2, rename=0.5)), tmp_path / "run", watcher)
    assert all(documents in (plan.dev, plan.test) for documents in written.seen)
    assert all("dev_renamed" not in record for record in watcher.records)


@pytest.mark.parametrize("select_renamed", [False, True])
def test_decoding_is_chosen_on_the_sentences_that_chose_the_epoch(
    configure: Configure,
    script: Callable[..., Script],
    plan: Plan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    select_renamed: bool,
) -> None:
    script(0.5)
    asked: list[list[Document]] = []

    def choose(model: JointModel, documents: Sequence[Document], **options: Any) -> Decoding:
        asked.append(list(documents))
        return model.decoding

    monkeypatch.setattr(loop, "choose_decoding", choose)
    train(make_plan(configure(epochs=1, select_renamed=select_renamed)), tmp_path / "run", Watcher())
    assert asked == [[*plan.dev, *all_renamed(plan.dev)] if select_renamed else list(plan.dev)]


def test_test_is_touched_once_at_the_end_by_the_best_epoch(
    configure: Configure, script: Callable[..., Script], plan: Plan, tmp_path: Path
) -> None:
    written = script(0.5, 0.4, 0.3)
    train(make_plan(configure(epochs=3)), tmp_path / "run", Watcher())
    assert written.seen == [plan.dev, plan.dev, plan.dev, plan.dev, plan.test]
    assert all(torch.equal(written.weights[0][name], value) for name, value in written.weights[-1].items())


def test_test_plays_no_part_in_choosing_the_decoding(
    configure: Configure, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predicted: list[tuple[Document, ...]] = []

    def predict(model: JointModel, documents: tuple[Document, ...], **options: Any) -> list[Prediction]:
        predicted.append(documents)
        return [Prediction((), (), ()) for _ in documents]

    monkeypatch.setattr(calibrate, "predict", predict)
    train(make_plan(configure()), tmp_path / "run", Watcher())
    assert predicted == [plan.dev]


def test_without_a_test_split_there_are_no_test_scores(configure: Configure, tmp_path: Path) -> None:
    result = train(make_plan(configure(data={"test": None}, epochs=1)), tmp_path / "run", Watcher())
    assert result.test is None
    assert json.loads((tmp_path / "run" / "result.json").read_text())["test"] is None


def test_the_decoding_chosen_on_dev_is_stored_and_scored(
    configure: Configure, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[bool] = []

    def scores(model: JointModel, documents: Any, **options: Any) -> Scores:
        scored.append(model.decoding.keep_untagged)
        return dict.fromkeys(SCORES, 0.5)

    monkeypatch.setattr(loop, "quick_scores", scores)
    monkeypatch.setattr(loop, "choose_decoding", lambda *rest, **options: Decoding(0.5, keep_untagged=True))
    train(make_plan(configure(epochs=1)), tmp_path / "run", Watcher())
    assert load_model(tmp_path / "run").model.decoding == Decoding(0.5, keep_untagged=True)
    assert scored == [False, True, True]


@pytest.mark.parametrize(("entities", "why"), [(0.8, "examples of a relation"), (0.1, "sentences (24)")])
def test_a_score_that_stays_at_zero_is_warned_about_with_a_reason(
    configure: Configure, script: Callable[..., Script], tmp_path: Path, watcher: Watcher, entities: float, why: str
) -> None:
    nothing = dict.fromkeys(SCORES, 0.0) | {"entities": entities}
    script(*[nothing] * 9)
    train(make_plan(configure(epochs=9)), tmp_path / "run", watcher)
    assert [warning.split(":")[0] for warning in watcher.warnings] == [
        f"F1 on dev is still 0 after {epochs} epochs" for epochs in (8, 9)
    ]
    assert all(why in warning for warning in watcher.warnings)


def test_a_score_that_was_above_zero_once_is_not_warned_about(
    configure: Configure, script: Callable[..., Script], tmp_path: Path, watcher: Watcher
) -> None:
    script(0.0, 0.01, 0.0, 0.0)
    train(make_plan(configure(epochs=4)), tmp_path / "run", watcher)
    assert not watcher.warnings


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_training_with_a_mend(
    plan: Plan, tmp_path: Path, watcher: Watcher, poison: float
) -> None:
    with torch.no_grad():
        next(iter(plan.saved.model.parameters())).fill_(poison)
    with pytest.raises(RelknitError, match=r"the loss became nan in epoch 1, step 1; lower training\.learning_rate"):
        train(plan, tmp_path / "run", watcher)
    assert not watcher.steps


def test_a_gradient_that_is_no_number_does_not_reach_the_weights(plan: Plan, tmp_path: Path) -> None:
    plan.saved.model.tagger.weight.register_hook(lambda gradient: gradient * float("inf"))  # type: ignore[union-attr]
    before = {name: value.clone() for name, value in plan.saved.model.state_dict().items()}
    with pytest.raises(RelknitError, match="the gradient's norm became"):
        train(plan, tmp_path / "run", Watcher())
    assert equal_weights(plan.saved.model, before)


def test_a_run_that_learns_finds_entities_and_relations(configure: Configure, data: Path, tmp_path: Path) -> None:
    data_of_train = {split: str(data / "train.jsonl") for split in ("dev", "test")}
    config = configure(
        data=data_of_train, epochs=25, patience=25, encoder={"hidden": 32}, model={"num_rounds": 0, "pair_hidden": 24}
    )
    result = train(make_plan(config), tmp_path / "run", Watcher())
    assert result.dev["entities"] > 0.8
    assert result.dev["partial"] > 0.5
    assert result.test == result.dev, "the two splits are the same file here"


@pytest.fixture
def caller_state() -> Any:
    torch.manual_seed(99)
    torch.rand(3)
    return torch.get_rng_state()


def test_random_state_and_threads_of_the_caller_stay_as_they_were(
    configure: Configure, tmp_path: Path, caller_state: torch.Tensor
) -> None:
    threads = torch.get_num_threads()
    plan = make_plan(configure(threads=2))
    train(plan, tmp_path / "run", Watcher(), stop=lambda: True)
    train(plan, tmp_path / "run", Watcher(), resume=True)
    assert torch.equal(torch.get_rng_state(), caller_state)
    assert torch.get_num_threads() == threads


def test_random_state_of_the_caller_survives_an_error(
    plan: Plan, tmp_path: Path, caller_state: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "quick_scores", lambda *rest, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(plan, tmp_path / "run", Watcher())
    assert torch.equal(torch.get_rng_state(), caller_state)


def test_the_same_seed_gives_the_same_model_and_another_seed_another(configure: Configure, tmp_path: Path) -> None:
    weights = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        torch.manual_seed(len(weights))  # what the caller drew before is of no importance
        train(make_plan(configure(seed=seed, epochs=1)), tmp_path / name, Watcher())
        weights.append(load_model(tmp_path / name).model.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not all(torch.equal(weights[0][name], weights[2][name]) for name in weights[0])


def batches_of(config: Config, folder: Path, epoch: int) -> list[list[str]]:
    """The sentences of an epoch's batches, by the id of the document that each was made from."""
    plan = make_plan(config)
    run = Run(plan, folder, Watcher())
    ids = {id(example.tags): document.id for example, document in zip(run.epochs.examples, plan.train, strict=True)}
    return [[ids[id(example.tags)] for example in batch] for batch in run.epochs.of(epoch)]


def test_every_epoch_shows_every_sentence_once_in_an_order_of_its_own(configure: Configure, tmp_path: Path) -> None:
    config = configure(batch_size=7)
    given = [document.id for document in make_plan(config).train]
    epochs = [batches_of(config, tmp_path, epoch) for epoch in (0, 1)]
    for batches in epochs:
        assert [len(batch) for batch in batches] == [7, 7, 7, 3]
        assert sorted(sum(batches, [])) == sorted(given)
    assert len({str(given), *(str(sum(batches, [])) for batches in epochs)}) == 3
    assert batches_of(config, tmp_path, 0) == epochs[0]


@pytest.mark.parametrize(
    ("setting", "sentences", "size"),
    [(0, 1, 4), (0, 204, 4), (0, 600, 10), (0, 3000, 50), (0, 50_000, 50), (7, 3000, 7), (200, 10, 200)],
)
def test_without_a_batch_size_of_its_own_a_run_takes_a_sixtieth_of_train(
    setting: int, sentences: int, size: int
) -> None:
    assert batch_size(TrainingConfig(batch_size=setting), sentences) == size


def test_a_run_without_a_batch_size_of_its_own_trains(configure: Configure, tmp_path: Path, watcher: Watcher) -> None:
    train(make_plan(configure(batch_size=0, epochs=1)), tmp_path / "run", watcher)
    assert watcher.steps == [1, 2, 3, 4, 5, 6]


def test_without_shuffling_sentences_come_as_the_file_has_them(configure: Configure, tmp_path: Path) -> None:
    config = configure(shuffle=False)
    for epoch in (0, 1):
        assert sum(batches_of(config, tmp_path, epoch), []) == [d.id for d in make_plan(config).train]


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.5, 4, 20), (1.0, 20, 24)])
def test_the_asked_share_of_sentences_is_renamed(
    configure: Configure, tmp_path: Path, share: float, least: int, most: int
) -> None:
    run = Run(make_plan(configure(shuffle=False, rename=share)), tmp_path, Watcher())
    for epoch in (0, 1):
        shown = [example for batch in run.epochs.of(epoch) for example in batch]
        pairs = list(zip(shown, run.epochs.examples, strict=True))
        changed = [new.sentence.table.tolist() != old.sentence.table.tolist() for new, old in pairs]
        assert least <= sum(changed) <= most
        # a whole name may have another length: the relations stay, their tokens may move
        assert all(torch.equal(new.labels.relation, old.labels.relation) for new, old in pairs)


def test_names_are_other_ones_in_every_epoch(configure: Configure, tmp_path: Path) -> None:
    run = Run(make_plan(configure(shuffle=False, rename=1.0)), tmp_path, Watcher())
    first, second = (torch.cat([e.sentence.table for b in run.epochs.of(k) for e in b]) for k in (0, 1))
    assert not torch.equal(first, second)


def test_the_observer_hears_of_every_step_and_every_epoch(plan: Plan, tmp_path: Path, watcher: Watcher) -> None:
    train(plan, tmp_path / "run", watcher)
    assert watcher.steps == list(range(1, 9))
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == watcher.records
    assert [record["epoch"] for record in watcher.records] == [1, 2]
    assert set(watcher.records[0]["dev"]) == set(SCORES)
    assert watcher.records[1]["entity_loss"] < watcher.records[0]["entity_loss"]


def test_a_run_folder_is_a_model_folder_with_all_that_belongs_to_the_run(plan: Plan, tmp_path: Path) -> None:
    train(plan, tmp_path / "deep" / "run", Watcher())
    model = {"model.safetensors", "model.json", "vocabulary.json", "training_data.json"}
    assert contents(tmp_path / "deep" / "run").keys() == model | {
        "config.json",
        "manifest.json",
        "metrics.jsonl",
        "result.json",
        ".lock",
    }


def test_a_training_sentence_without_words_is_no_hindrance(configure: Configure, tmp_path: Path) -> None:
    plan = make_plan(configure(batch_size=1, epochs=1))
    empty = replace(plan, train=(Document("empty", ()), *plan.train[:2]))
    assert train(empty, tmp_path / "run", Watcher()).best_epoch == 1


def test_fine_tuning_goes_on_from_the_weights_of_a_model(configure: Configure, data: Path, tmp_path: Path) -> None:
    train(make_plan(configure(epochs=3)), tmp_path / "first", Watcher())
    before = contents(tmp_path / "first")
    earlier = load_model(tmp_path / "first")
    plan = make_plan(configure(epochs=1, learning_rate=1e-9, ema_decay=0.0), start_from=tmp_path / "first")
    train(plan, tmp_path / "second", Watcher())
    later = load_model(tmp_path / "second")
    assert later.model.labels == earlier.model.labels
    assert contents(tmp_path / "second")["vocabulary.json"] == before["vocabulary.json"]
    for name, value in earlier.model.state_dict().items():
        assert torch.allclose(later.model.state_dict()[name], value, atol=1e-6)
    assert contents(tmp_path / "first") == before


def test_a_model_is_not_fine_tuned_into_its_own_folder(configure: Configure, tmp_path: Path) -> None:
    train(make_plan(configure(epochs=1)), tmp_path / "run", Watcher())
    before = contents(tmp_path / "run")
    with pytest.raises(RelknitError, match="already holds a run"):
        train(make_plan(configure(), start_from=tmp_path / "run"), tmp_path / "run", Watcher())
    assert contents(tmp_path / "run") == before


def test_the_dev_split_is_not_trained_on(configure: Configure, tmp_path: Path) -> None:
    run = Run(make_plan(configure()), tmp_path, Watcher())
    assert len(run.epochs.examples) == 24
    assert not {d.tokens for d in run.plan.train} & {d.tokens for d in load_corpus("dev")}
