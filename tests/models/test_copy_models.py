"""What CopyRE, CopyMTL and OrderRL share: what they can represent, learn and predict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import relknit
from relknit.checkpoint import load_model, write_calibration
from relknit.config import Config, build_config
from relknit.document import Document, Entity, Relation
from relknit.document.jsonl import write_jsonl
from relknit.errors import ConfigError
from relknit.evaluation import evaluate, score_quickly
from relknit.models.base import Labels
from relknit.models.copy_re.decoder import Steps
from relknit.models.order_rl.rewards import rewards
from relknit.training import make_plan, train
from relknit.training.calibration import fit_calibration
from tests.building import total
from tests.models.copy_systems import ENCODER, SYSTEMS, any_document, model_of, sentence
from tests.training.tiny_runs import Watcher

pytestmark = pytest.mark.usefixtures("one_thread")

DOCUMENTS = [sentence(number) for number in range(20)]
every_system = pytest.mark.parametrize("system", SYSTEMS)


def triples_of(document: Document) -> set[tuple[Any, ...]]:
    spans = [(entity.token_start, entity.token_end) for entity in document.entities]
    return {(spans[r.head], r.type, spans[r.tail]) for r in document.relations}


@every_system
def test_gold_comes_back_from_the_steps_that_write_it_up_to_what_the_form_can_have(system: str) -> None:
    documents = [any_document(seed, words=4 + 5 * (seed % 4), triples=seed % 8) for seed in range(40)]
    model = model_of(system, documents)
    batch = model.collate([model.prepare(document, labelled=True) for document in documents])
    gold = model.gold_actions(batch.examples)
    certain = tuple(torch.nn.functional.one_hot(gold[:, t], 30).float().log() for t in range(15))
    scores: Any = Steps(certain, gold)
    if model.spans:
        found = [
            model._prediction(a, [1.0] * 15, tags)
            for a, tags in zip(gold.tolist(), gold_tags(model, batch), strict=True)
        ]
    else:
        found = model.decode(batch, scores)
    for document, prediction in zip(documents, found, strict=True):
        expected = triples_of(document)
        if not model.spans:
            expected = {((a[1] - 1, a[1]), r, (b[1] - 1, b[1])) for a, r, b in expected if a != b}
        written = triples_of(document.with_prediction(prediction))
        assert written <= expected
        assert len(written) == min(5, len(expected))


def gold_tags(model: Any, batch: Any) -> list[list[int]]:
    rows = model._gold_tags(batch.examples, model.sentences(batch.inputs)).tolist()
    return [row[:length] for row, length in zip(rows, batch.lengths, strict=True)]


@every_system
def test_a_sentence_alone_is_predicted_as_in_a_batch(system: str) -> None:
    long = any_document(1, words=200, triples=5)
    documents = [*DOCUMENTS[:3], Document("empty", ()), Document("one", ("Ada1",)), long]
    model = model_of(system, [*DOCUMENTS, long])
    together = model.predict(model.collate([model.prepare(document) for document in documents]))
    assert len(together) == len(documents)
    for document, found in zip(documents, together, strict=True):
        alone = model.predict(model.collate([model.prepare(document)]))[0]
        assert alone.relations == tuple(
            Relation(r.head, r.tail, r.type, pytest.approx(r.confidence, rel=1e-4)) for r in found.relations
        )
        assert [(e.token_start, e.token_end, e.tagged) for e in alone.entities] == [
            (e.token_start, e.token_end, e.tagged) for e in found.entities
        ]
    assert together[3].entities == ()
    assert model.predict(model.collate([])) == []


@every_system
def test_the_loss_is_a_mean_over_sentences(system: str) -> None:
    """So that the shards of a batch add up, however they are padded."""
    documents = [*DOCUMENTS[:3], any_document(1, words=30, triples=3)]
    model = model_of(system, documents).double()
    examples = [model.prepare(document, labelled=True) for document in documents]
    whole = model.loss(model.collate(examples))
    for name, value in whole.items():
        alone = [model.loss(model.collate([example]))[name] for example in examples]
        torch.testing.assert_close(torch.stack(alone).mean(), value)


@pytest.mark.parametrize(
    ("system", "steps", "triples"),
    [
        ("CopyRE One", 150, 1),
        ("CopyRE Multi", 80, 2),
        ("CopyMTL One", 200, 2),
        ("CopyMTL Mul", 150, 2),
        ("OrderRL", 80, 2),
    ],
)
def test_it_learns_twenty_sentences(system: str, steps: int, triples: int) -> None:
    """CopyRE One only those with one triple: it hardly distinguishes the heads and tails of two (see `copy_re`)."""
    documents = [document for document in DOCUMENTS if len(document.relations) <= triples]
    model = model_of(system, documents).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    batch = model.collate([model.prepare(document, labelled=True) for document in documents])
    for _ in range(steps):
        optimiser.zero_grad()
        total(model.loss(batch)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
    scores = score_quickly(documents, model.eval().predict(batch), rule="last", spans=model.spans)
    assert scores["partial"] == 1.0
    assert scores.get("strict", 1.0) == 1.0


def test_relations_are_learned_in_the_order_of_their_frequency() -> None:
    settings = model_of("OrderRL", DOCUMENTS).settings
    model = model_of("OrderRL", DOCUMENTS)
    assert type(model).labels_of(settings, DOCUMENTS).relations == ("met", "lives_in")
    by_name = settings.model_copy(update={"order": "alphabetical"})
    assert type(model).labels_of(by_name, DOCUMENTS).relations == ("lives_in", "met")


@every_system
def test_relations_that_train_does_not_have_and_entity_types_are_left_out(system: str) -> None:
    model = model_of(system, DOCUMENTS)
    new = Document("new", ("Ada1", "of", "Ur1"), (Entity(0, 1, "Person"), Entity(2, 3)), (Relation(0, 1, "of"),))
    assert not model.gold_actions([model.prepare(new, labelled=True)]).any()
    assert model.labels.entity_types == ()
    assert type(model).labels_of(model.settings, [new]) == Labels(("of",))


@every_system
def test_a_grown_model_predicts_as_before_among_known_relations(system: str) -> None:
    model = model_of(system, DOCUMENTS)
    new = Document("new", ("Ada1", "of", "Ur1"), (Entity(0, 1), Entity(2, 3)), (Relation(0, 1, "of"),))
    torch.manual_seed(1)
    grown = model.grown([new]).eval()
    assert grown.labels.relations == (*model.labels.relations, "of")
    before, after = ([part.values() for part in one.weights_of(model.labels)] for one in (model, grown))
    assert all(old.equal(kept) for old, kept in zip(before, after, strict=True))
    examples = [model.prepare(document, labelled=True) for document in DOCUMENTS[:4]]
    gold = model.gold_actions(examples)
    steps = [one.decoder(one.sentences(one.collate(examples).inputs), "gold", gold) for one in (model, grown)]
    for old, kept in zip(*(each.log_probability for each in steps), strict=True):
        logits = kept[:, : old.shape[1]]
        torch.testing.assert_close(torch.log_softmax(logits, dim=1), old)


def test_what_cannot_be_learned_is_a_warning() -> None:
    assert model_of("CopyRE One", DOCUMENTS).data_warnings(DOCUMENTS) == []
    many = Document(
        "many",
        ("A", "B"),
        (Entity(0, 1, "T"), Entity(1, 2, "T")),
        tuple(Relation(i, j, r) for i in (0, 1) for j in (0, 1) for r in ("r", "s")),
    )
    assert "4 of 8 triples" in model_of("CopyRE One", [many]).data_warnings([many])[0]
    triples, types = model_of("CopyMTL One", [many]).data_warnings([many])
    assert "3 of 8 triples" in triples
    assert "types" in types


@pytest.mark.parametrize("setting", ["pair_words", "threshold", "untagged_threshold", "typed_entities", "num_rounds"])
def test_settings_of_word_pair_models_are_refused(setting: str) -> None:
    for name in ("copy_re", "copy_mtl", "order_rl"):
        with pytest.raises(ConfigError, match=setting):
            build_config({"model": {"name": name, setting: 1}})


@pytest.fixture
def configure(tmp_path: Path) -> Callable[..., Config]:
    splits = {}
    for split, numbers in (("train", range(24)), ("dev", range(60, 66)), ("test", range(85, 90))):
        splits[split] = str(tmp_path / f"{split}.jsonl")
        write_jsonl(tmp_path / f"{split}.jsonl", map(sentence, numbers))

    def build(model: dict[str, Any], **training: Any) -> Config:
        own = {"epochs": 2, "batch_size": 8, "learning_rate": 0.01, "folds": 0, "rename": 0.0, "vary_case": 0.0}
        fixed = {"tune_window": False, "ema_decay": 0.0, "threads": 1, "schedule": "constant"}
        return build_config({"data": splits, "encoder": ENCODER, "model": model, "training": own | fixed | training})

    return build


@pytest.mark.parametrize("system", ["CopyRE Multi", "CopyMTL One", "OrderRL"])
def test_it_trains_resumes_saves_loads_and_extracts(
    system: str, configure: Callable[..., Config], tmp_path: Path
) -> None:
    plan = make_plan(configure(SYSTEMS[system]))
    result = train(plan, tmp_path / "whole", Watcher())
    steps = iter(range(4))
    cut = train(make_plan(configure(SYSTEMS[system])), tmp_path / "cut", Watcher(), stop=lambda: not next(steps, 0) < 3)
    assert cut.interrupted
    train(make_plan(configure(SYSTEMS[system])), tmp_path / "cut", Watcher(), resume=True)
    whole, resumed = (load_model(tmp_path / name) for name in ("whole", "cut"))
    assert all(torch.equal(v, resumed.model.state_dict()[k]) for k, v in whole.model.state_dict().items())
    assert ("strict" in result.dev) == whole.model.spans
    report = evaluate(whole, plan.test)
    assert report.scores["strict"].applies == whole.model.spans
    fitted = fit_calibration(whole.model, plan.train, max_tokens=64)
    folder = write_calibration(tmp_path / "whole", fitted, out=tmp_path / "calibrated")
    for triple in relknit.load(folder)("Ada1 Low met Bo1 in Ur1 .").triples:
        assert 0 <= (triple.confidence or 0) <= 1


def test_reinforcement_goes_on_from_a_trained_model(configure: Callable[..., Config], tmp_path: Path) -> None:
    likelihood, rewarded = {"name": "order_rl"}, {"name": "order_rl", "objective": "reinforce"}
    with pytest.raises(ConfigError, match="--from"):
        make_plan(configure(rewarded))
    train(make_plan(configure(likelihood, epochs=12)), tmp_path / "nll", Watcher())
    plan = make_plan(configure(rewarded | {"order": "given"}, learning_rate=1e-3), start_from=tmp_path / "nll")
    assert plan.config.model.model_dump() == likelihood | {
        "objective": "reinforce",
        "order": "frequency",
        "feed": "own",
    }
    assert any("order" in warning and "objective" not in warning for warning in plan.warnings)
    model = plan.saved.model
    batch = model.collate([model.prepare(document, labelled=True) for document in plan.train[:6]])
    losses = [model.loss(batch, torch.Generator().manual_seed(k))["relation"].item() for k in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]
    train(plan, tmp_path / "rl", Watcher())
    assert load_model(tmp_path / "rl").model.settings.objective == "reinforce"


def test_reinforcement_raises_the_reward_of_samples() -> None:
    model = model_of("OrderRL", DOCUMENTS).train()
    batch = model.collate([model.prepare(document, labelled=True) for document in DOCUMENTS])
    gold = model.gold_actions(batch.examples).tolist()

    def mean_reward() -> float:
        generator = torch.Generator().manual_seed(0)
        sampled = model.decoder(model.sentences(batch.inputs), "sample", generator=generator).actions.tolist()
        return sum(sum(rewards(*both)) for both in zip(sampled, gold, strict=True)) / len(gold)

    def steps(count: int, rate: float) -> None:
        optimiser = torch.optim.Adam(model.parameters(), lr=rate)
        for number in range(count):
            optimiser.zero_grad()
            model.loss(batch, torch.Generator().manual_seed(number))["relation"].backward()
            optimiser.step()

    steps(15, 0.01)
    before = mean_reward()
    model.settings = model.settings.model_copy(update={"objective": "reinforce"})
    steps(40, 2e-3)
    assert mean_reward() > before + 0.5
