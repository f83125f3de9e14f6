"""Checksums of a model folder: what they cover, what they leave to people, and that replacing weights is safe at any moment."""

import hashlib
import json
import shutil

import pytest

import relknit.checkpoint as checkpoint
from relknit.calibration.confidence import Calibration
from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable
from relknit.checkpoint import SavedModel, TrainingData, load_model, save_model, write_calibration
from relknit.checksums import KEY, check_files, checksums, earlier_digest, file_digest, value_digest, with_checksums
from relknit.errors import CheckpointError
from relknit.sources import shipped_models

pytestmark = pytest.mark.usefixtures("one_thread")

FILES = ("model.json", "model.safetensors", "training_data.json", "vocabulary.json")
EARLIER = "earlier model.safetensors"


@pytest.fixture
def save(tiny_model, tiny_encoder):
    """A function that saves a tiny model of a seed into a folder; keywords are settings of the model."""

    def into(folder, seed=0, **settings):
        settings = {"pair_hidden": 4, "relation_bias": None} | settings
        saved = SavedModel(tiny_model(seed=seed, **settings), TrainingData())
        save_model(folder, saved)
        return folder

    return into


@pytest.fixture
def folder(save, tmp_path):
    return save(tmp_path / "model")


def description_of(folder):
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))


def weight(folder):
    return load_model(folder).model.tagger.weight


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_every_file_has_the_checksum_that_other_programs_compute(folder):
    known = description_of(folder)[KEY]
    assert tuple(known) == FILES
    for name in FILES[1:]:
        assert known[name] == sha256((folder / name).read_bytes()) == file_digest(folder / name)
    assert known["model.json"] == value_digest(description_of(folder))


@pytest.mark.parametrize("name", ["training_data.json", "vocabulary.json", "model.json"])
def test_line_ends_of_another_system_change_nothing(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    load_model(folder)


def test_a_description_that_is_laid_out_anew_is_the_same(folder):
    turned = dict(reversed(description_of(folder).items()))
    (folder / "model.json").write_text(json.dumps(turned), encoding="utf-8")
    load_model(folder)


@pytest.mark.parametrize("changed", [{"a": 2}, {"a": 1.0}, {"a": True}, {"b": 1}, {}, {"a": "1"}, {"a": 1, "b": None}])
def test_the_digest_of_a_value_tells_values_apart(changed):
    assert value_digest(changed) != value_digest({"a": 1})
    assert value_digest({"a": 1, KEY: {"x": "y"}}) == value_digest({"a": 1})


def test_a_folder_without_checksums_still_loads(folder):
    description = description_of(folder)
    del description[KEY]
    (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")
    load_model(folder)


@pytest.mark.parametrize("value", [None, [], "abc", 3, {"model.json": None}, {"model.json": 7}, {"other": ["a"]}])
def test_checksums_that_are_none_are_refused(folder, value):
    (folder / "model.json").write_text(json.dumps(description_of(folder) | {KEY: value}), encoding="utf-8")
    with pytest.raises(CheckpointError, match="sha256 should be an object of strings"):
        load_model(folder)


def test_names_in_checksums_lead_to_no_other_file(folder, monkeypatch):
    known = description_of(folder)[KEY] | {"../secret": "0" * 64, "/etc/hostname": "0" * 64}
    (folder / "model.json").write_text(json.dumps(description_of(folder) | {KEY: known}), encoding="utf-8")
    load_model(folder)


def test_a_file_with_a_checksum_cannot_be_missing(folder):
    known = description_of(folder)[KEY] | {"encoder.json": "0" * 64}
    (folder / "model.json").write_text(json.dumps(description_of(folder) | {KEY: known}), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"encoder\.json is missing"):
        load_model(folder)


def test_only_files_with_an_entry_are_checked(folder):
    plain = {"a": 1}
    check_files(folder, plain, FILES)
    check_files(folder, with_checksums(plain, {}), ("model.json",))
    with pytest.raises(CheckpointError, match=r"vocabulary\.json: is not as it was saved"):
        check_files(folder, with_checksums(plain, {"vocabulary.json": "0" * 64}), FILES)
    assert checksums(plain) == {}


def test_calibrating_renews_the_checksum_of_the_description_alone(folder):
    before = description_of(folder)[KEY]
    write_calibration(folder, Calibration(PlattScaling(), PlattScaling(2.0), PrecisionTable({})))
    after = description_of(folder)[KEY]
    assert {name for name in FILES if before[name] != after[name]} == {"model.json"}
    load_model(folder)


def test_calibrating_never_blesses_a_file_that_is_damaged(folder):
    (folder / "vocabulary.json").write_bytes((folder / "vocabulary.json").read_bytes().replace(b"left", b"lefu"))
    write_calibration(folder, Calibration(PlattScaling(), PlattScaling(2.0), PrecisionTable({})))
    with pytest.raises(CheckpointError, match=r"vocabulary\.json: is not as it was saved"):
        load_model(folder)


def test_calibrating_an_older_folder_gives_it_checksums(folder, tmp_path):
    description = description_of(folder)
    del description[KEY]
    (folder / "model.json").write_text(json.dumps(description), encoding="utf-8")
    copy = write_calibration(
        folder, Calibration(PlattScaling(), PlattScaling(), PrecisionTable({})), out=tmp_path / "copy"
    )
    assert tuple(description_of(copy)[KEY]) == FILES
    load_model(copy)


# Replacing weights by later ones of the same model: a kill at any moment leaves a folder that loads


class Killed(BaseException):
    """Stands for a process that ends."""


def killed_at(monkeypatch, write):
    """Let the process end before its n-th write of a file, counting from 0."""
    left = iter(range(write))

    def dying(function):
        def call(*arguments, **named):
            if next(left, None) is None:
                raise Killed
            return function(*arguments, **named)

        return call

    for name in ("write_json", "_write_bytes"):
        monkeypatch.setattr(checkpoint, name, dying(getattr(checkpoint, name)))


@pytest.mark.parametrize("write", range(6))
def test_a_kill_while_later_weights_are_saved_leaves_the_old_ones_or_the_new(
    folder, save, tmp_path, monkeypatch, write
):
    old, new = weight(folder), weight(save(tmp_path / "new", seed=1))
    with monkeypatch.context() as patch:
        killed_at(patch, write)
        try:
            save(folder, seed=1)
            assert write == 5
        except Killed:
            assert write < 5
    found = weight(folder)
    assert found.equal(new if write >= 4 else old)
    save(folder, seed=2)  # and it goes on from there
    assert EARLIER not in description_of(folder)[KEY]
    load_model(folder)


def test_a_kill_after_a_kill_leaves_a_folder_that_loads(folder, save, monkeypatch):
    for seed, write in ((1, 3), (2, 3), (3, 4), (4, 3)):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            killed_at(patch, write)
            save(folder, seed=seed)
        load_model(folder)
    assert EARLIER in description_of(folder)[KEY]


def test_a_kill_while_another_model_is_saved_leaves_no_mixture_that_loads(folder, save, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(Killed):
        killed_at(patch, 3)
        save(folder, seed=1, threshold=0.3)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: is not as it was saved"):
        load_model(folder)


def test_weights_that_were_damaged_are_not_taken_for_earlier_ones(folder):
    before, path = description_of(folder)[KEY], folder / "model.safetensors"
    after = before | {path.name: "0" * 64}
    assert earlier_digest(path, before, after) == before[path.name]
    assert earlier_digest(path, before | {"vocabulary.json": "1" * 64}, after) is None
    path.write_bytes(path.read_bytes() + b"\0")
    assert earlier_digest(path, before, after) is None
    assert earlier_digest(path, {}, after) is None


@pytest.mark.parametrize("model", sorted(shipped_models()))
def test_a_shipped_model_has_checksums_of_all_its_files(model, tmp_path):
    source = shipped_models()[model]
    assert tuple(description_of(source)[KEY]) == FILES
    copy = shutil.copytree(source, tmp_path / "copy")
    content = bytearray((copy / "model.safetensors").read_bytes())
    content[-1000] ^= 4
    (copy / "model.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"model\.safetensors: is not as it was saved"):
        load_model(copy)
