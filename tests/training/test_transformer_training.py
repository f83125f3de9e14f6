"""A transformer encoder from the plan to the saved model: trained, resumed, fine-tuned, loaded without its source."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers")

from relknit.checkpoint import SavedModel, load_model, save_model
from relknit.config import Config
from relknit.data.corpus import load_corpus
from relknit.document import Document, Entity, Relation
from relknit.document.jsonl import write_jsonl
from relknit.encoders.transformer.transformer import TransformerEncoder
from relknit.errors import CheckpointError, ConfigError
from relknit.predict import predict
from relknit.training import make_plan, train
from tests.tiny_transformer import make_transformer
from tests.training.tiny_runs import TINY, Watcher

pytestmark = pytest.mark.usefixtures("one_thread")

Configure = Callable[..., Config]
FILES = {"model.safetensors", "model.json", "encoder.json", "tokenizer.json", "training_data.json"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_transformer(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def settings(data: Path, source: Path) -> Configure:
    from relknit.config import build_config

    def build(*, training: dict[str, Any] | None = None, **encoder: Any) -> Config:
        values = {
            "data": {split: str(data / f"{split}.jsonl") for split in ("train", "dev", "test")},
            "encoder": {"name": "transformer", "source": str(source)} | encoder,
            "model": TINY["model"],
            "training": TINY["training"] | {"learning_rate": 0.005, "encoder_learning_rate": 0.001} | (training or {}),
        }
        return build_config(values)

    return build


def found(folder: Path) -> Any:
    return predict(load_model(folder).model, load_corpus("dev")[:6], max_tokens=40)


def test_training_teaches_encoder_and_model_and_the_folder_needs_no_source(
    settings: Configure, source: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(source, tmp_path / "source")
    watcher, plan = Watcher(), make_plan(settings(source=str(own), training={"epochs": 3}))
    before = {name: value.clone() for name, value in plan.saved.model.state_dict().items()}
    train(plan, tmp_path / "run", watcher)
    shutil.rmtree(own)
    losses = [record["entity_loss"] + record["relation_loss"] for record in watcher.records]
    assert losses[2] < losses[0]
    loaded = load_model(tmp_path / "run")
    after = loaded.model.state_dict()
    assert not [name for name, value in after.items() if torch.equal(value, before[name])]
    assert set(path.name for path in (tmp_path / "run").iterdir()) >= FILES
    assert "vocabulary.json" not in {path.name for path in (tmp_path / "run").iterdir()}
    assert loaded.model.encoder.settings.source is None
    for name in FILES:
        assert str(own).encode() not in (tmp_path / "run" / name).read_bytes()
    assert len(found(tmp_path / "run")) == 6


def test_a_saved_model_comes_back_bit_for_bit(settings: Configure, tmp_path: Path) -> None:
    saved = make_plan(settings(words="mean")).saved
    saved.model.eval()
    save_model(tmp_path / "a", saved)
    state = torch.get_rng_state()
    loaded = load_model(tmp_path / "a")
    assert torch.equal(torch.get_rng_state(), state)
    documents = load_corpus("dev")[:6]
    assert predict(loaded.model, documents, max_tokens=40) == predict(saved.model, documents, max_tokens=40)
    for name, value in saved.model.state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], value), name
    save_model(tmp_path / "b", loaded)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_half_precision_loads_as_whole(settings: Configure, tmp_path: Path) -> None:
    save_model(tmp_path, make_plan(settings()).saved, storage="float16")
    assert {value.dtype for value in load_model(tmp_path).model.state_dict().values()} == {torch.float32}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_repeats_in_the_same_bits(settings: Configure, tmp_path: Path, threads: int) -> None:
    for name in ("a", "b"):
        train(make_plan(settings(training={"threads": threads})), tmp_path / name, Watcher())
        torch.rand(3)
    for name in ("model.safetensors", "model.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("encoder", [{}, {"gradient_checkpointing": True}, {"frozen": True}])
def test_an_interrupted_run_ends_in_the_same_bits(settings: Configure, tmp_path: Path, encoder: dict[str, Any]) -> None:
    config = settings(**encoder, training={"weight_decay": 0.01, "warm_up": 0.3, "threads": 2})
    train(make_plan(config), tmp_path / "whole", Watcher())
    steps: list[int] = []

    def stop() -> bool:
        steps.append(1)
        return len(steps) == 3

    assert train(make_plan(config), tmp_path / "cut", Watcher(), stop=stop).interrupted
    train(make_plan(config), tmp_path / "cut", Watcher(), resume=True)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]


def test_fine_tuning_keeps_the_transformer_and_adds_labels(settings: Configure, tmp_path: Path) -> None:
    plan = make_plan(settings())
    save_model(tmp_path / "known", plan.saved)
    document = Document(
        "n", ("ada", "left"), (Entity(0, 1, "Person"), Entity(1, 2, "Person")), (Relation(0, 1, "brand new"),)
    )
    write_jsonl(tmp_path / "new.jsonl", [document] * 4)
    config = settings().model_copy(
        update={"data": settings().data.model_copy(update={"train": tmp_path / "new.jsonl"})}
    )
    grown = make_plan(config, start_from=tmp_path / "known").saved.model
    assert grown.labels.relations[-1] == "brand new"
    known = plan.saved.model.state_dict()
    for name, value in grown.state_dict().items():
        if name.startswith("encoder."):
            assert torch.equal(value, known[name]), name


def test_a_rate_that_spoils_a_transformer_is_warned_of(settings: Configure) -> None:
    def warned(**changes: Any) -> bool:
        return any("encoder_learning_rate =" in warning for warning in make_plan(settings(**changes)).warnings)

    assert warned(training={"encoder_learning_rate": None, "learning_rate": 0.002})
    assert not warned(training={"encoder_learning_rate": 5e-5})
    assert not warned(training={"encoder_learning_rate": None}, frozen=True)


def test_a_transformer_without_a_source_is_refused(settings: Configure) -> None:
    with pytest.raises(ConfigError, match=r"encoder\.source is not set"):
        make_plan(settings(source=None))


def test_the_transformers_weights_are_noted_as_data(settings: Configure, tmp_path: Path, source: Path) -> None:
    train(make_plan(settings(training={"epochs": 1})), tmp_path / "run", Watcher())
    noted = json.loads((tmp_path / "run" / "manifest.json").read_text())["data"]["encoder"]
    assert noted["name"] == "model.safetensors"
    assert len(noted["sha256"]) == 64


# Damaged folders


@pytest.fixture
def folder(settings: Configure, tmp_path: Path) -> Path:
    """A model to damage, without checksums as in older versions, so that what lies behind them is tested."""
    save_model(tmp_path / "model", make_plan(settings()).saved)
    path = tmp_path / "model" / "model.json"
    description = json.loads(path.read_text(encoding="utf-8"))
    assert description.pop("sha256")
    path.write_text(json.dumps(description), encoding="utf-8")
    return tmp_path / "model"


def refused(folder: Path, match: str) -> None:
    with pytest.raises(CheckpointError, match=match) as caught:
        load_model(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(folder, f"{name} is missing")


@pytest.mark.parametrize(
    ("name", "keys", "value"),
    [
        ("encoder.json", ("architecture", "model_type"), "unheard-of"),
        ("encoder.json", ("architecture", "num_hidden_layers"), 10**9),
        ("encoder.json", ("architecture", "hidden_size"), 32),
        ("encoder.json", ("architecture", "vocab_size"), 10**18),
        ("encoder.json", ("architecture", "max_position_embeddings"), 10**12),
        ("encoder.json", ("architecture",), []),
        ("encoder.json", ("pieces", "unknown"), 10**9),
        ("encoder.json", ("pieces", "most"), 0),
        ("encoder.json", ("pieces",), {}),
        ("tokenizer.json", ("model",), {}),
        ("model.json", ("encoder", "name"), "bilstm"),
        ("model.json", ("encoder", "name"), "other"),
    ],
)
def test_a_wrong_value_is_refused(folder: Path, name: str, keys: tuple[str, ...], value: Any) -> None:
    content = json.loads((folder / name).read_text(encoding="utf-8"))
    inner = content
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    refused(folder, str(folder))


def test_nothing_that_a_folder_names_is_fetched_or_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("looked at the network"))
    content = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
    content["architecture"] |= {"attn_implementation": "someone/kernel", "auto_map": {"AutoModel": "someone/code--m.M"}}
    (folder / "encoder.json").write_text(json.dumps(content), encoding="utf-8")
    assert isinstance(load_model(folder).model.encoder, TransformerEncoder)


def test_models_of_both_kinds_take_turns_in_a_folder(folder: Path, plan: Any, settings: Configure) -> None:
    save_model(folder, SavedModel(plan.saved.model, plan.saved.trained_on))
    assert load_model(folder).model.encoder.settings == plan.saved.model.encoder.settings
    save_model(folder, make_plan(settings()).saved)
    assert load_model(folder).model.encoder.settings.name == "transformer"
