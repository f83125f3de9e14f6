"""The calibration in a model folder."""

import json

import pytest

from relknit.calibration.confidence import Calibration
from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable
from relknit.checkpoint import (
    load_model,
    save_model,
    write_calibration,
)
from relknit.checkpoint.description import VERSION
from relknit.errors import CheckpointError
from tests.checkpoint.folders import CALIBRATION, FILES, change, refused

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def calibrated(folder):
    """The folder with a calibration in it."""
    assert write_calibration(folder, CALIBRATION) == folder
    change(folder / "model.json", "sha256", to=...)
    return folder


def test_a_model_without_calibration_loads_and_none_is_stored(pristine):
    assert load_model(pristine).model.calibration is None
    assert "calibration" not in json.loads((pristine / "model.json").read_text(encoding="utf-8"))


def test_a_calibration_comes_back_and_changes_no_other_byte(calibrated, pristine, tmp_path):
    loaded = load_model(calibrated)
    assert loaded.model.calibration == CALIBRATION
    for name in FILES:
        if name != "model.json":
            assert (calibrated / name).read_bytes() == (pristine / name).read_bytes()
    before, after = (json.loads((place / "model.json").read_text(encoding="utf-8")) for place in (pristine, calibrated))
    del before["sha256"]
    assert after.pop("calibration") == CALIBRATION.to_json()
    assert after == before  # the version too: an older relknit passes over what it doesn't know
    save_model(tmp_path / "again", loaded)
    write_calibration(calibrated, CALIBRATION)  # gives it checksums, too
    assert (tmp_path / "again" / "model.json").read_bytes() == (calibrated / "model.json").read_bytes()


def test_calibrating_again_replaces_the_earlier_calibration(calibrated):
    other = Calibration(PlattScaling(), PlattScaling(2.0), PrecisionTable({}))
    write_calibration(calibrated, other)
    assert load_model(calibrated).model.calibration == other
    assert sorted(path.name for path in calibrated.iterdir()) == sorted(FILES)


def test_a_calibrated_copy_leaves_the_model_alone(pristine, folder, tmp_path):
    for name in ("LICENSE", "README.md", "result.json"):
        (folder / name).write_text("text")
    before = (folder / "model.json").read_bytes()
    copy = write_calibration(folder, CALIBRATION, out=tmp_path / "deep" / "copy")
    assert load_model(copy).model.calibration == CALIBRATION
    assert sorted(path.name for path in copy.iterdir()) == sorted([*FILES, "LICENSE", "README.md"])
    assert (folder / "model.json").read_bytes() == before
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_a_calibrated_copy_never_replaces_anything(folder, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("kept")
    for place in (tmp_path / "there", tmp_path / "file"):
        with pytest.raises(CheckpointError, match="exists already"):
            write_calibration(folder, CALIBRATION, out=place)
    with pytest.raises(CheckpointError, match="cannot be written"):
        write_calibration(folder, CALIBRATION, out=tmp_path / "file" / "copy")
    assert (tmp_path / "file").read_text() == "kept"


def test_a_calibration_goes_into_relknit_models_only(folder):
    change(folder / "model.json", "version", to=VERSION + 1)
    before = (folder / "model.json").read_bytes()
    with pytest.raises(CheckpointError, match="format version"):
        write_calibration(folder, CALIBRATION)
    assert (folder / "model.json").read_bytes() == before


@pytest.mark.parametrize(
    ("keys", "value", "match"),
    [
        (("calibration",), [], "calibration: "),
        (("calibration", "triples", "slope"), 0.0, "slope = 0.0"),
        (("calibration", "entities", "shift"), 10**400, "model.json: "),
        (("calibration", "dev", "left"), "0.930 2/1", "left: '0.930 2/1'"),
        (("calibration", "dev", "sings"), "0.930 1/1", "'sings', which is not a relation of the model"),
    ],
)
def test_a_damaged_calibration_is_named(calibrated, keys, value, match):
    change(calibrated / "model.json", *keys, to=value)
    refused(calibrated, match)


# Checksums: what they cover, and what they leave to people
