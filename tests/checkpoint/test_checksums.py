"""A mixture of two models, or a changed file, is refused."""

import contextlib
import json
import shutil

import pytest

from relknit.checkpoint import (
    SavedModel,
    TrainingData,
    load_model,
    save_model,
    write_calibration,
)
from relknit.checksums import KEY, json_digest, model_files, value_digest
from relknit.errors import CheckpointError
from relknit.sources import shipped_models
from tests.checkpoint.folders import CALIBRATION, FILES, MODEL, REMEMBERED, refused

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def whole(pristine, tmp_path):
    """A copy of the folder with its checksums."""
    return shutil.copytree(pristine, tmp_path / "whole")


def test_the_files_of_a_folder_are_those_with_a_checksum(pristine):
    raw = json.loads((pristine / "model.json").read_text(encoding="utf-8"))
    assert sorted(model_files(raw)) == sorted(FILES)
    assert raw[KEY]["vocabulary.json"] == json_digest((pristine / "vocabulary.json").read_bytes())
    assert raw[KEY]["model.json"] == value_digest(raw)
    assert set(model_files({KEY: {"../secret.json": "0", "/etc/hostname": "0", "a.json": "0"}})) == {
        "model.json",
        "model.safetensors",
        "training_data.json",
        "a.json",
    }
    for foreign in (None, [], {KEY: 3}):
        assert "model.safetensors" in model_files(foreign)


@pytest.mark.parametrize("name", ["training_data.json", "vocabulary.json", "model.json"])
def test_line_ends_of_another_system_change_nothing(whole, name):
    (whole / name).write_bytes((whole / name).read_bytes().replace(b"\n", b"\r\n"))
    load_model(whole)


def test_a_description_that_is_laid_out_anew_is_the_same(whole):
    raw = json.loads((whole / "model.json").read_text(encoding="utf-8"))
    (whole / "model.json").write_text(json.dumps(dict(reversed(raw.items()))), encoding="utf-8")
    load_model(whole)


@pytest.mark.parametrize(
    ("name", "old"), [("vocabulary.json", b"left"), ("model.json", b"0.45"), ("model.safetensors", b"")]
)
def test_a_changed_file_is_refused_and_calibrating_does_not_bless_it(whole, name, old):
    content = (whole / name).read_bytes()
    changed = content.replace(old, old[:-1] + b"7", 1) if old else content[:-1] + bytes([content[-1] ^ 1])
    (whole / name).write_bytes(changed)
    refused(whole, rf"{name}: is not as it was saved")
    if name != "model.json":
        write_calibration(whole, CALIBRATION)
        refused(whole, rf"{name}: is not as it was saved")


def test_the_digest_of_a_value_distinguishes_values():
    changed = [{"a": 2}, {"a": 1.0}, {"a": True}, {"b": 1}, {}, {"a": "1"}, {"a": 1, "b": None}]
    assert value_digest({"a": 1}) not in map(value_digest, changed)
    assert value_digest({"a": 1, KEY: {"x": "y"}}) == value_digest({"a": 1})


@pytest.mark.parametrize("model", sorted(shipped_models()))
def test_a_flipped_bit_of_a_shipped_model_of_version_1_is_seen(model, tmp_path):
    copy = shutil.copytree(shipped_models()[model], tmp_path / "copy")
    content = bytearray((copy / "model.safetensors").read_bytes())
    content[-1000] ^= 4
    (copy / "model.safetensors").write_bytes(content)
    refused(copy, r"model\.safetensors: is not as it was saved")


# Saving into a folder that holds a model already: a kill at any moment leaves a whole model, or one known not to be


class Killed(BaseException):
    """Represents a process that ends."""


def killed_at(monkeypatch, write):
    """Let the process end before its n-th write of a file, counting from 0."""
    left = iter(range(write))

    def dying(path, content):
        if next(left, None) is None:
            raise Killed
        path.write_bytes(content)

    for module in ("folder", "json_files", "tensors"):
        monkeypatch.setattr(f"relknit.checkpoint.{module}.write_bytes", dying)


def test_a_kill_while_later_weights_are_saved_leaves_the_old_ones(whole, tiny_model, tiny_encoder, monkeypatch):
    old = load_model(whole).model.tagger.weight
    other = tiny_model(encoder=tiny_encoder(char_dim=3, shape_dim=2), seed=1, **MODEL)
    for write in range(2):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            killed_at(patch, write)
            save_model(whole, SavedModel(other, REMEMBERED))
        assert load_model(whole).model.tagger.weight.equal(old)
    save_model(whole, SavedModel(other, REMEMBERED))
    assert load_model(whole).model.tagger.weight.equal(other.tagger.weight)


@pytest.mark.parametrize("write", range(4))
def test_a_kill_while_another_model_is_saved_leaves_no_mixture_that_loads(whole, tiny_model, monkeypatch, write):
    old, other = load_model(whole).model.tagger.weight, tiny_model(seed=1, num_rounds=1)
    with monkeypatch.context() as patch:
        killed_at(patch, write)
        with contextlib.suppress(Killed):
            save_model(whole, SavedModel(other, TrainingData()))
    with contextlib.suppress(CheckpointError):
        found = load_model(whole).model.tagger.weight
        assert found.equal(old) or found.equal(other.tagger.weight)
