"""A model and an encoder from an installed package do all that RIN does, with no edit inside relknit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import relknit
from relknit.checkpoint import load_model, write_calibration
from relknit.cli import main
from relknit.config import Config, build_config, config_to_dict
from relknit.document import Document, Entity, Relation
from relknit.document.jsonl import write_jsonl
from relknit.errors import CheckpointError, ConfigError
from relknit.evaluation import evaluate, quick_scores
from relknit.models.teacher import Teacher
from relknit.training import make_plan, train
from relknit.training.calibration import fit_calibration
from tests.fake_package import install
from tests.models.outside.toy_parts import MarginDecoding, PairChoice, SuffixEncoder, SuffixSettings
from tests.training.tiny_runs import Watcher

pytestmark = pytest.mark.usefixtures("one_thread")

ENTRY_POINTS = """
[relknit.models]
pair_choice = tests.models.outside.toy_parts:PairChoice
[relknit.encoders]
suffix = tests.models.outside.toy_parts:SuffixEncoder
"""


def sentence(number: int) -> Document:
    """ "Ada1son met Bo1son" or "Ada2son left for Old2burg"; every fifth says nothing."""
    other, relation = ((f"Bo{number}son", "knows"), (f"Old{number}burg", "left_for"), (f"New{number}ton", "lives_in"))[
        number % 3
    ]
    tokens = (f"Ada{number}son", "and", other, "!")
    relations = () if number % 5 == 0 else (Relation(0, 1, relation),)
    return Document(f"s{number}", tokens, (Entity(0, 1), Entity(2, 3)), relations)


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, tmp_path / "site", "toy-package", entry_points=ENTRY_POINTS)


@pytest.fixture
def configure(package: None, tmp_path: Path) -> Callable[..., Config]:
    """A configuration on a few sentences about people and towns, whose names end as names of their kind do."""
    splits = {}
    for split, numbers in (("train", range(60)), ("dev", range(60, 85)), ("test", range(85, 95))):
        splits[split] = str(tmp_path / f"{split}.jsonl")
        write_jsonl(tmp_path / f"{split}.jsonl", map(sentence, numbers))

    def build(**training: Any) -> Config:
        settings = {
            "epochs": 6,
            "batch_size": 8,
            "learning_rate": 0.05,
            "ema_decay": 0.0,
            "select_by": "partial",
            "folds": 0,
            "rename": 0.0,
            "join": 0.0,
            "vary_case": 0.0,
            "tune_window": False,
        }
        return build_config(
            {
                "data": splits,
                "encoder": {"name": "suffix", "dim": 10},
                "model": {"name": "pair_choice", "hidden": 12},
                "training": settings | training,
            }
        )

    return build


@pytest.fixture
def own_random_state() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        yield


def test_its_settings_are_validated_by_its_own_classes(configure: Callable[..., Config]) -> None:
    config = configure()
    assert isinstance(config.encoder, SuffixSettings)
    assert build_config(config_to_dict(config)) == config
    with pytest.raises(ConfigError, match=r"model\.hidden = 0"):
        build_config({"model": {"name": "pair_choice", "hidden": 0}})
    with pytest.raises(ConfigError, match=r"unknown key encoder\.word_dim; known here: name, length, dim"):
        build_config({"encoder": {"name": "suffix", "word_dim": 3}})


def test_it_trains_saves_loads_and_predicts(configure: Callable[..., Config], tmp_path: Path) -> None:
    watcher = Watcher()
    result = train(make_plan(configure()), tmp_path / "run", watcher)
    assert watcher.records[-1]["choice_loss"] < watcher.records[0]["choice_loss"] / 2
    assert result.dev["partial"] > 0.5
    saved = load_model(tmp_path / "run")
    assert type(saved.model) is PairChoice
    assert type(saved.model.encoder) is SuffixEncoder
    again = train(make_plan(configure()), tmp_path / "run", Watcher(), resume=True)
    assert (again.best_epoch, again.dev, again.test) == (result.best_epoch, result.dev, result.test)
    assert quick_scores(saved.model, make_plan(configure()).dev, max_tokens=64)["partial"] == result.dev["partial"]


def test_its_decoding_is_tuned_on_its_own_scores(configure: Callable[..., Config], tmp_path: Path) -> None:
    """The margin that is chosen is the best of those it names, when dev is predicted under each of them."""
    train(make_plan(configure(epochs=3)), tmp_path / "run", Watcher())
    model, dev = load_model(tmp_path / "run").model, make_plan(configure()).dev
    chosen, found = model.decoding, {}
    for decoding in model.decodings():
        model.decoding, model.calibration = decoding, None
        scores = quick_scores(model, dev, max_tokens=64)
        found[decoding.margin] = (scores["partial"], scores["strict"])
    assert len(set(found.values())) > 1
    assert found[chosen.margin] == max(found.values())
    assert json.loads((tmp_path / "run" / "model.json").read_text())["decoding"] == {"margin": chosen.margin}


def test_a_model_without_spans_has_the_partial_score_alone(
    configure: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PairChoice, "spans", False)
    result = train(make_plan(configure(epochs=2, select_by="partial+exact")), tmp_path / "run", Watcher())
    assert set(result.dev) == set(result.test or {}) == {"partial"}
    report = evaluate(load_model(tmp_path / "run"), make_plan(configure()).test)
    assert [name for name, score in report.scores.items() if score.applies] == ["partial"]
    with pytest.raises(ConfigError, match=r"select_by = 'strict'.*pair_choice.*partial"):
        make_plan(configure(select_by="strict"))


def test_a_setting_of_another_model_is_refused_by_name(configure: Callable[..., Config]) -> None:
    with pytest.raises(ConfigError, match=r"unknown key model\.pair_words.*setting of rin, rin_v1"):
        build_config({"model": {"name": "pair_choice", "pair_words": "all"}})


def test_an_interrupted_run_goes_on_to_the_same_bits(configure: Callable[..., Config], tmp_path: Path) -> None:
    train(make_plan(configure()), tmp_path / "whole", Watcher())
    steps = iter(range(11))
    assert train(
        make_plan(configure()), tmp_path / "cut", Watcher(), stop=lambda: next(steps, None) is None
    ).interrupted
    train(make_plan(configure()), tmp_path / "cut", Watcher(), resume=True)
    whole, cut = (load_model(tmp_path / name).model for name in ("whole", "cut"))
    assert all(torch.equal(value, cut.state_dict()[name]) for name, value in whole.state_dict().items())
    assert whole.decoding == cut.decoding


def test_it_is_calibrated_evaluated_and_read_with_like_any_model(
    configure: Callable[..., Config], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(configure())
    train(plan, tmp_path / "run", Watcher())
    saved = load_model(tmp_path / "run")
    fitted = fit_calibration(saved.model, plan.dev, max_tokens=64)
    assert fitted.dev.triples > 0
    calibrated = write_calibration(tmp_path / "run", fitted, out=tmp_path / "calibrated")
    assert load_model(calibrated).model.calibration == fitted
    assert evaluate(saved, plan.test).scores["partial"].f1 >= 0
    extract = relknit.load(calibrated)
    text = "Eva and Oldburg !"
    assert [t.relation for t in extract(text).triples] == ["left_for"]
    assert extract.explain(text).document.triples == extract(text).triples
    assert (
        main(["predict", str(tmp_path / "test.jsonl"), "--model", str(calibrated), "--out", str(tmp_path / "p.jsonl")])
        == 0
    )
    capsys.readouterr()


def test_it_is_fine_tuned_with_labels_it_lacks(configure: Callable[..., Config], tmp_path: Path) -> None:
    config = configure(epochs=1)
    known = config.model_copy(update={"data": config.data.model_copy(update={"train": tmp_path / "few.jsonl"})})
    write_jsonl(tmp_path / "few.jsonl", [sentence(number) for number in range(1, 60, 3)])
    train(make_plan(known), tmp_path / "few", Watcher())
    before, grown = load_model(tmp_path / "few").model, make_plan(config, start_from=tmp_path / "few").saved.model
    assert grown.labels.relations[: len(before.labels.relations)] == before.labels.relations
    assert len(grown.labels.relations) > len(before.labels.relations)
    assert grown.choice.weight[: len(before.choice.weight)].equal(before.choice.weight)


def test_in_fine_tuning_it_learns_the_triples_that_its_teacher_predicts(
    configure: Callable[..., Config], tmp_path: Path
) -> None:
    train(make_plan(configure()), tmp_path / "run", Watcher())
    model, document = load_model(tmp_path / "run").model, Document("new", ("Eva", "and", "Oldburg", "!"))
    bare = model.prepare_annotated(document)
    assert set(bare.answers) == {0}
    model.teacher = Teacher(load_model(tmp_path / "run").model, model.labels)
    taught = model.prepare_annotated(document)
    predicted = model.predict(model.collate([bare]))[0].relations
    assert [model.labels.relations[k - 1] for k in taught.answers if k] == [r.type for r in predicted] == ["left_for"]


def test_without_its_package_the_folder_says_what_is_missing(
    configure: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(make_plan(configure(epochs=1)), tmp_path / "run", Watcher())
    monkeypatch.setattr("sys.path", [path for path in __import__("sys").path if "site" not in Path(path).name])
    with pytest.raises(CheckpointError, match=r"'suffix'.*bilstm.*install the package"):
        load_model(tmp_path / "run")


def test_its_decoding_is_checked_like_every_other(configure: Callable[..., Config], tmp_path: Path) -> None:
    train(make_plan(configure(epochs=1)), tmp_path / "run", Watcher())
    path = tmp_path / "run" / "model.json"
    description = json.loads(path.read_text())
    del description["sha256"]
    for broken in ({"margin": "0.3"}, {"threshold": 0.5}, None):
        path.write_text(json.dumps(description | {"decoding": broken}))
        with pytest.raises(CheckpointError, match="decoding"):
            load_model(tmp_path / "run")
    path.write_text(json.dumps(description | {"decoding": {"margin": 0.3}}))
    assert load_model(tmp_path / "run").model.decoding == MarginDecoding(0.3)
