"""What the tests of model folders share."""

import json

import pytest

from relknit.calibration.confidence import Calibration
from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable
from relknit.checkpoint import TrainingData, load_model
from relknit.errors import CheckpointError

REMEMBERED = TrainingData(frozenset({"0123456789", "f" * 10}), frozenset({"1" * 10}), max_tokens=6)
MODEL = {"num_rounds": 2, "pair_hidden": 4, "relation_bias": None, "threshold": 0.45}
CALIBRATION = Calibration(
    PlattScaling(0.87, -0.47), PlattScaling(0.7, 1 / 3), PrecisionTable.of([("left", 0.93, True), ("left", 0.4, False)])
)

FILES = ("model.safetensors", "model.json", "vocabulary.json", "training_data.json")


def predictions(model, documents):
    return model.predict(model.collate([model.prepare(document) for document in documents]))


def refused(folder, match=None):
    """load_model refuses the folder in one line that says `match`."""
    with pytest.raises(CheckpointError, match=match) as caught:
        load_model(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    assert str(folder) in str(caught.value)


def change(path, *keys, to):
    """Set value[keys[0]][keys[1]]… = to in a JSON file; `...` removes the last key."""
    value = json.loads(path.read_text(encoding="utf-8"))
    inner = value
    for key in keys[:-1]:
        inner = inner[key]
    if to is ...:
        del inner[keys[-1]]
    else:
        inner[keys[-1]] = to
    path.write_text(json.dumps(value), encoding="utf-8")
